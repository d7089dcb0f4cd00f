import com.example.pricing.v1.enriched
import dev.holdover.CacheMode
import dev.holdover.CallOptions
import dev.holdover.Detail
import dev.holdover.Enriching
import dev.holdover.Platform
import dev.holdover.Platform.Connection
import dev.holdover.Platform.Reachability
import dev.holdover.Quality
import dev.holdover.Source
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope

// The train enters the tunnel, and leaves it. Nobody tells the runtime: it measures.

/** How many calls the runtime may need at most to notice that the network has recovered. */
private const val ENOUGH = 100

private val ASK = CallOptions(cache = CacheMode.NetworkOnly)

/** The Wi-Fi that Ada has at home. */
val WIFI: Platform = Platform(Reachability.REACHABLE, Connection.WIFI, path = 1)

/** The mobile network that she has on her way. */
fun mobile(reachability: Reachability): Platform = Platform(reachability, Connection.CELLULAR_4G, path = 2)

suspend fun Stage.noticed() {
    narrator.step("The train enters a tunnel", "rpc GetQuote", "reduce_at")
    narrator.say("Ada is on her way. Her phone has changed from Wi-Fi to the mobile network, and the app says so.")
    app.runtime.setPlatform(mobile(Reachability.REACHABLE))
    val full = show { app.pricing.getQuote(quoteOf(), ASK) }.getOrThrow()
    narrator.check(
        app.runtime.quality > Quality.POOR && full.detail == Detail.FULL,
        "such a network is taken for a good one, and the answer is whole",
    )
    narrator.say("In the tunnel, everything takes 0.9 s each way. Six quotes are asked for, as on any day:")
    // Then a request takes 1.8 s, which is POOR (from 1.42 s on) by a margin.
    server.tell("worsen 900 100000")
    val quotes = timed(
        {
            coroutineScope {
                (0 until 6).map { async { attempt { app.pricing.getQuote(quoteOf("ride-2$it"), ASK) } } }.awaitAll()
            }
        },
        { "${it.size} quotes" },
    )
    val poor = awaitQuality { it <= Quality.POOR }
    narrator.check(
        poor != Quality.OFFLINE && quotes.all { it.isSuccess },
        "their times tell the runtime that the network is poor now",
    )
}

suspend fun Stage.withheld() {
    narrator.step("In the tunnel, quotes lose what merely enriches them", "rpc GetQuote", "detail")
    val full = app.pricing.getQuote(quoteOf(), CallOptions(cache = CacheMode.CacheOnly))
    val before = server.count("bytes")
    val reduced = show { app.pricing.getQuote(quoteOf(), ASK) }.getOrThrow()
    val bytes = server.count("bytes") - before
    narrator.say("  withheld: ${reduced.withheldPaths.joinToString()}")
    narrator.check(reduced.detail == Detail.REDUCED && !reduced.value.hasPromo(), "they are not sent")
    val whole = full.value.serializedSize
    narrator.check(bytes * 4 < whole, "$bytes bytes on the wire, for a quote that has $whole when it is whole")
    narrator.check(
        reduced.value.enriched(reduced.withheld).promo == Enriching.Withheld(full.value.promo),
        "the screen can keep the banner that it had: withheld is not absent",
    )
}

suspend fun Stage.restored() {
    narrator.step("A ride that was first seen in the tunnel", "rpc GetQuote", "restore")
    val quotes = look(app.pricing.observeGetQuote(quoteOf("ride-19")))
    val reduced = awaitQuote(quotes) { true }
    narrator.check(
        reduced.detail == Detail.REDUCED &&
            reduced.value.enriched(reduced.withheld).promo == Enriching.Withheld(null),
        "its banner is withheld, and nobody has seen it yet",
    )
    narrator.say("The train leaves the tunnel. Other quotes are asked for, as before:")
    server.tell("recover")
    for (number in 0 until ENOUGH) {
        if (app.runtime.quality > Quality.POOR) break
        app.pricing.getQuote(quoteOf("ride-3$number"), ASK)
    }
    awaitQuality { it > Quality.POOR }
    val restored = awaitQuote(quotes) { it.detail == Detail.FULL }
    narrator.check(
        restored.source == Source.NETWORK && restored.value.hasPromo(),
        "the observed quote is fetched again in full, and what was withheld appears by itself",
    )
    quotes.leave()
}
