import dev.holdover.CacheMode
import dev.holdover.CallOptions
import dev.holdover.Detail
import dev.holdover.ErrorKind
import dev.holdover.Freshness
import dev.holdover.Metadata
import dev.holdover.Source
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertNull
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import org.junit.jupiter.api.TestFactory
import pricing.v1.PricingOuterClass.Quote

/** Calls that succeed. */
class SuccessTest {
    @TestFactory
    fun `answers come from the server and then from memory`() = over(Carrier.all) {
        assertNull(pricing.cachedGetQuote(ride()))
        val quote = quote()
        assertEquals("q-1 of r-1", quote.value.quoteId)
        assertEquals(1250, quote.value.total.minorUnits)
        assertEquals(listOf(2000, 2000, 2000), quote.value.carsList.map { it.picture.size() })
        assertEquals(4000, quote.value.promo.image.size())
        assertEquals(Triple(Source.NETWORK, Freshness.FRESH, Detail.FULL), Triple(quote.source, quote.freshness, quote.detail))
        assertFalse(quote.isRefreshing)
        assertNull(quote.error)

        // Fresh for a minute, so that no slow machine asks again.
        val profile = pricing.getProfile(profile())
        assertEquals(Source.NETWORK, profile.source)
        val again = pricing.getProfile(profile())
        assertEquals(Source.CACHE to profile.value, again.source to again.value)
        // The first frame of the next screen.
        assertEquals(profile.value, pricing.cachedGetProfile(profile())?.value)
        assertEquals(2, server.calls())
    }

    @TestFactory
    fun `a hit in memory does not suspend`() = over(Carrier.stacks) {
        pricing.getProfile(profile())
        coroutineScope {
            var others = 0
            launch { others += 1 }
            assertEquals(Source.CACHE, pricing.getProfile(profile()).source)
            assertEquals(0, others)
        }
    }

    @TestFactory
    fun `a hundred tasks share what they ask for`() = over(Carrier.plain) {
        val names = coroutineScope {
            (0 until 100).map { number ->
                async {
                    if (number % 2 == 0) pricing.getProfile(profile()).value.name
                    else pricing.getQuote(ride("r-${number % 10}")).value.quoteId
                }
            }.awaitAll().toSet()
        }
        assertEquals(setOf("Ada Lovelace") + listOf(1, 3, 5, 7, 9).map { "q-1 of r-$it" }, names)
    }

    @TestFactory
    fun `calls at the same time are one request`() = over(Carrier.plain) {
        server.tell("hold")
        val calls = (0 until 10).map { beside { quote() } }
        server.tell("arrived 1")
        server.tell("release")
        calls.forEach { assertEquals("q-1 of r-1", it.await().value.quoteId) }
        assertEquals(1, server.calls())
    }

    @TestFactory
    fun `compressed answers are read`() = over(Carrier.plain, "gzip") {
        assertEquals("Half price on Mondays", quote().value.promo.headline)
        assertEquals("+44 20 7946 0000", pricing.getProfile(profile()).value.phone)
    }

    @TestFactory
    fun `network only asks again and cache only never asks`() = over(Carrier.stacks) {
        assertEquals(ErrorKind.OFFLINE, failure { quote(CallOptions(cache = CacheMode.CacheOnly)) }.kind)
        assertEquals(0, server.calls())
        for (calls in 1..2) {
            assertEquals(Source.NETWORK, quote(CallOptions(cache = CacheMode.NetworkOnly)).source)
            assertEquals(calls, server.calls())
        }
        assertEquals(Source.CACHE, quote(CallOptions(cache = CacheMode.CacheOnly)).source)
    }

    @TestFactory
    fun `metadata of the session and of a call reaches the server`() = over(Carrier.plain) {
        app.session.setMetadata("accept-language", "de")
        quote(CallOptions(metadata = Metadata.of("traceparent" to "00-1-2-01")))
        assertEquals("de", server.tell("header 0 accept-language"))
        assertEquals("00-1-2-01", server.tell("header 0 traceparent"))
        val bad = failure { quote(CallOptions(metadata = Metadata.of("not a name" to "x"))) }
        assertEquals(ErrorKind.MISUSE, bad.kind)
        assertEquals(ErrorKind.MISUSE, failure { app.session.setMetadata("not a name", "x") }.kind)
    }

    @TestFactory
    fun `what was prefetched or put is there at once`() = over(Carrier.stacks) {
        pricing.prefetchGetQuote(ride())
        assertEquals("q-1 of r-1", pricing.cachedGetQuote(ride())?.value?.quoteId)
        val pushed = Quote.newBuilder().setQuoteId("pushed").build()
        pricing.putGetQuote(ride("r-2"), quote().value.toBuilder().mergeFrom(pushed).build())
        // Showing what is stale starts a refresh, so this can be looked at once.
        val put = pricing.cachedGetQuote(ride("r-2"))
        assertEquals("pushed" to Freshness.STALE, put?.value?.quoteId to put?.freshness)
    }
}
