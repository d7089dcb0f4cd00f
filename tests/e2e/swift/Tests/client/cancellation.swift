// Callers that leave (rule C8).

import Holdover
import Rides
import Testing

@Suite(.enabled(if: RidesServer.program != nil, "HOLDOVER_RIDES_SERVER names no program"))
struct Cancellation {
    @Test(arguments: Carrier.all)
    func theLastCallerLeavingEndsAColdReadAtTheServer(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        try await server.tell("hold")
        let call = Task { await failure { () throws(HoldoverError) in try await app.pricing.getQuote(ride()) } }
        try await server.tell("arrived 1")
        call.cancel()
        #expect(await call.value?.kind == .cancelled)
        try await server.tell("abandoned 1")

        let early = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await failure { () throws(HoldoverError) in try await app.pricing.getQuote(ride()) }
        }
        #expect(await early.value?.kind == .cancelled)
        await app.runtime.shutdown()
    }

    @Test(arguments: Carrier.stacks)
    func oneOfTwoCallersLeavingEndsNothing(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        try await server.tell("hold")
        let first = Task { await failure { () throws(HoldoverError) in try await app.pricing.getQuote(ride()) } }
        try await server.tell("arrived 1")
        var states = app.pricing.observeGetQuote(ride()).makeAsyncIterator()
        #expect(await states.next() == .loading)
        first.cancel()
        #expect(await first.value?.kind == .cancelled)
        try await server.tell("release")
        #expect(await states.first { $0.snapshot != nil } != nil)
        #expect(try await server.tell("calls") == "1")
        await app.runtime.shutdown()
    }

    @Test(arguments: Carrier.all)
    func aMutationIsCancelledOnTheWire(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        try await server.tell("hold")
        let call = Task {
            await failure { () throws(HoldoverError) in
                try await app.pricing.updateDestination(.with { $0.rideID = "r-1" })
            }
        }
        try await server.tell("arrived 1")
        call.cancel()
        #expect(await call.value?.kind == .cancelled)
        try await server.tell("abandoned 1")
        await app.runtime.shutdown()
    }

    @Test(arguments: Carrier.stacks)
    func anObserverEndsWithItsTaskAndWithItsLoop(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        try await server.tell("hold")
        let watching = Task {
            var seen = 0
            for await _ in app.pricing.observeGetQuote(ride()) { seen += 1 }
            return seen
        }
        try await server.tell("arrived 1")
        watching.cancel()
        #expect(await watching.value <= 1)
        try await server.tell("abandoned 1")

        for await state in app.pricing.observeGetQuote(ride()) where state.snapshot != nil { break }
        await app.runtime.shutdown()
    }
}
