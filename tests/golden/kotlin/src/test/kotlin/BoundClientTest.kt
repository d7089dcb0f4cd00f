import com.example.pricing.v1.Banner
import com.example.pricing.v1.GetQuoteRequest
import com.example.pricing.v1.PricingClient
import com.example.pricing.v1.Quote
import com.example.pricing.v1.WatchPricesRequest
import com.example.pricing.v1.enriched
import com.google.protobuf.ByteString
import dev.holdover.CallOptions
import dev.holdover.Detail
import dev.holdover.Enriching
import dev.holdover.ErrorKind
import dev.holdover.HoldoverException
import dev.holdover.Metadata
import dev.holdover.Observed
import dev.holdover.OutboxChoice
import dev.holdover.Provenance
import dev.holdover.Session
import dev.holdover.Source
import dev.holdover.Tag
import dev.holdover.binding.ClientCore
import dev.holdover.binding.ObserverCore
import dev.holdover.binding.RawObserved
import dev.holdover.binding.RawSnapshot
import dev.holdover.binding.SessionCore
import dev.holdover.binding.StreamCore
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertIs
import kotlin.test.assertNull
import kotlin.test.assertTrue
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Test

/** An engine that is told what to answer, and remembers what it was asked. */
private class ScriptedCore : SessionCore, ClientCore {
    var refusal: HoldoverException? = null
    var memory: RawSnapshot? = null
    var network: RawSnapshot? = null
    var states = listOf<RawObserved>()
    val log = mutableListOf<String>()

    override fun bind(policy: ByteArray): ClientCore {
        refusal?.let { throw it }
        assertContentEquals(PricingClient.POLICY, policy)
        return this
    }

    override suspend fun invalidate(tag: Tag) {
        log += "invalidate $tag"
    }

    override fun setMetadata(name: String, value: ByteArray): Unit = error("the client sets no metadata")

    override fun replaceMetadata(metadata: Metadata): Unit = error("the client sets no metadata")

    override fun credentialsChanged(): Unit = error("the client has no credentials")

    override suspend fun signOut(outbox: OutboxChoice): Unit = error("the client signs nobody out")

    override fun close() = Unit

    override fun probe(method: Int, request: ByteArray, options: CallOptions): RawSnapshot? = memory

    override suspend fun call(method: Int, request: ByteArray, options: CallOptions): RawSnapshot {
        log += "call $method ${GetQuoteRequest.parseFrom(request).rideId}"
        return network ?: throw HoldoverException(ErrorKind.OFFLINE, "no network")
    }

    override fun observe(method: Int, request: ByteArray, options: CallOptions): ObserverCore = object : ObserverCore {
        private val rest = states.iterator()

        override suspend fun next(): RawObserved? = if (rest.hasNext()) rest.next() else null

        override suspend fun refresh() {
            log += "refresh $method"
        }

        override fun close() {
            log += "stop $method"
        }
    }

    override suspend fun prefetch(method: Int, request: ByteArray) {
        log += "prefetch $method"
    }

    override suspend fun put(method: Int, request: ByteArray, value: ByteArray) {
        log += "put $method ${Quote.parseFrom(value).quoteId}"
    }

    override fun open(method: Int, request: ByteArray, options: CallOptions): StreamCore = object : StreamCore {
        private var left = 2

        override suspend fun next(): RawSnapshot? = if (left-- > 0) RawSnapshot(ByteArray(0), Provenance()) else null

        override suspend fun send(message: ByteArray): Unit = error("the client sends nothing")

        override fun halfClose() = Unit

        override fun close() {
            log += "close $method"
        }
    }
}

class BoundClientTest {
    private val core = ScriptedCore()

    private fun client() = PricingClient(Session(core))

    private fun request() = GetQuoteRequest.newBuilder().setRideId("r-1").build()

    private fun raw(quote: Quote, provenance: Provenance = Provenance()) = RawSnapshot(quote.toByteArray(), provenance)

    @Test
    fun `a call is answered by memory or by the network`(): Unit = runBlocking {
        val quote = Quote.newBuilder().setQuoteId("q").build()
        core.network = raw(quote)
        assertEquals(quote, client().getQuote(request()).value)
        assertEquals(listOf("call 0 r-1"), core.log)
        core.memory = raw(quote, Provenance(source = Source.CACHE))
        assertEquals(Source.CACHE, client().getQuote(request()).source)
        assertEquals(Source.CACHE, client().cachedGetQuote(request())?.source)
        assertEquals(1, core.log.size)
        core.network = null
        core.memory = null
        assertEquals(ErrorKind.OFFLINE, assertFailsWith<HoldoverException> { client().getQuote(request()) }.kind)
    }

    @Test
    fun `a large answer is read elsewhere and is the same`(): Unit = runBlocking {
        val image = ByteString.copyFrom(ByteArray(100_000))
        val quote = Quote.newBuilder().setPromo(Banner.newBuilder().setImage(image)).build()
        core.memory = raw(quote)
        assertEquals(quote, client().getQuote(request()).value)
    }

    @Test
    fun `what cannot be read is UNUSABLE`(): Unit = runBlocking {
        core.memory = RawSnapshot(byteArrayOf(-1), Provenance())
        assertEquals(ErrorKind.UNUSABLE, assertFailsWith<HoldoverException> { client().getQuote(request()) }.kind)
        assertNull(client().cachedGetQuote(request()))
    }

    @Test
    fun `a policy that is refused is told by every call`(): Unit = runBlocking {
        core.refusal = HoldoverException(ErrorKind.MISUSE, "no outbox")
        val client = client()
        assertEquals("no outbox", assertFailsWith<HoldoverException> { client.getQuote(request()) }.message)
        assertNull(client.cachedGetQuote(request()))
        val states = client.observeGetQuote(request()).toList()
        assertEquals("no outbox", assertIs<Observed.Failed>(states.single()).error.message)
    }

    @Test
    fun `what a plan drops is withheld with what was last known`(): Unit = runBlocking {
        val full = Quote.newBuilder().setPromo(Banner.newBuilder().setHeadline("Half price")).build()
        core.memory = RawSnapshot(
            Quote.getDefaultInstance().toByteArray(),
            Provenance(detail = Detail.REDUCED),
            isWithheld = true,
            lastKnown = full.toByteArray(),
        )
        val answer = client().getQuote(request())
        val promo = answer.value.enriched(answer.withheld).promo
        assertEquals("Half price", assertIs<Enriching.Withheld<Banner>>(promo).lastKnown?.headline)
        assertEquals(listOf("breakdown", "cars.picture", "promo"), answer.withheldPaths)
    }

    @Test
    fun `observers stop when their collectors do`(): Unit = runBlocking {
        core.states = listOf(RawObserved.Loading, RawObserved.Value(raw(Quote.getDefaultInstance())), RawObserved.Loading)
        val observation = client().observeGetQuote(request())
        assertEquals(2, observation.take(2).toList().size)
        assertEquals(listOf("stop 0"), core.log)
        observation.refresh()
        assertEquals(listOf("stop 0", "refresh 0", "stop 0"), core.log)
    }

    @Test
    fun `the rest reaches the core as well`(): Unit = runBlocking {
        client().prefetchGetQuote(request())
        client().putGetQuote(request(), Quote.newBuilder().setQuoteId("q").build())
        assertEquals(2, client().watchPrices(WatchPricesRequest.getDefaultInstance()).toList().size)
        Session(core).invalidate(Tag(Tag.literal("all")))
        assertEquals(listOf("prefetch 0", "put 0 q", "close 4", "invalidate all"), core.log)
        assertTrue(core.log.none { it.startsWith("call") })
    }
}
