import com.example.pricing.v1.Banner
import com.example.pricing.v1.Car
import com.example.pricing.v1.FakePricing
import com.example.pricing.v1.GetQuoteRequest
import com.example.pricing.v1.PricingClient
import com.example.pricing.v1.PricingClientInterface
import com.example.pricing.v1.Quote
import com.example.pricing.v1.Tags
import com.example.pricing.v1.UpdateDestinationRequest
import com.example.pricing.v1.enriched
import com.google.protobuf.ByteString
import dev.holdover.BidiStream
import dev.holdover.CallOptions
import dev.holdover.ClientStream
import dev.holdover.Enriching
import dev.holdover.ErrorKind
import dev.holdover.HoldoverException
import dev.holdover.Observation
import dev.holdover.Observed
import dev.holdover.Snapshot
import dev.holdover.Tag
import dev.holdover.Withheld
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertIs
import kotlin.test.assertNotEquals
import kotlin.test.assertNull
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Test
import streams.v1.FakeMixed
import streams.v1.Input.Request
import streams.v1.Input.Response
import streams.v1.MixedClientInterface

/** App code: what the quote screen shows. */
private class Screen(private val pricing: PricingClientInterface) {
    suspend fun name(ride: String): String {
        val quote = pricing.getQuote(request(ride), CallOptions(timeout = 2.seconds))
        return quote.value.quoteId
    }

    suspend fun headlines(ride: String): List<String> = pricing.observeGetQuote(request(ride)).take(2).map { state ->
        when (state) {
            Observed.Loading -> "…"
            is Observed.Failed -> state.error.toString()
            is Observed.Value -> when (val promo = state.snapshot.value.enriched(state.snapshot.withheld).promo) {
                is Enriching.Present -> promo.value.headline
                Enriching.Absent -> "no promotion"
                is Enriching.Withheld -> promo.lastKnown?.headline.orEmpty()
            }
        }
    }.toList()
}

private fun request(ride: String): GetQuoteRequest = GetQuoteRequest.newBuilder().setRideId(ride).build()

private fun quote(): Quote = Quote.newBuilder()
    .setQuoteId("q-1")
    .setPromo(Banner.newBuilder().setHeadline("Half price"))
    .addCars(Car.newBuilder().setPicture(ByteString.copyFromUtf8("jpeg")))
    .addCars(Car.getDefaultInstance())
    .build()

private const val GET_QUOTE = "pricing.v1.Pricing/GetQuote"

class FakesTest {
    @Test
    fun `an app is tested without a runtime`(): Unit = runBlocking {
        val fake = FakePricing()
        val asked = mutableListOf<Pair<GetQuoteRequest, CallOptions>>()
        fake.getQuote = { request, options ->
            asked += request to options
            if (request.rideId != "r-17") throw HoldoverException(ErrorKind.OFFLINE, "no network")
            Snapshot(quote())
        }
        val screen = Screen(fake)
        assertEquals("q-1", screen.name("r-17"))
        assertEquals(ErrorKind.OFFLINE, assertFailsWith<HoldoverException> { screen.name("r-18") }.kind)
        assertEquals(listOf("…", "Half price"), screen.headlines("r-17"))
        assertEquals(listOf("…", "OFFLINE: no network"), screen.headlines("r-18"))
        assertEquals(2.seconds, asked.first().second.timeout)
    }

    @Test
    fun `every function of the interface is faked`(): Unit = runBlocking {
        val fake = FakePricing()
        val pricing: PricingClientInterface = fake
        assertNull(pricing.cachedGetQuote(request("r")))
        fake.cachedGetQuote = { Snapshot(quote()) }
        assertEquals(quote(), pricing.cachedGetQuote(request("r"))?.value)
        fake.observeGetQuote = { _, _ -> Observation.of(Observed.Loading) }
        assertEquals(listOf<Observed<Quote>>(Observed.Loading), pricing.observeGetQuote(request("r")).toList())
        pricing.observeGetQuote(request("r")).refresh()
        val put = mutableListOf<Quote>()
        fake.putGetQuote = { _, value -> put += value }
        pricing.putGetQuote(request("r"), quote())
        pricing.prefetchGetQuote(request("r"))
        assertEquals(listOf(quote()), put)

        val error = assertFailsWith<HoldoverException> {
            pricing.updateDestination(UpdateDestinationRequest.getDefaultInstance())
        }
        assertEquals(ErrorKind.MISUSE, error.kind)
        assertTrue("pricing.v1.Pricing/UpdateDestination" in error.message && "updateDestination" in error.message)
    }

