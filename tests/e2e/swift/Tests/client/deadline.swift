// Calls that take too long.

import Holdover
import Rides
import Testing

@Suite(.enabled(if: RidesServer.program != nil, "HOLDOVER_RIDES_SERVER names no program"))
struct Deadline {
    @Test(arguments: Carrier.stacks)
    func callsThatTakeTooLongTimeOut(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        try await server.tell("hold")
        let error = await failure { () throws(HoldoverError) in
            try await app.pricing.getQuote(ride(), options: CallOptions(timeout: .milliseconds(50)))
        }
        #expect(error?.kind == .timeout)
        await app.runtime.shutdown()
    }
}
