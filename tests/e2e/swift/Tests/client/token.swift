// Credentials that expire (rules A3, A4).

import Holdover
import Rides
import Testing

/// Gives `Bearer token-<n>`, with a new number each time it is asked, and remembers what it was asked.
final class Tokens: CredentialsProvider {
    let asked = Locked<[CredentialsRequest]>([])

    func credentials(for request: CredentialsRequest) async throws -> Credentials {
        let number = asked.with { asked in
            asked.append(request)
            return asked.count - 1
        }
        return .bearer("token-\(number)")
    }
}

@Suite(.enabled(if: RidesServer.program != nil, "HOLDOVER_RIDES_SERVER names no program"))
struct Token {
    @Test(arguments: Carrier.all)
    func aRefusedTokenIsRenewedOnceAndTheCallRepeatedOnce(carrier: Carrier) async throws {
        let server = try RidesServer()
        let tokens = Tokens()
        let app = try App(server, carrier, credentials: tokens)
        try await server.tell("refuse UNAUTHENTICATED")
        #expect(try await app.pricing.getQuote(ride()).value.destination == "Airport")
        #expect(try await server.tell("header 0 authorization") == "Bearer token-0")
        #expect(try await server.tell("header 1 authorization") == "Bearer token-1")
        let asked = tokens.asked.with { $0 }
        #expect(asked.map(\.rejected) == [nil, ["authorization": "Bearer token-0"]])
        #expect(asked.first?.account == .user("u-17") && asked.first?.endpoint == "prod")
        #expect(asked.first?.method == "/pricing.v1.Pricing/GetQuote")
        await app.runtime.shutdown()
    }

    @Test(arguments: Carrier.stacks)
    func aSecondRefusalAsksTheUserToSignIn(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier, credentials: Tokens())
        try await server.tell("refuse UNAUTHENTICATED")
        try await server.tell("refuse UNAUTHENTICATED")
        let error = await failure { () throws(HoldoverError) in try await app.pricing.getQuote(ride()) }
        #expect(error?.kind == .signInRequired)
        app.session.credentialsChanged()
        #expect(try await app.pricing.getQuote(ride()).source == .network)
        await app.runtime.shutdown()
    }

    @Test func whoIsNotSignedInIsToldSo() async throws {
        let server = try RidesServer()
        let app = try App(server, credentials: CredentialsClosure { _ in .signInRequired })
        let error = await failure { () throws(HoldoverError) in try await app.pricing.getQuote(ride()) }
        #expect(error?.kind == .signInRequired)
        #expect(try await server.tell("calls") == "0")
        await app.runtime.shutdown()
    }

    /// Rule A4: a hook that throws is a transport failure; nobody is signed out.
    @Test func aHookThatFailsIsAFailureOfTheNetwork() async throws {
        struct Broken: Error {}
        let server = try RidesServer()
        let app = try App(server, credentials: CredentialsClosure { _ in throw Broken() })
        let error = await failure { () throws(HoldoverError) in
            try await app.pricing.getQuote(ride(), options: CallOptions(timeout: .seconds(30)))
        }
        #expect(error?.kind == .unreachable)
        await app.runtime.shutdown()
    }
}
