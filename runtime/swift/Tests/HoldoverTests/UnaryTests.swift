import Foundation
import Testing

@testable import Holdover

@Suite(.enabled(if: RidesServer.program != nil, "HOLDOVER_RIDES_SERVER names no program"))
struct UnaryTests {
    @Test(arguments: Carrier.all)
    func anAnswerComesFromTheServerAndThenFromMemory(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        #expect(app.pricing.cachedGetQuote(ride) == nil)
        let first = try await app.pricing.getQuote(ride)
        #expect(first.value.quoteID == "q-1 of r-1")
        #expect(first.value.total == Pricing_V1_Money(currency: "EUR", minorUnits: 1250))
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
    @Test func aHitResumesInTheSameTurnOfTheMainActor() async throws {
        let server = try RidesServer()
        let app = try App(server)
        _ = try await app.pricing.getQuote(ride)
        var others = 0
        Task { @MainActor in others += 1 }
        let hit = try await app.pricing.getQuote(ride)
        #expect(others == 0)
        #expect(hit.source == .cache)
        await app.runtime.shutdown()
    }

    @Test(arguments: Carrier.all)
    func compressedAnswersAreRead(carrier: Carrier) async throws {
        let server = try RidesServer(gzip: true)
        let app = try App(server, carrier)
        let profile = try await app.pricing.getProfile(Pricing_V1_GetProfileRequest())
        #expect(profile.value == Pricing_V1_Profile(name: "Ada Lovelace", phone: "+44 20 7946 0000"))
        let quote = try await app.pricing.getQuote(ride)
        #expect(quote.value.cars.count == 3 && quote.value.promo.headline == "Half price on Mondays")
        await app.runtime.shutdown()
    }

    @Test(arguments: Carrier.all)
    func whatTheServerRefusesIsAnErrorWithItsStatus(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        try await server.tell("refuse NOT_FOUND")
        let error = await failure { () throws(HoldoverError) in try await app.pricing.getQuote(ride) }
        #expect(error?.kind == .rejected)
        #expect(error?.status?.code == .notFound)
        #expect(error?.status?.message == "as the test says")
        await app.runtime.shutdown()
    }

    @Test(arguments: Carrier.all)
    func aPageOfSomebodyElseIsIntercepted(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        try await server.tell("portal")
        let error = await failure { () throws(HoldoverError) in
            try await app.pricing.getQuote(ride, options: CallOptions(timeout: .seconds(20)))
        }
        #expect(error?.kind == .intercepted)
        await app.runtime.shutdown()
    }

    @Test(arguments: Carrier.stacks)
    func optionsReachTheCoreAndTheServer(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        try app.session.setMetadata("x-session", "blue")
        var options = CallOptions(timeout: .seconds(30), metadata: ["x-call": "red"])
        _ = try await app.pricing.getQuote(ride, options: options)
        #expect(try await server.tell("header 0 x-session") == "blue")
        #expect(try await server.tell("header 0 x-call") == "red")

        // What was sent for one call alone is answered for it alone.
        options = CallOptions(cache: .networkOnly)
        #expect(try await app.pricing.getQuote(ride, options: options).source == .network)
        options.cache = .cacheOnly
        #expect(try await app.pricing.getQuote(ride, options: options).source == .cache)
        let other = Pricing_V1_GetQuoteRequest(rideID: "r-2")
        let error = await failure { () throws(HoldoverError) in
            try await app.pricing.getQuote(other, options: CallOptions(cache: .cacheOnly))
        }
        #expect(error?.kind == .offline)
        #expect(try await server.tell("calls") == "2")

        let bad = await failure { () throws(HoldoverError) in
            try await app.pricing.getQuote(other, options: CallOptions(metadata: ["not a name": "x"]))
        }
        #expect(bad?.kind == .misuse)
        await app.runtime.shutdown()
    }

    @Test(arguments: Carrier.stacks)
    func callsThatTakeTooLongTimeOut(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        try await server.tell("hold")
        let error = await failure { () throws(HoldoverError) in
            try await app.pricing.getQuote(ride, options: CallOptions(timeout: .milliseconds(50)))
        }
        #expect(error?.kind == .timeout)
        await app.runtime.shutdown()
    }

    @Test(arguments: Carrier.all)
    func aCancelledTaskEndsItsCall(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        try await server.tell("hold")
        let call = Task { await failure { () throws(HoldoverError) in try await app.pricing.getQuote(ride) } }
        try await server.tell("arrived 1")
        call.cancel()
        #expect(await call.value?.kind == .cancelled)
        // Nobody else waits for it, so that the server is left, too.
        try await server.tell("abandoned 1")

        let early = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await failure { () throws(HoldoverError) in try await app.pricing.getQuote(ride) }
        }
        #expect(await early.value?.kind == .cancelled)
        await app.runtime.shutdown()
    }

    @Test(arguments: Carrier.stacks)
    func aHundredTasksShareWhatTheyAskFor(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        let names = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<100 {
                group.addTask {
                    if number % 2 == 0 { return try await app.pricing.getProfile(.init()).value.name }
                    return try await app.pricing.getQuote(.init(rideID: "r-\(number % 10)")).value.quoteID
                }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(names == ["Ada Lovelace", "q-1 of r-1", "q-1 of r-3", "q-1 of r-5", "q-1 of r-7", "q-1 of r-9"])
        await app.runtime.shutdown()
    }

    @Test func whatWasPrefetchedAndPutIsThere() async throws {
        let server = try RidesServer()
        let app = try App(server)
        try await app.pricing.prefetchGetQuote(ride)
        #expect(app.pricing.cachedGetQuote(ride)?.value.quoteID == "q-1 of r-1")

        let other = Pricing_V1_GetQuoteRequest(rideID: "r-2")
        let known = Pricing_V1_Quote(quoteID: "push", total: .init(currency: "EUR", minorUnits: 1), destination: "Home")
        try await app.pricing.putGetQuote(other, known)
        let shown = app.pricing.cachedGetQuote(other)
        #expect(shown?.value == known && shown?.freshness == .stale)
        await app.runtime.shutdown()
    }
}
