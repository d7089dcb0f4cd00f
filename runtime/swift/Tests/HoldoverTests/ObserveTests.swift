import Foundation
import Testing

@testable import Holdover

@Suite(.enabled(if: RidesServer.program != nil, "HOLDOVER_RIDES_SERVER names no program"))
struct ObserveTests {
    @Test(arguments: Carrier.all)
    func anObserverStaysCurrentThroughFailures(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        let quotes = app.pricing.observeGetQuote(ride)
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
        let third = await states.first { $0.snapshot?.error != nil }?.snapshot
        #expect(third?.value.destination == "Harbour")

        try await server.tell("change Airport")
        try await server.tell("start")
        let last = await states.first { $0.snapshot?.value.destination == "Airport" && $0.snapshot?.error == nil }
        #expect(last != nil)
        await app.runtime.shutdown()
    }

    @Test(arguments: Carrier.stacks)
    func anObserverThatHasNothingSaysWhyAndGoesOn(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        try await server.tell("refuse NOT_FOUND")
        let quotes = app.pricing.observeGetQuote(ride)
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

    @Test func anObserverEndsWithItsTaskAndWithItsLoop() async throws {
        let server = try RidesServer()
        let app = try App(server)
        try await server.tell("hold")
        let watching = Task {
            var seen = 0
            for await _ in app.pricing.observeGetQuote(ride) { seen += 1 }
            return seen
        }
        try await server.tell("arrived 1")
        watching.cancel()
        #expect(await watching.value <= 1)
        try await server.tell("abandoned 1")

        for await state in app.pricing.observeGetQuote(ride) where state.snapshot != nil { break }
        await app.runtime.shutdown()
    }

    @Test func signingOutEndsWhatIsOnTheSession() async throws {
        let server = try RidesServer()
        let app = try App(server)
        var states = app.pricing.observeGetQuote(ride).makeAsyncIterator()
        _ = await states.first { $0.snapshot != nil }
        try await app.session.signOut()
        let last = await states.first { $0.snapshot == nil }
        guard case .failed(let error)? = last else {
            Issue.record("\(String(describing: last))")
            return
        }
        #expect(error.kind == .signedOut)
        #expect(await states.next() == nil)
        #expect(app.pricing.cachedGetQuote(ride) == nil)
        let after = await failure { () throws(HoldoverError) in try await app.pricing.getQuote(ride) }
        #expect(after?.kind == .signedOut)
        await app.runtime.shutdown()
    }

    @Test func whatIsInvalidatedIsFetchedAgain() async throws {
        let server = try RidesServer()
        let app = try App(server)
        var states = app.pricing.observeGetQuote(ride).makeAsyncIterator()
        _ = await states.first { $0.snapshot?.isRefreshing == false }
        try await server.tell("change Harbour")
        try await app.session.invalidate(Pricing_V1_Tags.ride(rideID: "r-1"))
        #expect(await states.first { $0.snapshot?.value.destination == "Harbour" } != nil)

        let update = Pricing_V1_UpdateDestinationRequest(rideID: "r-1", destination: "Museum")
        #expect(try await app.pricing.updateDestination(update).value.destination == "Museum")
        #expect(await states.first { $0.snapshot?.value.destination == "Museum" } != nil)
        await app.runtime.shutdown()
    }
}
