// Captive portals (rule C4).

import Holdover
import Rides
import Testing

@Suite(.enabled(if: RidesServer.program != nil, "HOLDOVER_RIDES_SERVER names no program"))
struct Interception {
    @Test(arguments: Carrier.all)
    func whatAPortalSaysIsNotTheServersWord(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        try await server.tell("portal")
        let error = await failure { () throws(HoldoverError) in
            try await app.pricing.getQuote(ride(), options: CallOptions(timeout: .seconds(20)))
        }
        #expect(error?.kind == .intercepted)
        await app.runtime.shutdown()
    }

    /// Pull to refresh on a screen that watches nothing yet.
    @Test(arguments: Carrier.stacks)
    func aRefreshOfWhatNobodyWatchesSaysWhyItFailed(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        _ = try await app.pricing.getQuote(ride())
        try await server.tell("portal")
        let error = await failure { () throws(HoldoverError) in
            try await app.pricing.observeGetQuote(ride()).refresh()
        }
        #expect(error?.kind == .intercepted)
        await app.runtime.shutdown()
    }

    /// The user walks into the hotel with a stored answer, signs in at the portal, and is online again.
    @Test(arguments: Carrier.all)
    func aPortalLeavesWhatIsStoredAloneAndTheWayFreeAfterwards(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        let quotes = app.pricing.observeGetQuote(ride())
        var states = quotes.makeAsyncIterator()
        #expect(await states.first { $0.snapshot != nil } != nil)
        try await server.tell("portal")
        let error = await failure { () throws(HoldoverError) in try await quotes.refresh() }
        #expect(error?.kind == .intercepted)
        let kept = await states.first { $0.snapshot?.error?.kind == .intercepted }?.snapshot
        #expect(kept?.value.destination == "Airport")
        try await server.tell("change Harbour")
        try await server.tell("start")
        #expect(await states.first { $0.snapshot?.value.destination == "Harbour" }?.snapshot?.error == nil)
        await app.runtime.shutdown()
    }
}
