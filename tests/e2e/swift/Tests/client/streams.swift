// Streams of the generated client (section G).

import Holdover
import Rides
import Testing

@Suite(.enabled(if: RidesServer.program != nil, "HOLDOVER_RIDES_SERVER names no program"))
struct Streams {
    @Test(arguments: Carrier.all)
    func aReopenedStreamBeginsWithAReplay(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        do {
            var quotes = app.pricing.watch(watched()).makeAsyncIterator()
            let first = try await quotes.next()
            #expect(first?.value.destination == "Airport" && first?.source == .network)
            try await server.tell("change Harbour")
            let second = try await quotes.next()
            #expect(second?.value.destination == "Harbour")
        }
        try await server.tell("hold")
        var quotes = app.pricing.watch(watched()).makeAsyncIterator()
        let replayed = try await quotes.next()
        #expect(replayed?.value.destination == "Harbour" && replayed?.source == .replay)
        try await server.tell("change Museum")
        try await server.tell("release")
        var live = try await quotes.next()
        while live?.source == .replay { live = try await quotes.next() }
        #expect(live?.value.destination == "Museum" && live?.source == .network)
        await app.runtime.shutdown()
    }

    @Test(arguments: Carrier.all)
    func aStreamTellsOfEveryChangeUntilItEnds(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        var quotes = app.pricing.watch(watched()).makeAsyncIterator()
        #expect(try await quotes.next()?.value.destination == "Airport")
        for destination in ["Harbour", "Museum", "Zoo"] {
            try await server.tell("change \(destination)")
            #expect(try await quotes.next()?.value.destination == destination)
        }
        try await server.tell("end-watches")
        #expect(try await quotes.next() == nil)
        await app.runtime.shutdown()
    }

    @Test(arguments: Carrier.all)
    func aCancelledTaskEndsItsStream(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        let (told, tell) = AsyncStream<Void>.makeStream()
        let reading = Task {
            await failure { () throws(HoldoverError) in
                for try await _ in app.pricing.watch(watched()) { tell.yield() }
            }
        }
        for await _ in told { break }
        reading.cancel()
        #expect(await reading.value?.kind == .cancelled)
        try await server.tell("abandoned 1")
        await app.runtime.shutdown()
    }

    @Test(arguments: Carrier.all)
    func aStatusThatIsNotTransientEndsIt(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        try await server.tell("refuse NOT_FOUND")
        let error = await failure { () throws(HoldoverError) in
            for try await _ in app.pricing.watch(watched()) {}
        }
        #expect(error?.status?.code == .notFound)
        await app.runtime.shutdown()
    }

    /// On a poor network every message is trimmed on its way, and says what is withheld (rules F3 and F5).
    @Test(arguments: Carrier.all)
    func aPoorNetworkCarriesTheMessagesThatAreNeeded(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        app.runtime.setQuality(.poor)
        var quotes = app.pricing.watch(watched()).makeAsyncIterator()
        let first = try #require(try await quotes.next())
        #expect(first.detail == .reduced && !first.value.hasPromo)
        #expect(first.withheldPaths == ["breakdown", "cars.picture", "promo"])
        #expect(first.value.enriched(first.withheld).promo.isWithheld)
        await app.runtime.shutdown()
    }

    @Test func bothSidesTalkOverTheRustTransport() async throws {
        let server = try RidesServer()
        let app = try App(server, Carrier(.rust, .grpc))
        let track = app.pricing.track()
        for number in 0..<40 {
            try await track.send(.with { ($0.latitude, $0.longitude) = (Double(number), 1) })
        }
        #expect(try await track.finish().value.quoteID == "q-1 of 40 positions")
        let late = await failure { () throws(HoldoverError) in try await track.send(.init()) }
        #expect(late?.kind == .misuse)

        let haggle = app.pricing.haggle()
        var quotes = haggle.responses.makeAsyncIterator()
        for price in 1...40 {
            try await haggle.send(.with { ($0.rideID, $0.minorUnits) = ("r-1", Int64(price)) })
            #expect(try await quotes.next()?.value.total.minorUnits == Int64(price))
        }
        haggle.close()
        #expect(try await quotes.next() == nil)
        await app.runtime.shutdown()
    }

    @Test(arguments: [Endpoint.WireProtocol.connect, .grpcWeb])
    func urlSessionSaysThatItCannotCarrySequences(wireProtocol: Endpoint.WireProtocol) async throws {
        let server = try RidesServer()
        let app = try App(server, Carrier(.urlSession, wireProtocol))
        let error = await failure { () throws(HoldoverError) in
            let track = app.pricing.track()
            return try await track.finish()
        }
        #expect(error?.kind == .misuse)
        await app.runtime.shutdown()
    }
}
