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

    /// Nothing that was running keeps a runtime that nobody has any more: calls, observers and streams let go of it.
    @Test(.timeLimit(.minutes(1)))
    func whatRunsDoesNotKeepARuntime() async throws {
        weak var freed: NativeRuntime?
        let (gone, going) = AsyncStream<Void>.makeStream()
        do {
            let (arrived, arrives) = AsyncStream<Void>.makeStream()
            let server = ScriptedServer { _ in
                arrives.yield()
                return .never
            }
            let last = Last(going)
            var configuration = Runtime.Configuration.scripted(server)
            configuration.onEvent = { _ in withExtendedLifetime(last) {} }
            let runtime = try Runtime(configuration)
            let client = BoundClient(runtime.session(account: .guest), policy: VectorsApi.policy)
            freed = runtime.native
            var states = client.observe(try method("Quote"), [10, 1, 65], CallOptions()).makeAsyncIterator()
            #expect(await states.next() == .loading)
            let feed = client.serverStream(try method("Feed"), [10, 1, 65], CallOptions())
            let plain = try method("Plain")
            let call = Task {
                await failure { () throws(HoldoverError) in
                    try await client.unary(plain, [10, 1, 65], CallOptions(), isolation: nil)
                }
            }
            for await _ in arrived { break }
            call.cancel()
            #expect(await call.value?.kind == .cancelled)
            let reading = Task { await failure { () throws(HoldoverError) in for try await _ in feed {} } }
            reading.cancel()
            #expect(await reading.value?.kind == .cancelled)
            #expect(freed != nil)
        }
        #expect(freed == nil)
        // The core lets go of the listener when its threads have ended.
        for await _ in gone {}
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

/// Says when it is gone.
private final class Last: Sendable {
    private let continuation: AsyncStream<Void>.Continuation

    init(_ continuation: AsyncStream<Void>.Continuation) {
        self.continuation = continuation
    }

    deinit {
        continuation.finish()
    }
}
