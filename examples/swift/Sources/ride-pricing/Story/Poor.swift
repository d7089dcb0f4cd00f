// The train enters the tunnel, and leaves it. Nobody tells the runtime: it measures.

import Holdover

/// The Wi-Fi that Ada has at home.
let wifi = Platform(reachability: .reachable, interface: .wifi, path: 1)

/// The mobile network that she has on her way.
func mobile(_ reachability: Platform.Reachability) -> Platform {
    Platform(reachability: reachability, interface: .cellular4G, path: 2)
}

extension Stage {
    func poorNetworkNoticed() async throws {
        narrator.step("The train enters a tunnel", "rpc GetQuote", "reduce_at")
        narrator.say("Ada is on her way. Her phone has changed from Wi-Fi to the mobile network, and the app says so.")
        app.runtime.setPlatform(mobile(.reachable))
        let full = try await show(quote(), .networkOnly).get()
        narrator.check(
            app.runtime.quality > .poor && full.detail == .full,
            "such a network is taken for a good one, and the answer is whole")
        narrator.say("In the tunnel, everything takes 0.9 s each way. Six quotes are asked for, as on any day:")
        // A request takes 1.8 s then, which is POOR (from 1.42 s on) by a margin.
        try await server.tell("worsen 900 100000")
        let pricing = app.pricing
        let quotes = try await timed {
            try await withThrowingTaskGroup(of: Void.self, returning: Int.self) { group in
                for number in 0..<6 {
                    let options = CallOptions(cache: .networkOnly)
                    group.addTask { _ = try await pricing.getQuote(quote(of: "ride-2\(number)"), options: options) }
                }
                var quotes = 0
                for try await _ in group { quotes += 1 }
                return quotes
            }
        } _: { "\($0) quotes" }
        let poor = try await quality { $0 <= .poor }
        narrator.check(
            poor != .offline && quotes == 6, "their times tell the runtime that the network is poor now")
    }

    func poorNetworkWithholds() async throws {
        narrator.step("In the tunnel, quotes lose what merely enriches them", "rpc GetQuote", "detail")
        let full = try await app.pricing.getQuote(quote(), options: CallOptions(cache: .cacheOnly))
        let before = try await server.count("bytes")
        let reduced = try await show(quote(), .networkOnly).get()
        let bytes = try await server.count("bytes") - before
        narrator.say("  withheld: \(reduced.withheldPaths.joined(separator: ", "))")
        narrator.check(reduced.detail == .reduced && !reduced.value.hasPromo, "they are not sent")
        let whole = try full.value.serializedBytes().count
        narrator.check(bytes * 4 < whole, "\(bytes) bytes on the wire, for a quote that has \(whole) when it is whole")
        narrator.check(
            reduced.value.enriched(reduced.withheld).promo == .withheld(lastKnown: full.value.promo),
            "the screen can keep the banner that it had: withheld is not absent")
    }

    func poorNetworkRecovers() async throws {
        narrator.step("A ride that was first seen in the tunnel", "rpc GetQuote", "restore")
        var states = app.pricing.observeGetQuote(quote(of: "ride-19")).makeAsyncIterator()
        let reduced = try await state(&states) { _ in true }
        narrator.check(
            reduced.detail == .reduced
                && reduced.value.enriched(reduced.withheld).promo == .withheld(lastKnown: nil),
            "its banner is withheld, and nobody has seen it yet")
        narrator.say("The train leaves the tunnel. Other quotes are asked for, as before:")
        try await server.tell("recover")
        // More than the runtime needs to notice that the network has recovered.
        for number in 0..<100 where app.runtime.quality <= .poor {
            _ = try await app.pricing.getQuote(quote(of: "ride-3\(number)"), options: CallOptions(cache: .networkOnly))
        }
        _ = try await quality { $0 > .poor }
        let restored = try await state(&states) { $0.detail == .full }
        narrator.check(
            restored.source == .network && restored.value.hasPromo,
            "the observed quote is fetched again in full, and what was withheld appears by itself")
    }
}
