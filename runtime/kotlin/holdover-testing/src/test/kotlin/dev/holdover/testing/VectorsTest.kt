package dev.holdover.testing

import java.io.File
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.DynamicTest.dynamicTest
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory

/** Every vector that Rust replays, over the real library: one that is added there runs here. */
class VectorsTest {
    private val folder = File(System.getProperty("holdover.vectors") ?: "tests/vectors")
    private val replay = VectorReplay(folder.resolve("api.policy").readBytes())

    @TestFactory
    fun `the package satisfies every vector`(): List<DynamicTest> {
        val vectors = folder.walk().filter { it.extension == "json" && it.parentFile != folder }.sorted().toList()
        assertTrue(vectors.isNotEmpty(), "$folder has no vectors")
        return vectors.map { file ->
            dynamicTest(file.relativeTo(folder).path) { runBlocking { replay.replay(file.readText()) } }
        }
    }

    @Test
    fun `what departs from a vector is said`() {
        val vector = folder.resolve("g-streams/G1-upload.json").readText()
        val other = vector.replace("NETWORK", "CACHE")
        val mismatch = assertFailsWith<AssertionError> { runBlocking { replay.replay(other) } }
        assertTrue("CACHE" in mismatch.message.orEmpty(), mismatch.message)
        assertFailsWith<IllegalArgumentException> { runBlocking { replay.replay("{") } }
    }
}
