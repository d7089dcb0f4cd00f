import dev.holdover.Detail
import dev.holdover.ErrorKind
import dev.holdover.Freshness
import dev.holdover.Protocol
import dev.holdover.Quality
import dev.holdover.Source
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertNull
import kotlin.test.assertTrue
import org.junit.jupiter.api.TestFactory
import pricing.v1.PricingOuterClass.Offer
import pricing.v1.PricingOuterClass.Position
import pricing.v1.PricingOuterClass.WatchRequest

/** Streams of the generated client (section G). */
class StreamsTest {
    private fun watch(ride: String = "r-1") = WatchRequest.newBuilder().setRideId(ride).build()

    @TestFactory
    fun `a stream tells of every change until it ends`() = over(Carrier.all) {
        val quotes = collect(pricing.watch(watch()))
        for (destination in listOf("Airport", "Zoo", "Harbour")) {
            if (destination != "Airport") server.tell("change $destination")
            val quote = quotes.next()
            assertEquals(destination, quote.value.destination)
            assertEquals(Source.NETWORK to Freshness.FRESH, quote.source to quote.freshness)
            assertFalse(quote.gap)
        }
        server.tell("end-watches")
        assertNull(quotes.nextOrNull())
    }

    @TestFactory
    fun `a status that is not transient ends it`() = over(Carrier.plain) {
        val quotes = collect(pricing.watch(watch()))
        quotes.next()
        server.tell("end-watches FAILED_PRECONDITION")
        val error = failure { quotes.next() }
        assertEquals(ErrorKind.REJECTED to "as the test says", error.kind to error.status?.message)
    }

    @TestFactory
    fun `a reopened stream begins with a replay`() = over(Carrier.plain) {
        val first = collect(pricing.watch(watch()))
        assertEquals("Airport", first.next().value.destination)
        first.cancel()
        server.tell("abandoned 1")
        server.tell("change Zoo")

        server.tell("hold")
        val again = collect(pricing.watch(watch()))
        val replay = again.next()
        assertEquals(Source.REPLAY to Freshness.STALE, replay.source to replay.freshness)
        assertEquals("Airport", replay.value.destination)
        server.tell("release")
        val live = again.next()
        assertEquals(Source.NETWORK to "Zoo", live.source to live.value.destination)
    }

    @TestFactory
    fun `a stream comes back by itself after a crash of the server`() = over(Carrier.plain) {
        val quotes = collect(pricing.watch(watch()))
        assertEquals("Airport", quotes.next().value.destination)
        server.tell("stop")
        server.tell("change Zoo")
        server.tell("start")
        val next = quotes.first { it.value.destination == "Zoo" }
        assertTrue(next.gap)
        assertEquals(Source.NETWORK, next.source)
    }

    @TestFactory
    fun `a cancelled stream ends the server's work`() = over(Carrier.all) {
        val quotes = collect(pricing.watch(watch()))
        quotes.next()
        quotes.cancel()
        server.tell("abandoned 1")
        assertEquals("0", server.tell("watches"))
    }

    @TestFactory
    fun `on a poor network messages are trimmed until it recovers`() = over(Carrier.plain) {
        app.runtime.setQuality(Quality.POOR)
        val quotes = collect(pricing.watch(watch()))
        val reduced = quotes.next()
        assertEquals(Detail.REDUCED, reduced.detail)
        assertEquals(listOf("breakdown", "cars.picture", "promo"), reduced.withheldPaths)
        app.runtime.setQuality(Quality.GOOD)
        assertTrue(quotes.first { it.detail == Detail.FULL }.value.hasPromo())
    }

    @TestFactory
    fun `a client stream gets one answer`() = over(Carrier.all) {
        val track = pricing.track()
        repeat(3) { track.send(Position.newBuilder().setLatitude(it.toDouble()).build()) }
        assertEquals("q-1 of 3 positions", track.finish().value.quoteId)
    }

    @TestFactory
    fun `both sides talk at once`() = over(Carrier.all.filter { it.isHttp2 }) {
        pricing.haggle().use { haggle ->
            val quotes = collect(haggle.responses)
            for (price in listOf(900L, 950L, 1000L)) {
                haggle.send(Offer.newBuilder().setRideId("r-1").setMinorUnits(price).build())
                assertEquals(price, quotes.next().value.total.minorUnits)
            }
            haggle.halfClose()
            assertNull(quotes.nextOrNull())
        }
    }

    @TestFactory
    fun `many screens share the runtime`() = over(Carrier.plain) {
        val screens = List(50) { collect(pricing.watch(watch("w-$it"))) }
        screens.forEachIndexed { number, quotes -> assertEquals("q-1 of w-$number", quotes.next().value.quoteId) }
        server.tell("change Zoo")
        screens.forEach { assertEquals("Zoo", it.next().value.destination) }
        assertEquals("50", server.tell("watches"))
        screens.forEach { it.cancel() }
        server.tell("abandoned 50")
    }

    private val Carrier.isHttp2 get() = tls || protocol == Protocol.GRPC
}
