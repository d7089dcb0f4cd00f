import com.example.pricing.v1.PriceUpdate
import dev.holdover.AppState
import dev.holdover.Freshness
import dev.holdover.Snapshot
import dev.holdover.Source

// The price as it moves: put away, taken out again, cut off, opened again.

suspend fun Stage.opened(): Screen<Snapshot<PriceUpdate>> {
    narrator.step("Ada watches the price", "rpc WatchPrices", "rpc WatchPrices")
    val prices = look(app.pricing.watchPrices(pricesOf()))
    val first = awaitPrice(prices)
    val second = awaitPrice(prices)
    narrator.check(
        first.source == Source.NETWORK && second.value.number > first.value.number && !first.gap,
        "each price is on the screen when it comes",
    )
    return prices
}

suspend fun Stage.putAway(prices: Screen<Snapshot<PriceUpdate>>) {
    narrator.step("She puts the phone away, and takes it out again", "rpc WatchPrices", "replay")
    app.runtime.setAppState(AppState.BACKGROUND)
    server.tell("alone")
    narrator.say("After the grace period (half a second here), the server has nobody to send prices to.")
    app.runtime.setAppState(AppState.FOREGROUND)
    // What she had not looked at before comes first.
    val kept = awaitPrice(prices) { it.source == Source.REPLAY }
    narrator.check(kept.freshness == Freshness.STALE, "the last price is on the screen at once, and says so")
    val live = awaitPrice(prices)
    narrator.check(
        live.source == Source.NETWORK && live.value.number > kept.value.number && live.gap,
        "then live ones, the first of which says that some were missed",
    )
}

suspend fun Stage.cut(prices: Screen<Snapshot<PriceUpdate>>) {
    narrator.step("The server is restarted under the stream", "rpc WatchPrices", "replay")
    server.tell("stop")
    val last = server.count("prices")
    server.tell("start")
    val next = awaitPrice(prices) { it.value.number > last }
    narrator.check(
        next.source == Source.NETWORK && next.gap,
        "no error reaches the screen: the stream is opened again, and the next price says that some were missed",
    )
}

suspend fun Stage.openedAgain(before: Screen<Snapshot<PriceUpdate>>) {
    narrator.step("She leaves the screen, and comes back to it", "rpc WatchPrices", "replay")
    before.leave()
    server.tell("alone")
    val prices = look(app.pricing.watchPrices(pricesOf()))
    val kept = awaitPrice(prices)
    val live = awaitPrice(prices)
    narrator.check(
        kept.source == Source.REPLAY && live.source == Source.NETWORK,
        "a new screen begins with the last price, too",
    )
    prices.leave()
    server.tell("alone")
}
