// In the plane: what is there is shown, what is not fails at once, and everything goes on after landing.

import Holdover

/// What is on Ada's screens while she flies.
struct Screens {
    var quotes: Observation<Quote>.AsyncIterator
    var prices: Streaming<Price>.AsyncIterator
    /// The server's number of calls when the network went away.
    var calls: Int
}

private let receipt = Pricing_V1_GetReceiptRequest.with { $0.rideID = "ride-1" }

extension Stage {
    func airplaneMode() async throws -> Screens {
        narrator.step("Airplane mode", "rpc GetQuote", "fresh_for")
        narrator.say("Before take-off, a quote and its price are on the screen, and a receipt has been looked at.")
        _ = try await app.pricing.getReceipt(receipt)
        var quotes = app.pricing.observeGetQuote(quote()).makeAsyncIterator()
        _ = try await state(&quotes) { $0.source == .network }
        var updates = app.pricing.watchPrices(prices).makeAsyncIterator()
        _ = try await price(&updates) { $0.source == .network }

        narrator.say("The platform says that there is no network any more, and every connection is gone.")
        app.runtime.setPlatform(mobile(.unreachable))
        try await server.tell("vanish")
        try await server.tell("alone")
        let calls = try await server.count("calls")
        let shown = try await show().get()
        narrator.check(shown.source == .cache, "the quote that is there is shown at once")
        return Screens(quotes: quotes, prices: updates, calls: calls)
    }

    func expired(_ screens: inout Screens) async throws {
        narrator.step("In the plane, things get old", "rpc GetReceipt", "serve_stale")
        let stale = try await state(&screens.quotes) { $0.freshness == .stale }
        narrator.check(stale.source == .cache, "the quote stays on the screen, and turns stale there")
        let receipt = try await app.pricing.getReceipt(receipt)
        narrator.say("→ \(words(receipt.provenance)): \(text(receipt.value.total))")
        narrator.check(
            receipt.source == .cache && receipt.freshness == .expired,
            "the receipt has expired, and is shown all the same, because it may be where there is no network")
    }

    func nothingToShow() async throws {
        narrator.step("In the plane, without a stored answer", "rpc UpdateDestination", "fail_fast")
        let unseen = try await show(quote(of: "ride-99"))
        narrator.check(unseen.error?.kind == .offline, "a quote that was never seen fails at once, without a try")
        var refused: HoldoverError?
        do throws(HoldoverError) {
            _ = try await app.pricing.updateDestination(.with { ($0.rideID, $0.destination) = (rideID, "Harbour") })
        } catch {
            refused = error
        }
        narrator.check(refused?.kind == .offline, "and so does a change, which nobody takes for done")
    }

    func landed(_ screens: inout Screens) async throws {
        narrator.step("The plane lands", "rpc WatchPrices", "replay")
        narrator.check(
            try await server.count("calls") == screens.calls, "nothing has reached the server meanwhile")
        let last = UInt64(try await server.count("prices"))
        try await server.tell("recover")
        app.runtime.setPlatform(mobile(.reachable))
        _ = try await state(&screens.quotes) { $0.freshness == .fresh }
        narrator.say("The quote on the screen has refreshed itself.")
        let next = try await price(&screens.prices) { $0.value.number > last }
        narrator.check(
            next.source == .network && next.gap, "and so has the price: nobody had to pull anything down")
    }
}
