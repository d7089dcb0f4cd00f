import dev.holdover.CacheMode
import dev.holdover.CallOptions
import dev.holdover.ErrorKind
import dev.holdover.Source
import java.io.File
import java.nio.file.Path
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import org.junit.jupiter.api.TestFactory
import org.junit.jupiter.api.io.TempDir

/** Servers and apps that go away and come back. */
class RestartTest {
    @TempDir
    lateinit var folder: Path

    @TestFactory
    fun `a server that restarts between calls is reached again`() = over(Carrier.plain) {
        quote()
        server.tell("stop")
        server.tell("start")
        assertEquals(Source.NETWORK, quote(CallOptions(cache = CacheMode.NetworkOnly)).source)
        assertEquals(2, server.calls())
    }

    @TestFactory
    fun `a server that dies in the middle of a cold call is an error`() = over(Carrier.plain) {
        server.tell("hold")
        val waiting = beside { quote() }
        server.tell("arrived 1")
        server.tell("stop")
        assertEquals(ErrorKind.UNREACHABLE, waiting.failure().kind)
    }

    @TestFactory
    fun `an observer lives through an outage`() = over(Carrier.plain) {
        val quotes = pricing.observeGetQuote(ride())
        val states = collect(quotes)
        assertEquals("Airport", states.value().value.destination)

        server.tell("stop")
        assertTrue(failure { quotes.refresh() }.kind in setOf(ErrorKind.UNREACHABLE, ErrorKind.OFFLINE))
        assertEquals("Airport", states.value { it.error != null }.value.destination)

        server.tell("change Zoo")
        server.tell("start")
        // Nobody asks for anything.
        states.value { it.value.destination == "Zoo" && it.error == null }
    }

    @TestFactory
    fun `another process begins with what the disk has`() = over(Carrier.stacks) {
        val store = folder.resolve("${server.url.hashCode()}").toString()
        process("get", store).use { assertEquals("NETWORK q-1 of r-1", it.end()) }
        server.tell("stop")
        process("get", store).use { assertEquals("CACHE q-1 of r-1", it.end()) }
    }

    /** Nothing of the runtime's keeps a process from ending. */
    @TestFactory
    fun `the JVM exits while operations are under way`() = over(Carrier.stacks) {
        process("busy", folder.resolve("busy ${server.url.hashCode()}").toString()).use {
            assertEquals("ready", it.line())
            server.tell("arrived 2")
            server.tell("hold")
            it.goOn()
            server.tell("arrived 3")
            it.goOn()
            assertEquals("busy", it.end())
        }
        server.tell("abandoned 2")
    }

    private fun Scene.process(what: String, store: String) =
        AppProcess(what, server.url, store, if (byOkHttp) "okhttp" else "rust")
}

/** `main` of `process.kt` in a JVM of its own. All that it says is expected, so that `-Xcheck:jni` has nothing to say. */
private class AppProcess(vararg arguments: String) : AutoCloseable {
    private val process = ProcessBuilder(JAVA, "-Xcheck:jni", "-cp", CLASSES, "ProcessKt", *arguments)
        .redirectErrorStream(true)
        .start()
    private val output = process.inputStream.bufferedReader()

    suspend fun line(): String = withContext(Dispatchers.IO) { output.readLine() }

    fun goOn() {
        process.outputStream.run {
            write('\n'.code)
            flush()
        }
    }

    /** What else it says, until it ends well. */
    suspend fun end(): String = withContext(Dispatchers.IO) {
        val said = output.readText().trim()
        assertEquals(0, process.waitFor(), said)
        said
    }

    override fun close() {
        process.destroyForcibly()
    }

    private companion object {
        private val CLASSES = System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path")
        private val JAVA = File(System.getProperty("java.home"), "bin/java").path
    }
}
