// What servers refuse.

import Holdover
import Rides
import Testing

@Suite(.enabled(if: RidesServer.program != nil, "HOLDOVER_RIDES_SERVER names no program"))
struct Statuses {
    @Test(arguments: Carrier.all)
    func whatTheServerRefusesIsAnErrorWithItsStatus(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        try await server.tell("refuse NOT_FOUND")
        let error = await failure { () throws(HoldoverError) in try await app.pricing.getQuote(ride()) }
        #expect(error?.kind == .rejected)
        #expect(error?.status?.code == .notFound)
        #expect(error?.status?.message == "as the test says")
        await app.runtime.shutdown()
    }
}
