// The price as it moves: put away, taken out again, cut off, opened again.

import Holdover

extension Stage {
    typealias Prices = Streaming<Price>.AsyncIterator

    func pricesOpened() async throws -> Prices {
        narrator.step("Ada watches the price", "rpc WatchPrices", "rpc WatchPrices")
        var updates = app.pricing.watchPrices(prices).makeAsyncIterator()
        let first = try await price(&updates)
        let second = try await price(&updates)
        narrator.check(
            first.source == .network && second.value.number > first.value.number && !first.gap,
            "each price is on the screen when it comes")
        return updates
    }

    func pricesPutAway(_ updates: inout Prices) async throws {
        narrator.step("She puts the phone away, and takes it out again", "rpc WatchPrices", "replay")
        app.runtime.setAppState(.background)
        try await server.tell("alone")
        narrator.say("After the grace period (half a second here), the server has nobody to send prices to.")
        app.runtime.setAppState(.foreground)
        // What she had not looked at before comes first.
        let kept = try await price(&updates) { $0.source == .replay }
        narrator.check(kept.freshness == .stale, "the last price is on the screen at once, and says so")
        let live = try await price(&updates)
        narrator.check(
            live.source == .network && live.value.number > kept.value.number && live.gap,
            "then live ones, the first of which says that some were missed")
    }

    func pricesCut(_ updates: inout Prices) async throws {
        narrator.step("The server is restarted under the stream", "rpc WatchPrices", "replay")
        try await server.tell("stop")
        let last = try await server.count("prices")
        try await server.tell("start")
        let next = try await price(&updates) { $0.value.number > UInt64(last) }
        narrator.check(
            next.source == .network && next.gap,
            "no error reaches the screen: the stream is opened again, and the next price says that some were missed")
    }

    func pricesOpenedAgain() async throws {
        narrator.step("She leaves the screen, and comes back to it", "rpc WatchPrices", "replay")
        try await server.tell("alone")
        var updates = app.pricing.watchPrices(prices).makeAsyncIterator()
        let kept = try await price(&updates)
        let live = try await price(&updates)
        narrator.check(
            kept.source == .replay && live.source == .network, "a new screen begins with the last price, too")
    }
}
