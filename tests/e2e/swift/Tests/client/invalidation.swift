// Tags, and one's own writes (section D).

import Holdover
import Rides
import Testing

@Suite(.enabled(if: RidesServer.program != nil, "HOLDOVER_RIDES_SERVER names no program"))
struct Invalidation {
    @Test(arguments: Carrier.stacks)
    func whatIsInvalidatedIsFetchedAgain(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        var states = app.pricing.observeGetQuote(ride()).makeAsyncIterator()
        _ = await states.first { $0.snapshot?.isRefreshing == false }
        try await server.tell("change Harbour")
        try await app.session.invalidate(Pricing_V1_Tags.ride(rideID: "r-1"))
        #expect(await states.first { $0.snapshot?.value.destination == "Harbour" } != nil)

        let update = Pricing_V1_UpdateDestinationRequest.with { ($0.rideID, $0.destination) = ("r-1", "Museum") }
        #expect(try await app.pricing.updateDestination(update).value.destination == "Museum")
        #expect(await states.first { $0.snapshot?.value.destination == "Museum" } != nil)
        await app.runtime.shutdown()
    }
}
