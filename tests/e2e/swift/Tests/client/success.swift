// Calls that succeed.

import Foundation
import Holdover
import Rides
import Testing

@Suite(.enabled(if: RidesServer.program != nil, "HOLDOVER_RIDES_SERVER names no program"))
struct Success {
    @Test(arguments: Carrier.all)
    func anAnswerComesFromTheServerAndThenFromMemory(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        #expect(app.pricing.cachedGetQuote(ride()) == nil)
        let first = try await app.pricing.getQuote(ride())
        #expect(first.value.quoteID == "q-1 of r-1")
        #expect(first.value.total == .with { ($0.currency, $0.minorUnits) = ("EUR", 1250) })
        #expect(first.value.cars.map(\.picture.count) == [2000, 2000, 2000])
        #expect((first.source, first.freshness, first.detail) == (.network, .fresh, .full))
        #expect(!first.isRefreshing && first.error == nil)
        #expect(abs(first.provenance.asOf.timeIntervalSinceNow) < 3_600)

        // Fresh for a minute, so that no slow machine asks again.
        let profile = try await app.pricing.getProfile(.init())
        #expect(profile.source == .network)
        let again = try await app.pricing.getProfile(.init())
        #expect(again.source == .cache && again.value == profile.value)
        #expect(app.pricing.cachedGetProfile(.init())?.value == profile.value)
        #expect(try await server.tell("calls") == "2")
        await app.runtime.shutdown()
    }

    @MainActor
    @Test(arguments: Carrier.stacks)
    func aHitResumesInTheSameTurnOfTheMainActor(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        _ = try await app.pricing.getProfile(.init())
        var others = 0
        let other = Task { @MainActor in others += 1 }
        let hit = try await app.pricing.getProfile(.init())
        #expect(others == 0)
        #expect(hit.source == .cache)
        await other.value
        await app.runtime.shutdown()
    }

    /// The first frame of a screen, before anything is awaited.
    @MainActor
    @Test(arguments: Carrier.stacks)
    func theFirstFrameComesFromCached(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        try await app.pricing.prefetchGetQuote(ride())
        try await server.tell("stop")
        let frame = app.pricing.cachedGetQuote(ride())
        #expect(frame?.source == .cache && frame?.value.quoteID == "q-1 of r-1")
        #expect(app.pricing.cachedGetQuote(ride("r-2")) == nil)
        await app.runtime.shutdown()
    }

    @Test(arguments: Carrier.all)
    func compressedAnswersAreRead(carrier: Carrier) async throws {
        let server = try RidesServer(gzip: true)
        let app = try App(server, carrier)
        let profile = try await app.pricing.getProfile(.init())
        #expect(profile.value == .with { ($0.name, $0.phone) = ("Ada Lovelace", "+44 20 7946 0000") })
        let quote = try await app.pricing.getQuote(ride())
        #expect(quote.value.cars.count == 3 && quote.value.promo.headline == "Half price on Mondays")
        await app.runtime.shutdown()
    }

    @Test(arguments: [Endpoint.WireProtocol.connect, .grpc, .grpcWeb])
    func theRustTransportTrustsTheRootsThatItIsGiven(wireProtocol: Endpoint.WireProtocol) async throws {
        let server = try RidesServer(tls: true)
        let app = try App(server, Carrier(.rustTrusting(pem: server.root), wireProtocol))
        #expect(try await app.pricing.getQuote(ride()).value.quoteID == "q-1 of r-1")
        await app.runtime.shutdown()

        // Nobody else vouches for it: a portal could be there as well.
        let wary = try App(server, Carrier(.rust, wireProtocol))
        let error = await failure { () throws(HoldoverError) in try await wary.pricing.getQuote(ride()) }
        #expect(error?.kind == .intercepted)
        await wary.runtime.shutdown()
    }

    @Test(arguments: Carrier.stacks)
    func networkOnlyAsksAgainAndCacheOnlyNeverAsks(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        var options = CallOptions(timeout: .seconds(30), cache: .networkOnly)
        #expect(try await app.pricing.getQuote(ride(), options: options).source == .network)
        #expect(try await app.pricing.getQuote(ride(), options: options).source == .network)
        options.cache = .cacheOnly
        #expect(try await app.pricing.getQuote(ride(), options: options).source == .cache)
        let error = await failure { () throws(HoldoverError) in
            try await app.pricing.getQuote(ride("r-2"), options: CallOptions(cache: .cacheOnly))
        }
        #expect(error?.kind == .offline)
        #expect(try await server.tell("calls") == "2")
        await app.runtime.shutdown()
    }

    @Test(arguments: Carrier.stacks)
    func metadataIsSent(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        try app.session.setMetadata("x-session", "blue")
        _ = try await app.pricing.getQuote(ride(), options: CallOptions(metadata: ["x-call": "red"]))
        #expect(try await server.tell("header 0 x-session") == "blue")
        #expect(try await server.tell("header 0 x-call") == "red")
        let bad = await failure { () throws(HoldoverError) in
            try await app.pricing.getQuote(ride(), options: CallOptions(metadata: ["not a name": "x"]))
        }
        #expect(bad?.kind == .misuse)
        await app.runtime.shutdown()
    }
}
