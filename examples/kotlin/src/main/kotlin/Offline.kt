import com.example.pricing.v1.GetReceiptRequest
import com.example.pricing.v1.PriceUpdate
import com.example.pricing.v1.Quote
import com.example.pricing.v1.UpdateDestinationRequest
import dev.holdover.ErrorKind
import dev.holdover.Freshness
import dev.holdover.Observed
import dev.holdover.Platform.Reachability
import dev.holdover.Snapshot
import dev.holdover.Source

// In the plane: what is there is shown, what is not fails at once, and everything goes on after landing.

/** What is on Ada's screens while she flies, and the server's number of calls when the network went away. */
class Flight(val quotes: Screen<Observed<Quote>>, val prices: Screen<Snapshot<PriceUpdate>>, val calls: Long)

private val RECEIPT = GetReceiptRequest.newBuilder().setRideId("ride-1").build()

suspend fun Stage.airplaneMode(): Flight {
    narrator.step("Airplane mode", "rpc GetQuote", "fresh_for")
    narrator.say("Before take-off, a quote and its price are on the screen, and a receipt has been looked at.")
    app.pricing.getReceipt(RECEIPT)
    val quotes = look(app.pricing.observeGetQuote(quoteOf()))
    awaitQuote(quotes) { it.source == Source.NETWORK }
    val prices = look(app.pricing.watchPrices(pricesOf()))
    awaitPrice(prices) { it.source == Source.NETWORK }

    narrator.say("The platform says that there is no network any more, and every connection is gone.")
    app.runtime.setPlatform(mobile(Reachability.UNREACHABLE))
    server.tell("vanish")
    server.tell("alone")
    val calls = server.count("calls")
    val quote = show { app.pricing.getQuote(quoteOf()) }.getOrThrow()
    narrator.check(quote.source == Source.CACHE, "the quote that is there is shown at once")
    return Flight(quotes, prices, calls)
}

suspend fun Stage.expired(flight: Flight) {
    narrator.step("In the plane, things get old", "rpc GetReceipt", "serve_stale")
    val stale = awaitQuote(flight.quotes) { it.freshness == Freshness.STALE }
    narrator.check(stale.source == Source.CACHE, "the quote stays on the screen, and turns stale there")
    val receipt = app.pricing.getReceipt(RECEIPT)
    narrator.say("→ ${receipt.source} ${receipt.freshness}: ${price(receipt.value.total)}")
    narrator.check(
        receipt.source == Source.CACHE && receipt.freshness == Freshness.EXPIRED,
        "the receipt has expired, and is shown all the same, because it may be where there is no network",
    )
}

suspend fun Stage.nothingToShow() {
    narrator.step("In the plane, without a stored answer", "rpc UpdateDestination", "fail_fast")
    val quote = show { app.pricing.getQuote(quoteOf("ride-99")) }
    narrator.check(quote.why?.kind == ErrorKind.OFFLINE, "a quote that was never seen fails at once, without a try")
    val update = UpdateDestinationRequest.newBuilder().setRideId(RIDE).setDestination("Harbour").build()
    val updated = attempt { app.pricing.updateDestination(update) }
    narrator.check(updated.why?.kind == ErrorKind.OFFLINE, "and so does a change, which nobody takes for done")
}

suspend fun Stage.landed(flight: Flight) {
    narrator.step("The plane lands", "rpc WatchPrices", "replay")
    narrator.check(server.count("calls") == flight.calls, "nothing has reached the server meanwhile")
    val last = server.count("prices")
    server.tell("recover")
    app.runtime.setPlatform(mobile(Reachability.REACHABLE))
    awaitQuote(flight.quotes) { it.freshness == Freshness.FRESH }
    narrator.say("The quote on the screen has refreshed itself.")
    val price = awaitPrice(flight.prices) { it.value.number > last }
    narrator.check(
        price.source == Source.NETWORK && price.gap,
        "and so has the price: nobody had to pull anything down",
    )
    flight.quotes.leave()
    flight.prices.leave()
}
