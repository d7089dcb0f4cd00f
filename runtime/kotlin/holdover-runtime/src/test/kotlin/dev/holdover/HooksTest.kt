package dev.holdover

import dev.holdover.http.HttpFailure
import dev.holdover.http.HttpHeader
import java.nio.file.Path
import java.util.concurrent.CopyOnWriteArrayList
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertNotNull
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable
import org.junit.jupiter.api.io.TempDir

/** What an app answers, and what it hears. */
@EnabledIfEnvironmentVariable(named = "HOLDOVER_LIBRARY", matches = ".+", disabledReason = "names no library")
class HooksTest {
    @Test
    fun `an app's HTTP stack carries calls`(): Unit = runBlocking {
        val seen = CopyOnWriteArrayList<String>()
        val runtime = runtime(
            Stack { request, exchange ->
                seen += "${request.method} ${request.url}"
                assertContentEquals(Api.ride("r"), request.body)
                exchange.head(200, listOf(HttpHeader("content-type", "application/proto")))
                // In pieces, as they come.
                Api.ride("answer").forEach { exchange.chunk(byteArrayOf(it)) }
                exchange.end()
            },
        )
        val answer = runtime.client().unary(Api.quote, Api.ride("r"), CallOptions.DEFAULT)
        assertContentEquals(Api.ride("answer"), answer.value)
        assertTrue(seen.single().startsWith("POST http://rides.invalid/"), "$seen")
        runtime.shutdown()
    }

    @Test
    fun `what an HTTP stack says of failures is what calls say`(): Unit = runBlocking {
        val failures = mapOf(
            HttpFailure.Kind.UNREACHABLE to ErrorKind.UNREACHABLE,
            HttpFailure.Kind.UNTRUSTED to ErrorKind.INTERCEPTED,
            HttpFailure.Kind.TOO_LARGE to ErrorKind.TOO_LARGE,
            HttpFailure.Kind.UNSUPPORTED to ErrorKind.MISUSE,
        )
        for ((said, told) in failures) {
            val runtime = runtime(Stack { _, exchange -> exchange.failed(HttpFailure(said, "as the test says", unsent = true)) })
            assertEquals(told, failure { runtime.client().unary(Api.quote, Api.ride("r"), CallOptions.DEFAULT) }.kind, "$said")
            runtime.shutdown()
        }
        val throws = runtime(Stack { _, _ -> error("no stack") })
        assertEquals(ErrorKind.UNREACHABLE, failure { throws.client().unary(Api.quote, Api.ride("r"), CallOptions.DEFAULT) }.kind)
        throws.shutdown()
    }

    @Test
    fun `the key provider wraps the key of what is stored`(@TempDir folder: Path): Unit = runBlocking {
        val wrapped = CopyOnWriteArrayList<ByteArray>()
        val keys = object : KeyProvider {
            override suspend fun wrap(key: ByteArray): ByteArray = key.reversedArray().also { wrapped += key }

            override suspend fun unwrap(wrapped: ByteArray): ByteArray = wrapped.reversedArray()
        }
        suspend fun stored(): Snapshot<ByteArray> {
            val runtime = runtime(Stack.answering(Api.ride("answer"))) { store(folder.toFile()).keyProvider(keys) }
            return runtime.client().unary(Api.quote, Api.ride("r"), CallOptions.DEFAULT).also { runtime.shutdown() }
        }
        assertEquals(Source.NETWORK, stored().source)
        assertEquals(listOf(32), wrapped.map { it.size }.distinct())
        val count = wrapped.size
        // Another runtime unwraps what the first one left.
        assertEquals(Source.CACHE, stored().source)
        assertEquals(count, wrapped.size)
    }

    @Test
    fun `listeners hear of decisions and of the network's quality`(): Unit = runBlocking {
        val events = CopyOnWriteArrayList<RuntimeEvent>()
        val poor = CompletableDeferred<Unit>()
        val runtime = runtime(Stack.answering(Api.ride("answer"))) {
            onEvent { events += it }
            onQuality { if (it == Quality.POOR) poor.complete(Unit) }
        }
        val client = runtime.client()
        repeat(2) { client.unary(Api.quote, Api.ride("r"), CallOptions.DEFAULT) }
        runtime.setQuality(Quality.POOR)
        withTimeout(20.seconds) { poor.await() }
        assertEquals(Quality.POOR, runtime.quality)
        assertEquals(1, runtime.stats()["holdover.cache.hits"])
        runtime.shutdown()
        val miss = assertNotNull(events.find { it.name == "miss" }, "$events")
        assertTrue(miss.method.orEmpty().endsWith("/Quote"), "$miss")
        assertEquals("POOR", events.find { it.name == "quality_changed" }?.attributes?.get("to"), "$events")
    }

    @Test
    fun `credentials are asked for where a session has a provider`(): Unit = runBlocking {
        val sent = CopyOnWriteArrayList<String>()
        val runtime = runtime(
            Stack { request, exchange ->
                sent += request.headers.filter { it.name == "authorization" }.map { it.value }
                exchange.head(200, listOf(HttpHeader("content-type", "application/proto")))
                exchange.chunk(Api.ride("answer"))
                exchange.end()
            },
        )
        val client = runtime.client { request -> Credentials.bearer("${(request.account as Account.User).id}-secret") }
        client.unary(Api.quote, Api.ride("r"), CallOptions.DEFAULT)
        assertEquals(listOf("Bearer u-1-secret"), sent)
        runtime.shutdown()
    }
}
