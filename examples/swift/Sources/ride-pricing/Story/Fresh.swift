// A good network: fresh, stale at once, refreshed, and one's own writes.

import Holdover

extension Stage {
    func coldCall() async throws {
        narrator.step("A cold call", "rpc GetQuote", "fresh_for")
        let quote = try await show().get()
        narrator.check(quote.source == .network, "the first answer comes from the network")
    }

    func repeatFromMemory() async throws {
        narrator.step("The same again", "rpc GetQuote", "fresh_for")
        let calls = try await server.count("calls")
        let again = try await show().get()
        narrator.check(again.source == .cache && again.freshness == .fresh, "a fresh answer comes from memory")
        narrator.check(try await server.count("calls") == calls, "the server was not asked")
        let frame = app.pricing.cachedGetQuote(quote())
        narrator.check(frame?.value == again.value, "and the first frame of a screen has it before anything is awaited")
    }

    func staleThenRefreshed() async throws {
        narrator.step("Two seconds later", "rpc GetQuote", "stale_while_revalidate")
        try await Task.sleep(for: .milliseconds(2_100))
        var states = app.pricing.observeGetQuote(quote()).makeAsyncIterator()
        let stale = try await state(&states) { $0.freshness == .stale }
        narrator.check(stale.source == .cache, "the stale quote is on the screen at once")
        let fresh = try await state(&states) { $0.freshness == .fresh }
        narrator.check(
            fresh.value.quoteID != stale.value.quoteID && !fresh.isRefreshing, "the refresh behind it brings a new one")
    }

    func readYourWrites() async throws {
        narrator.step("Ada changes her mind", "rpc UpdateDestination", "invalidates")
        _ = try await app.pricing.updateDestination(.with { ($0.rideID, $0.destination) = (rideID, "Central Station") })
        let quote = try await show().get()
        narrator.check(
            quote.value.destination == "Central Station" && quote.source == .network,
            "a quote that is still fresh by age is not shown: the next one knows the new destination")
    }
}
