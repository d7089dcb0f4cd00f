import dev.holdover.CacheMode
import dev.holdover.CallOptions
import dev.holdover.ErrorKind
import dev.holdover.Freshness
import dev.holdover.Source
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import org.junit.jupiter.api.TestFactory
import pricing.v1.PricingOuterClass.Money
import pricing.v1.PricingOuterClass.Quote

/** The windows of the cache (section C). What is put is stale at once, without a wait for two seconds to pass. */
class WindowsTest {
    private val known = Quote.newBuilder().setQuoteId("q-0").setDestination("Home")
        .setTotal(Money.newBuilder().setCurrency("EUR").setMinorUnits(1))
        .build()

    @TestFactory
    fun `what is stale is served at once and refreshed behind`() = over(Carrier.plain) {
        pricing.putGetQuote(ride(), known)
        server.tell("hold")
        val stale = quote()
        assertEquals(known, stale.value)
        assertEquals(Source.CACHE to Freshness.STALE, stale.source to stale.freshness)
        assertTrue(stale.isRefreshing)

        server.tell("arrived 1")
        server.tell("release")
        val fresh = collect(pricing.observeGetQuote(ride())).value { it.value.destination == "Airport" }
        assertEquals("q-1 of r-1", fresh.value.quoteId)
    }

    @TestFactory
    fun `a server that is down is covered by what is stored`() = over(Carrier.plain) {
        pricing.putGetQuote(ride(), known)
        server.tell("stop")
        val states = collect(pricing.observeGetQuote(ride()))
        val covered = states.value { it.error != null }
        assertEquals(known, covered.value)
        assertEquals(ErrorKind.UNREACHABLE, covered.error?.kind)
        assertEquals(Source.CACHE, quote().source)
    }

    @TestFactory
    fun `a server that says no is believed`() = over(Carrier.stacks) {
        pricing.putGetQuote(ride(), known)
        server.tell("refuse NOT_FOUND")
        assertEquals(ErrorKind.REJECTED, failure { quote(CallOptions(cache = CacheMode.NetworkOnly)) }.kind)
        // NOT_FOUND evicts (rule C3): there is nothing left to cover the next failure.
        server.tell("refuse INTERNAL")
        assertEquals(ErrorKind.UNAVAILABLE, failure { quote() }.kind)
    }
}
