import com.example.pricing.v1.UpdateDestinationRequest
import dev.holdover.Freshness
import dev.holdover.Source
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.delay

// A good network: fresh, stale at once, refreshed, and one's own writes.

suspend fun Stage.coldCall() {
    narrator.step("A cold call", "rpc GetQuote", "fresh_for")
    val quote = show { app.pricing.getQuote(quoteOf()) }.getOrThrow()
    narrator.check(quote.source == Source.NETWORK, "the first answer comes from the network")
}

suspend fun Stage.repeatFromMemory() {
    narrator.step("The same again", "rpc GetQuote", "fresh_for")
    val calls = server.count("calls")
    val quote = show { app.pricing.getQuote(quoteOf()) }.getOrThrow()
    narrator.check(
        quote.source == Source.CACHE && quote.freshness == Freshness.FRESH,
        "a fresh answer comes from memory",
    )
    narrator.check(server.count("calls") == calls, "the server was not asked")
}

suspend fun Stage.staleThenRefreshed() {
    narrator.step("Two seconds later", "rpc GetQuote", "stale_while_revalidate")
    delay(2_100.milliseconds)
    val first = app.pricing.cachedGetQuote(quoteOf())
    narrator.check(first?.freshness == Freshness.STALE, "the first frame has the stale quote, without a wait")
    val quotes = look(app.pricing.observeGetQuote(quoteOf()))
    val fresh = awaitQuote(quotes) { it.freshness == Freshness.FRESH }
    narrator.check(
        fresh.value.quoteId != first?.value?.quoteId && !fresh.isRefreshing,
        "the refresh behind it brings a new one",
    )
    quotes.leave()
}

suspend fun Stage.readYourWrites() {
    narrator.step("Ada changes her mind", "rpc UpdateDestination", "invalidates")
    val update = UpdateDestinationRequest.newBuilder().setRideId(RIDE).setDestination("Central Station").build()
    app.pricing.updateDestination(update)
    val quote = show { app.pricing.getQuote(quoteOf()) }.getOrThrow()
    narrator.check(
        quote.value.destination == "Central Station" && quote.source == Source.NETWORK,
        "a quote that is still fresh by age is not shown: the next one knows the new destination",
    )
}
