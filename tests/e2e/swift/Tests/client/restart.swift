// Servers that go away, and come back.

import Holdover
import Rides
import Testing

@Suite(.enabled(if: RidesServer.program != nil, "HOLDOVER_RIDES_SERVER names no program"))
struct Restart {
    @Test(arguments: Carrier.all)
    func aServerThatRestartsBetweenCallsIsReachedAgain(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        _ = try await app.pricing.getQuote(ride())
        try await server.tell("stop")
        try await server.tell("start")
        let quote = try await app.pricing.getQuote(ride("r-2"))
        #expect(quote.source == .network && quote.value.quoteID == "q-1 of r-2")
        await app.runtime.shutdown()
    }

    @Test(arguments: Carrier.all)
    func anObserverLivesThroughAnOutage(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        let quotes = app.pricing.observeGetQuote(ride())
        var states = quotes.makeAsyncIterator()
        #expect(await states.next() == .loading)
        let first = await states.first { $0.snapshot != nil }?.snapshot
        #expect(first?.value.destination == "Airport")

        try await server.tell("change Harbour")
        try await quotes.refresh()
        #expect(await states.first { $0.snapshot?.value.destination == "Harbour" } != nil)

        try await server.tell("stop")
        let why = await failure { () throws(HoldoverError) in try await quotes.refresh() }
        #expect(why?.kind == .unreachable || why?.kind == .offline)
        let kept = await states.first { $0.snapshot?.error != nil }?.snapshot
        #expect(kept?.value.destination == "Harbour")

        try await server.tell("change Museum")
        try await server.tell("start")
        let last = await states.first { $0.snapshot?.value.destination == "Museum" && $0.snapshot?.error == nil }
        #expect(last != nil)
        await app.runtime.shutdown()
    }

    @Test(arguments: Carrier.stacks)
    func anObserverThatHasNothingSaysWhyAndGoesOn(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        try await server.tell("refuse NOT_FOUND")
        let quotes = app.pricing.observeGetQuote(ride())
        var states = quotes.makeAsyncIterator()
        guard case .failed(let error)? = await states.first(where: { $0 != .loading }) else {
            Issue.record("it has not failed")
            return
        }
        #expect(error.kind == .rejected)
        try await quotes.refresh()
        #expect(await states.first { $0.snapshot != nil }?.snapshot?.value.destination == "Airport")
        await app.runtime.shutdown()
    }

    /// Nobody asks for anything: what was open when the server went away is open again when it is back.
    @Test(arguments: Carrier.all)
    func aStreamComesBackByItself(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        var quotes = app.pricing.watch(watched()).makeAsyncIterator()
        #expect(try await quotes.next()?.value.destination == "Airport")
        try await server.tell("stop")
        try await server.tell("change Zoo")
        try await server.tell("start")
        var next = try await quotes.next()
        while let other = next, other.value.destination != "Zoo" { next = try await quotes.next() }
        #expect(next?.source == .network && next?.gap == true)
        await app.runtime.shutdown()
    }
}