    @Test
    fun `a fake answers as a poor network does`(): Unit = runBlocking {
        val trimmed = quote().toBuilder().clearPromo().clearCars().addCars(Car.getDefaultInstance()).build()
        val answer = Snapshot.reduced(trimmed, PricingClient.POLICY, GET_QUOTE)
        assertEquals(listOf("breakdown", "cars.picture", "promo"), answer.withheldPaths)
        val enriched = answer.value.enriched(answer.withheld)
        assertEquals(Enriching.Withheld(null), enriched.promo)
        assertEquals(listOf(true), enriched.cars.map { (car, withheld) -> car.enriched(withheld).picture.isWithheld })

        val known = Snapshot.reduced(trimmed, PricingClient.POLICY, GET_QUOTE, lastKnown = quote())
        assertEquals("Half price", known.value.enriched(known.withheld).promo.known()?.headline)
        val rows = known.map { value, withheld -> value.enriched(withheld).promo.known()?.headline }
        assertEquals("Half price", rows.value)

        val full = quote().enriched(Withheld.nothing())
        assertEquals(Enriching.Absent, full.breakdown)
        assertIs<Enriching.Present<Banner>>(full.promo)

        val refused = { policy: ByteArray, method: String ->
            assertFailsWith<HoldoverException> { Snapshot.reduced(quote(), policy, method) }.message
        }
        assertTrue(GET_QUOTE in refused(PricingClient.POLICY, "GetQuote"))
        assertTrue("`detail`" in refused(PricingClient.POLICY, "pricing.v1.Pricing/GetProfile"))
        assertTrue("policy" in refused(byteArrayOf(-1), GET_QUOTE))
    }

    @Test
    fun `streams of every kind are faked`(): Unit = runBlocking {
        val fake = FakeMixed()
        val mixed: MixedClientInterface = fake
        val broken = HoldoverException(ErrorKind.UNREACHABLE, "the connection broke")
        fake.watch = { request, _ ->
            flow {
                emit(Snapshot(response(request.id)))
                throw broken
            }
        }
        assertEquals("r-1", mixed.watch(said("r-1")).first().value.text)
        assertEquals(broken, assertFailsWith<HoldoverException> { mixed.watch(said("r-1")).toList() })

        fake.upload = { ClientStream.of { messages -> Snapshot(response(messages.joinToString { it.id })) } }
        mixed.upload().use { upload ->
            upload.send(said("a"))
            upload.send(said("b"))
            assertEquals("a, b", upload.finish().value.text)
        }

        fake.chat = { BidiStream.of { said -> said.map { Snapshot(response(it.id)) } } }
        val chat = mixed.chat()
        chat.send(said("a"))
        chat.send(said("b"))
        chat.halfClose()
        assertEquals(listOf("a", "b"), chat.responses.map { it.value.text }.toList())
        assertEquals(ErrorKind.MISUSE, assertFailsWith<HoldoverException> { chat.send(said("c")) }.kind)

        fake.chat = { BidiStream.of { flowOf() } }
        assertTrue(mixed.chat().responses.toList().isEmpty())
    }

    @Test
    fun `a fake that was told nothing says so`(): Unit = runBlocking {
        val mixed: MixedClientInterface = FakeMixed()
        val failures = listOf(
            "Follow" to suspend { mixed.follow(said("r")).toList() },
            "Upload" to suspend { mixed.upload().finish() },
            "Chat" to suspend { mixed.chat().responses.toList() },
        )
        for ((method, call) in failures) {
            val error = assertFailsWith<HoldoverException> { call() }
            assertTrue("streams.v1.Mixed/$method" in error.message, error.message)
        }
    }

    @Test
    fun `tags are made of parts`() {
        assertEquals(Tag(Tag.literal("ride:"), Tag.value("r-17")), Tags.ride("r-17"))
        assertNotEquals(Tags.ride("r-18"), Tags.ride("r-17"))
        assertEquals(Tag.Part.Text("r-17"), Tags.ride("r-17").parts.last())
        assertEquals(Tag.Part.Unsigned(4294967295), Tag.value((-1).toUInt()))
    }
}

private fun said(id: String): Request = Request.newBuilder().setId(id).build()

private fun response(text: String): Response = Response.newBuilder().setText(text).build()
