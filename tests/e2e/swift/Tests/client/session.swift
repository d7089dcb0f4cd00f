// The life of accounts, and of the runtime.

import Holdover
import Rides
import Testing

@Suite(.enabled(if: RidesServer.program != nil, "HOLDOVER_RIDES_SERVER names no program"))
struct Sessions {
    @Test(arguments: Carrier.stacks)
    func signingOutEndsWhatIsOnTheSession(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        var states = app.pricing.observeGetQuote(ride()).makeAsyncIterator()
        _ = await states.first { $0.snapshot != nil }
        try await app.session.signOut()
        let last = await states.first { $0.snapshot == nil }
        guard case .failed(let error)? = last else {
            Issue.record("\(String(describing: last))")
            return
        }
        #expect(error.kind == .signedOut)
        #expect(await states.next() == nil)
        #expect(app.pricing.cachedGetQuote(ride()) == nil)
        let after = await failure { () throws(HoldoverError) in try await app.pricing.getQuote(ride()) }
        #expect(after?.kind == .signedOut)
        await app.runtime.shutdown()
    }

    @Test(arguments: Carrier.stacks)
    func theEndOfARuntimeEndsItsCalls(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        try await server.tell("hold")
        let call = Task { await failure { () throws(HoldoverError) in try await app.pricing.getQuote(ride()) } }
        try await server.tell("arrived 1")
        let watched = Task {
            var last: Observed<Pricing_V1_Quote>?
            for await state in app.pricing.observeGetQuote(ride()) { last = state }
            return last
        }
        await app.runtime.shutdown()
        #expect(await call.value?.kind == .misuse)
        guard case .failed(let error)? = await watched.value else {
            Issue.record("the observer has not failed")
            return
        }
        #expect(error.kind == .misuse)
    }

    @Test(arguments: Carrier.stacks)
    func theAppsLifeIsToldToTheCore(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        _ = try await app.pricing.getQuote(ride())
        app.runtime.memoryPressure()
        app.runtime.setPlatform(Platform(reachability: .unreachable))
        let offline = await failure { () throws(HoldoverError) in
            try await app.pricing.getQuote(ride("r-2"), options: CallOptions(timeout: .seconds(10)))
        }
        #expect(offline?.kind == .offline)
        app.runtime.setPlatform(Platform(reachability: .reachable, interface: .wifi, path: 2))
        try await app.runtime.pause()
        app.runtime.resume()
        app.runtime.setAppState(.background)
        app.runtime.setAppState(.foreground)
        app.runtime.setSavesData(true)
        app.runtime.setEstimate(Estimate(requestTime: .milliseconds(20), downlinkKbps: 10_000))
        app.runtime.setEstimate(nil)
        #expect(try await app.pricing.getQuote(ride("r-2")).source == .network)
        try await app.runtime.disable([Switch(.cache)])
        #expect(try await app.pricing.getQuote(ride("r-2")).source == .network)
        try await app.runtime.erase(.user("somebody else"))
        await app.runtime.shutdown()
    }

    @Test(arguments: Carrier.stacks)
    func listenersHearWhatIsDecided(carrier: Carrier) async throws {
        let server = try RidesServer()
        let events = Locked<[RuntimeEvent]>([])
        let qualities = Locked<[Quality]>([])
        let app = try App(server, carrier) {
            $0.onEvent = { event in events.with { $0.append(event) } }
            $0.onQualityChange = { quality in qualities.with { $0.append(quality) } }
        }
        _ = try await app.pricing.getProfile(.init())
        _ = try await app.pricing.getProfile(.init())
        app.runtime.setQuality(.veryPoor)
        #expect(app.runtime.quality == .veryPoor)
        let stats = app.runtime.stats()
        #expect(stats.measures.count > 10)
        #expect(stats.measures.allSatisfy { !$0.name.isEmpty && !$0.description.isEmpty })
        await app.runtime.shutdown()
        let heard = events.with { $0 }
        #expect(heard.contains { $0.method == "pricing.v1.Pricing/GetProfile" && $0.name == "miss" })
        #expect(heard.allSatisfy { !$0.name.isEmpty })
        #expect(qualities.with { $0.last } == .veryPoor)
    }
}
