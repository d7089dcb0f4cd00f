import com.google.protobuf.ByteString
import dev.holdover.Account
import dev.holdover.CallOptions
import dev.holdover.Runtime
import dev.holdover.Transport
import dev.holdover.binding.BoundClient
import dev.holdover.binding.BoundMethod
import dev.holdover.http.HttpAbilities
import dev.holdover.http.HttpExchange
import dev.holdover.http.HttpHeader
import dev.holdover.http.HttpRequest
import dev.holdover.http.HttpService
import java.nio.ByteBuffer
import java.util.concurrent.CompletableFuture
import java.util.concurrent.atomic.AtomicInteger
import kotlin.system.exitProcess
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import pricing.v1.PricingClient
import pricing.v1.PricingOuterClass.Banner
import pricing.v1.PricingOuterClass.Car
import pricing.v1.PricingOuterClass.Quote

// What the boundary costs an app on the JVM: `cargo xtask bench ffi`. Medians of many rounds; ends with 1 if a bar is missed.

private const val ROUNDS = 200
private const val WARM_UP = 100
private const val BATCH = 1_000
private const val ITEMS = 10_000

private var missed = false

fun main() {
    for (size in listOf(100, 10_000)) hits(size)
    decoded()
    stream()
    construction()
    exitProcess(if (missed) 1 else 0)
}

private fun bar(what: String, micros: Double, most: Double) {
    val within = micros <= most
    missed = missed || !within
    println("JVM: %s: %.2f µs (at most %.0f µs)%s".format(what, micros, most, if (within) "" else "  MISSED"))
}

/** The median of what rounds take, in microseconds for each of so many. */
private inline fun median(each: Int, warmUp: Int = WARM_UP, rounds: Int = ROUNDS, round: () -> Unit): Double {
    val times = (0 until warmUp + rounds).map {
        val begun = System.nanoTime()
        round()
        System.nanoTime() - begun
    }
    return times.drop(warmUp).sorted()[rounds / 2] / 1_000.0 / each
}

/** An HTTP stack that answers at once, and lets streams be fed. */
private class Stack(private val answer: ByteArray) : HttpService {
    override val abilities = HttpAbilities(trailers = true, streamedBodies = true, http2 = true)
    val stream = CompletableFuture<HttpExchange>()

    override fun send(request: HttpRequest, exchange: HttpExchange) {
        val isStream = request.url.endsWith("/Haggle")
        val type = if (isStream) "application/connect+proto" else "application/proto"
        exchange.head(200, listOf(HttpHeader("content-type", type)))
        if (isStream) {
            stream.complete(exchange)
        } else {
            exchange.chunk(answer)
            exchange.end()
        }
    }
}

private class Rig(answer: ByteArray = ByteArray(0)) : AutoCloseable {
    val stack = Stack(answer)
    val runtime: Runtime = open(stack)
    val client = BoundClient(runtime.session(Account.user("u-17")), PricingClient.POLICY)

    override fun close() = runtime.close()

    companion object {
        fun open(stack: HttpService): Runtime =
            Runtime.builder().plainTextEndpoint("prod", "http://pricing.invalid").transport(Transport.Http(stack)).build()
    }
}

/** As encoded bytes: nothing is made of them. Indexes are those of the service's methods. */
private val PROFILE = BoundMethod<ByteArray, ByteArray>(1, { it }, { it })
private val HAGGLE = BoundMethod<ByteArray, ByteArray>(5, { it }, { it })
private val DECODED = BoundMethod<ByteArray, Quote>(1, { it }, { Quote.parseFrom(it) })
private val NOTHING = ByteArray(0)

private suspend fun <T> hit(client: BoundClient, method: BoundMethod<ByteArray, T>): Double = median(BATCH) {
    repeat(BATCH) { client.unary(method, NOTHING, CallOptions.DEFAULT) }
}

private fun hits(size: Int) = Rig(ByteArray(size - 3).let { byteArrayOf(10, *varint(it.size), *it) }).use { rig ->
    // The loop of one thread that a screen has, and a thread in the background.
    runBlocking {
        rig.client.unary(PROFILE, NOTHING, CallOptions.DEFAULT)
        bar("hit of $size B, from an event loop", hit(rig.client, PROFILE), 3.0)
        bar("hit of $size B, in the background", withContext(Dispatchers.Default) { hit(rig.client, PROFILE) }, 3.0)
    }
}

/** What a hit costs beside the decoding that any client would do. */
private fun decoded() {
    val cars = (1..20).map { Car.newBuilder().setCarId("car-$it").setMinutesAway(it).setPicture(ByteString.copyFrom(ByteArray(300))) }
    val promo = Banner.newBuilder().setHeadline("Half price on Mondays").setImage(ByteString.copyFrom(ByteArray(3_000)))
    val quote = Quote.newBuilder().setQuoteId("q-1").setDestination("Airport").setPromo(promo)
    cars.forEach(quote::addCars)
    val bytes = quote.build().toByteArray()
    var seen = 0
    val alone = median(BATCH) { repeat(BATCH) { seen += Quote.parseFrom(bytes).carsCount } }
    check(seen == (ROUNDS + WARM_UP) * BATCH * 20)
    Rig(bytes).use { rig ->
        val with = runBlocking {
            rig.client.unary(DECODED, NOTHING, CallOptions.DEFAULT)
            hit(rig.client, DECODED)
        }
        println("JVM: hit of ${bytes.size} B with decoding: %.2f µs, %.2f × decoding alone (%.2f µs)".format(with, with / alone, alone))
    }
}

private fun stream() = Rig().use { rig ->
    runBlocking(Dispatchers.Default) {
        val seen = AtomicInteger()
        // Of a stream that is shared, a reader who lags skips items.
        val items = rig.client.bidiStream(HAGGLE, CallOptions.DEFAULT).responses
        val collector = launch { items.collect { seen.incrementAndGet() } }
        val exchange = withContext(Dispatchers.IO) { rig.stack.stream.get() }
        // A quote with its id and its total, which every quote must have.
        val message = byteArrayOf(10, *varint(100), *ByteArray(100), 18, 2, 16, 1)
        val frame = ByteBuffer.allocate(5 + message.size).put(0).putInt(message.size).put(message).array()
        val chunk = ByteArray(frame.size * 100) { frame[it % frame.size] }
        var sent = 0
        val micros = median(ITEMS, warmUp = 10, rounds = 20) {
            sent += ITEMS
            repeat(ITEMS / 100) { feed(exchange, chunk) }
            while (seen.get() < sent) Thread.sleep(0, 100_000)
        }
        bar("item of a stream", micros, 5.0)
        collector.cancelAndJoin()
    }
}

private fun feed(exchange: HttpExchange, chunk: ByteArray) {
    var at = 0
    while (at < chunk.size) {
        val length = minOf(exchange.awaitRoom(), chunk.size - at)
        check(length > 0) { "the stream has ended" }
        exchange.chunk(chunk, at, length)
        at += length
    }
}

private fun construction() {
    val stack = Stack(NOTHING)
    val runtimes = mutableListOf<Runtime>()
    val micros = median(1) { runtimes += Rig.open(stack) }
    runtimes.forEach { it.close() }
    bar("constructor", micros, 1_000.0)
}

private fun varint(value: Int): ByteArray =
    if (value < 128) byteArrayOf(value.toByte()) else byteArrayOf((value and 127 or 128).toByte(), (value shr 7).toByte())
