import Foundation
import Testing

@testable import Holdover

/// Gives `Bearer token-<n>`, with a new number each time it is asked, and remembers what it was asked.
final class Tokens: CredentialsProvider {
    let asked = Guarded<[CredentialsRequest]>([])

    func credentials(for request: CredentialsRequest) async throws -> Credentials {
        let number = asked.with { asked in
            asked.append(request)
            return asked.count - 1
        }
        return .bearer("token-\(number)")
    }
}

/// A key of the platform, which is not much of one.
struct Mirrored: KeyProvider {
    let asked = Guarded<[String]>([])

    func wrap(_ key: [UInt8]) async throws(KeyError) -> [UInt8] {
        asked.with { $0.append("wrap") }
        return key.reversed() + [7]
    }

    func unwrap(_ wrapped: [UInt8]) async throws(KeyError) -> [UInt8] {
        asked.with { $0.append("unwrap") }
        guard wrapped.last == 7 else { throw .lost("this is no key of this device") }
        return wrapped.dropLast().reversed()
    }
}

@Suite(.enabled(if: RidesServer.program != nil, "HOLDOVER_RIDES_SERVER names no program"))
struct HookTests {
    @Test(arguments: Carrier.all)
    func refusedCredentialsAreRenewed(carrier: Carrier) async throws {
        let server = try RidesServer()
        let tokens = Tokens()
        let app = try App(server, carrier, credentials: tokens)
        try await server.tell("refuse UNAUTHENTICATED")
        #expect(try await app.pricing.getQuote(ride).value.destination == "Airport")
        #expect(try await server.tell("header 0 authorization") == "Bearer token-0")
        #expect(try await server.tell("header 1 authorization") == "Bearer token-1")
        let asked = tokens.asked.with { $0 }
        #expect(asked.map(\.rejected) == [nil, ["authorization": "Bearer token-0"]])
        #expect(asked.first?.account == .user("u-17") && asked.first?.endpoint == "prod")
        #expect(asked.first?.method == "/pricing.v1.Pricing/GetQuote")
        await app.runtime.shutdown()
    }

    @Test func whoIsNotSignedInIsToldSo() async throws {
        let server = try RidesServer()
        let app = try App(server, credentials: CredentialsClosure { _ in .signInRequired })
        let error = await failure { () throws(HoldoverError) in try await app.pricing.getQuote(ride) }
        #expect(error?.kind == .signInRequired)
        #expect(try await server.tell("calls") == "0")
        await app.runtime.shutdown()
    }

    @Test func aFailingProviderIsAFailureOfTheNetwork() async throws {
        struct Broken: Error {}
        let server = try RidesServer()
        let app = try App(server, credentials: CredentialsClosure { _ in throw Broken() })
        let error = await failure { () throws(HoldoverError) in
            try await app.pricing.getQuote(ride, options: CallOptions(timeout: .seconds(30)))
        }
        #expect(error?.kind == .unreachable)
        await app.runtime.shutdown()
    }

    @Test func credentialsAreNotPrinted() {
        let secret = Credentials.bearer("s3cret")
        #expect(!"\(secret) \(String(reflecting: secret))".contains("s3cret"))
        var dumped = ""
        dump(secret, to: &dumped)
        #expect(!dumped.contains("s3cret"))
    }

    @Test(arguments: [true, false])
    func answersOutliveTheRuntime(sealed: Bool) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try RidesServer()
        let keys = Mirrored()
        let configure = { (configuration: inout Runtime.Configuration) in
            configuration.storeDirectory = folder
            configuration.keyProvider = sealed ? keys : nil
        }
        let first = try App(server, configure: configure)
        _ = try await first.pricing.getQuote(ride)
        await first.runtime.shutdown()

        try await server.tell("stop")
        let second = try App(server, configure: configure)
        let quote = try await second.pricing.getQuote(ride)
        #expect(quote.source == .cache && quote.value.quoteID == "q-1 of r-1")
        #expect(keys.asked.with { $0 } == (sealed ? ["wrap", "unwrap"] : []))
        await second.runtime.shutdown()
    }

    @Test func listenersHearWhatIsDecided() async throws {
        let server = try RidesServer()
        let events = Guarded<[RuntimeEvent]>([])
        let qualities = Guarded<[Quality]>([])
        let app = try App(server) {
            $0.onEvent = { event in events.with { $0.append(event) } }
            $0.onQualityChange = { quality in qualities.with { $0.append(quality) } }
        }
        _ = try await app.pricing.getQuote(ride)
        _ = try await app.pricing.getQuote(ride)
        app.runtime.setQuality(.veryPoor)
        #expect(app.runtime.quality == .veryPoor)
        let stats = app.runtime.stats()
        #expect(stats.measures.count > 10)
        #expect(stats.measures.allSatisfy { !$0.name.isEmpty && !$0.description.isEmpty })
        await app.runtime.shutdown()
        let heard = events.with { $0 }
        #expect(heard.contains { $0.method == "pricing.v1.Pricing/GetQuote" })
        #expect(heard.allSatisfy { !$0.name.isEmpty })
        #expect(qualities.with { $0.last } == .veryPoor)
    }
}
