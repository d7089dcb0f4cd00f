import Testing

@testable import Holdover
@testable import HoldoverTesting

/// What `HoldoverTesting` has for tests of apps.
@Suite struct ScriptedServerTests {
    private let ride: [UInt8] = [10, 1, 7]

    private func client(of server: ScriptedServer) throws -> (Runtime, BoundClient) {
        let runtime = try Runtime(.scripted(server))
        return (runtime, BoundClient(runtime.session(account: .guest), policy: VectorsApi.policy))
    }

    /// The method's place in the policy.
    private func method(_ name: String) throws -> BoundMethod<[UInt8], [UInt8]> {
        let methods = try PolicyReader.read(VectorsApi.policy)
        return VectorsApi.method(try #require(methods.firstIndex { $0.name.hasSuffix("/\(name)") }))
    }

    @Test func aCallIsAnsweredOnceAndThenByMemory() async throws {
        let answer = ride
        let server = ScriptedServer { _ in .message(answer) }
        let runtime = try Runtime(.scripted(server))
        let session = runtime.session(account: .guest, metadata: ["x-test": "yes"])
        let client = BoundClient(session, policy: VectorsApi.policy)
        let options = CallOptions()
        let leg = try method("Leg")
        #expect(try await client.unary(leg, [10, 1, 65], options, isolation: nil).source == .network)
        let hit = try await client.unary(leg, [10, 1, 65], options, isolation: nil)
        #expect(hit.source == .cache && hit.value == ride)
        #expect(server.requests.count == 1)
        let request = try #require(server.requests.first)
        #expect(request.method.hasSuffix("/Leg") && request.message == [10, 1, 65] && request.headers["x-test"] == "yes")
        await runtime.shutdown()
    }

    @Test(arguments: [
        (ScriptedServer.Reply.refused(.notFound, "no such ride"), HoldoverError.Kind.rejected),
        (.portal, .intercepted), (.unreachable, .unreachable), (.never, .timeout),
    ])
    func whatGoesWrongIsTold(reply: ScriptedServer.Reply, kind: HoldoverError.Kind) async throws {
        let (runtime, client) = try client(of: ScriptedServer { _ in reply })
        let plain = try method("Plain")
        // Only what never comes takes this long.
        let options = CallOptions(timeout: reply == .never ? .milliseconds(50) : .seconds(60))
        let error = await failure { () throws(HoldoverError) in
            try await client.unary(plain, [10, 1, 65], options, isolation: nil)
        }
        #expect(error?.kind == kind)
        if case .refused(let code, let message) = reply {
            #expect(error?.status?.code == code && error?.status?.message == message)
        }
        await runtime.shutdown()
    }

    @Test func whatTheScriptThrowsIsAFailureOfTheServer() async throws {
        struct Confused: Error {}
        let (runtime, client) = try client(of: ScriptedServer { _ in throw Confused() })
        let plain = try method("Plain")
        let error = await failure { () throws(HoldoverError) in
            try await client.unary(plain, [10, 1, 65], CallOptions(), isolation: nil)
        }
        #expect(error?.status?.code == .internal)
        await runtime.shutdown()
    }

    @Test func aStreamHasItsMessagesAndItsEnd() async throws {
        let server = ScriptedServer { request in
            request.message == [10, 1, 65] ? .messages([[10, 1, 1], [10, 1, 2]]) : .refused(.notFound)
        }
        let (runtime, client) = try client(of: server)
        let feed = try method("Feed")
        var seen: [[UInt8]] = []
        for try await item in client.serverStream(feed, [10, 1, 65], CallOptions()) { seen.append(item.value) }
        #expect(seen == [[10, 1, 1], [10, 1, 2]])
        let error = await failure { () throws(HoldoverError) in
            for try await _ in client.serverStream(feed, [10, 1, 66], CallOptions()) {}
        }
        #expect(error?.status?.code == .notFound)
        await runtime.shutdown()
    }
}
