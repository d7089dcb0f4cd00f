import dev.holdover.CacheMode
import dev.holdover.CallOptions
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.cancel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.first
import org.junit.jupiter.api.TestFactory

/** Callers that leave (rule C8): cancelling a coroutine reaches the server. */
class CancellationTest {
    @TestFactory
    fun `the last caller leaving ends a cold read at the server`() = over(Carrier.all) {
        server.tell("hold")
        val calls = List(2) { beside { quote() } }
        server.tell("arrived 1")
        calls.forEach { it.cancel() }
        server.tell("abandoned 1")
        assertEquals(1, server.calls())
    }

    @TestFactory
    fun `one of two callers leaving ends nothing`() = over(Carrier.plain) {
        server.tell("hold")
        val (first, second) = List(2) { beside { quote() } }
        server.tell("arrived 1")
        first.cancel()
        server.tell("release")
        assertEquals("q-1 of r-1", second.await().value.quoteId)
        assertEquals(1, server.calls())
    }

    @TestFactory
    fun `a mutation is cancelled on the wire`() = over(Carrier.plain) {
        server.tell("hold")
        val update = beside { pricing.updateDestination(update("Zoo")) }
        server.tell("arrived 1")
        update.cancel()
        server.tell("abandoned 1")
    }

    @TestFactory
    fun `a coroutine that was cancelled before starts nothing`() = over(Carrier.stacks) {
        assertFailsWith<CancellationException> {
            coroutineScope {
                cancel()
                quote(CallOptions(cache = CacheMode.NetworkOnly))
            }
        }
        assertEquals(0, server.calls())
    }

    @TestFactory
    fun `an observer ends with its collector`() = over(Carrier.stacks) {
        server.tell("hold")
        val watching = collect(pricing.observeGetQuote(ride()))
        watching.next()
        server.tell("arrived 1")
        watching.cancel()
        server.tell("abandoned 1")
        // Taking what is wanted ends a collection, too.
        pricing.observeGetQuote(ride()).first()
    }
}
