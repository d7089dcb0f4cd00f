package dev.holdover.testing

import dev.holdover.Account
import dev.holdover.CallOptions
import dev.holdover.ErrorKind
import dev.holdover.HoldoverException
import dev.holdover.Source
import dev.holdover.binding.BoundClient
import dev.holdover.binding.BoundMethod
import dev.holdover.testing.ScriptedServer.Reply
import dev.holdover.testing.ScriptedServer.Status
import java.io.File
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Test

/** By the API of the vectors, whose first method is `Quote`. */
class ScriptedServerTest {
    private val policy = File(System.getProperty("holdover.vectors") ?: "tests/vectors").resolve("api.policy").readBytes()
    private val quote = BoundMethod<ByteArray, ByteArray>(0, { it }, { it })
    private val ride = byteArrayOf(10, 1, 'r'.code.toByte())

    private fun failure(reply: Reply): HoldoverException = runBlocking {
        val runtime = ScriptedServer { reply }.runtime()
        val client = BoundClient(runtime.session(Account.guest), policy)
        val options = CallOptions(timeout = 500.milliseconds)
        assertFailsWith<HoldoverException> { client.unary(quote, ride, options) }.also { runtime.shutdown() }
    }

    @Test
    fun `an answer comes from the script and then from memory`(): Unit = runBlocking {
        val server = ScriptedServer { Reply.Message(it.message) }
        val runtime = server.runtime()
        val client = BoundClient(runtime.session(Account.guest), policy)
        for (source in listOf(Source.NETWORK, Source.CACHE)) {
            val answer = client.unary(quote, ride, CallOptions.DEFAULT)
            assertContentEquals(ride, answer.value)
            assertEquals(source, answer.source)
        }
        assertEquals("Quote", server.requests.single().method.substringAfter('/'))
        runtime.shutdown()
    }

    @Test
    fun `bad networks and servers are scripted`() {
        val refused = failure(Reply.Refused(Status.NOT_FOUND, "no such ride"))
        assertEquals(ErrorKind.REJECTED to 5, refused.kind to refused.status?.code)
        assertEquals("no such ride", refused.status?.message)
        assertEquals(ErrorKind.INTERCEPTED, failure(Reply.Portal).kind)
        assertEquals(ErrorKind.UNREACHABLE, failure(Reply.Unreachable).kind)
        assertEquals(ErrorKind.TIMEOUT, failure(Reply.Never).kind)
    }
}
