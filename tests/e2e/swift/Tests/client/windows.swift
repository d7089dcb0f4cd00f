// The windows of the cache (section C).

import Holdover
import Rides
import Testing

@Suite(.enabled(if: RidesServer.program != nil, "HOLDOVER_RIDES_SERVER names no program"))
struct Windows {
    private func pushed(_ destination: String) -> Pricing_V1_Quote {
        .with {
            $0.quoteID = "push"
            $0.total = .with { ($0.currency, $0.minorUnits) = ("EUR", 1) }
            $0.destination = destination
        }
    }

    /// What was put is stale from the beginning (rule C9), so that nobody has to wait for it to become so.
    @Test(arguments: Carrier.all)
    func aStaleAnswerIsServedAtOnceAndRefreshedBehind(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        try await app.pricing.putGetQuote(ride(), pushed("Home"))
        try await server.tell("hold")
        let frame = app.pricing.cachedGetQuote(ride())
        #expect(frame?.value == pushed("Home") && frame?.freshness == .stale)
        let stale = try await app.pricing.getQuote(ride())
        #expect((stale.source, stale.freshness, stale.isRefreshing) == (.cache, .stale, true))
        #expect(stale.value.destination == "Home")
        try await server.tell("arrived 1")
        try await server.tell("release")
        var states = app.pricing.observeGetQuote(ride()).makeAsyncIterator()
        let fresh = await states.first { $0.snapshot?.value.destination == "Airport" }?.snapshot
        #expect(fresh?.value.quoteID == "q-1 of r-1")
        await app.runtime.shutdown()
    }

    @Test(arguments: Carrier.stacks)
    func aServerThatIsDownIsCoveredByWhatIsStored(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        _ = try await app.pricing.getQuote(ride())
        try await server.tell("stop")
        let options = CallOptions(cache: .maxAge(.zero))
        let covered = try await app.pricing.getQuote(ride(), options: options)
        #expect(covered.source == .cache && covered.value.quoteID == "q-1 of r-1")
        await app.runtime.shutdown()
    }

    @Test(arguments: Carrier.stacks)
    func whatTheServerRefusesIsBelieved(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        _ = try await app.pricing.getProfile(.init())
        try await server.tell("refuse NOT_FOUND")
        let error = await failure { () throws(HoldoverError) in
            try await app.pricing.getProfile(.init(), options: CallOptions(cache: .networkOnly))
        }
        #expect(error?.kind == .rejected)
        await app.runtime.shutdown()
    }
}
