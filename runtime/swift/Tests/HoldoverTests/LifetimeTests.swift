import CHoldover
import Foundation
import Testing

@testable import Holdover

@Suite struct LifetimeTests {
    @Test(arguments: [
        Runtime.Configuration(endpoints: []),
        Runtime.Configuration(endpoints: [Endpoint("prod", url: "not a url")]),
        Runtime.Configuration(endpoints: [Endpoint("prod", url: "http://example.invalid")]),
    ])
    func wrongConfigurationsAreRefused(configuration: Runtime.Configuration) {
        do throws(HoldoverError) {
            _ = try Runtime(configuration)
            Issue.record("it was accepted")
        } catch {
            #expect(error.kind == .misuse && !error.message.isEmpty)
        }
    }

    @Test func wrongSessionsAndPoliciesAreToldByTheFirstCall() async throws {
        let runtime = try Runtime(.init(endpoints: [Endpoint("prod", url: "https://example.invalid")]))
        let nowhere = runtime.session(account: .guest, endpoint: "elsewhere")
        let error = await failure { () throws(HoldoverError) in
            try await BoundClient(nowhere, policy: VectorsApi.policy).prefetch(VectorsApi.method(0), [])
        }
        #expect(error?.kind == .misuse && error?.message.contains("elsewhere") == true)
        let client = BoundClient(nowhere, policy: VectorsApi.policy)
        var states = client.observe(VectorsApi.method(0), [], CallOptions()).makeAsyncIterator()
        #expect(await states.next() == .failed(try #require(error)))
        #expect(await states.next() == nil)

        let session = runtime.session(account: .guest)
        let damaged = await failure { () throws(HoldoverError) in
            try await BoundClient(session, policy: [1, 2, 3]).prefetch(VectorsApi.method(0), [])
        }
        #expect(damaged?.kind == .misuse)
        let unknown = await failure { () throws(HoldoverError) in
            try await BoundClient(session, policy: VectorsApi.policy).prefetch(VectorsApi.method(999), [])
        }
        #expect(unknown?.kind == .misuse)
        let bad = await failure { () throws(HoldoverError) in try session.setMetadata("not a name", "x") }
        #expect(bad?.kind == .misuse)
        await runtime.shutdown()
    }

    @Test func callsAfterTheEndAreMisuse() async throws {
        let runtime = try Runtime(.init(endpoints: [Endpoint("prod", url: "https://example.invalid")]))
        let client = BoundClient(runtime.session(account: .guest), policy: VectorsApi.policy)
        await runtime.shutdown()
        await runtime.shutdown()
        let error = await failure { () throws(HoldoverError) in try await client.prefetch(VectorsApi.method(0), []) }
        #expect(error?.kind == .misuse)
        #expect(client.cached(VectorsApi.method(0), []) == nil)
        runtime.setAppState(.background)
        runtime.memoryPressure()
        let pause = await failure { () throws(HoldoverError) in try await runtime.pause() }
        #expect(pause == nil || pause?.kind == .misuse)
    }

    /// Every token comes back exactly once: a sink that is released twice crashes, and one that is not stays.
    @Test func theCoreGivesBackEverySink() async throws {
        let count = 2_000
        let told = Guarded((lasts: 0, gone: 0))
        do {
            let native = try NativeRuntime(.init(endpoints: [Endpoint("prod", url: "https://example.invalid")]))
            let session = try NativeSession(native, .guest, nil, nil, Metadata())
            let methods = try native.register(VectorsApi.policy)
            let quote = try #require(methods.first?.id)
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<count {
                    group.addTask {
                        let op = native.newOperation()
                        let cancel = { native.cancel(op) }
                        if number % 5 == 0 { cancel() }
                        let cancelling = number % 2 == 0 ? Task { cancel() } : nil
                        try? native.launch(op, Counted(told)) { op, token, error in
                            let nothing = HoldoverBytes(ptr: nil, len: 0)
                            let form = UInt32(number % 3 == 0 ? HOLDOVER_GET : HOLDOVER_OBSERVE)
                            return holdover_start(session.handle, op, token, form, quote, nothing, nothing, error)
                        }
                        await cancelling?.value
                    }
                }
            }
            await native.shutDown()
        }
        #expect(told.with { $0.lasts } == count)
        #expect(told.with { $0.gone } == count)
    }

    /// What nobody has any more ends: the runtime, and whatever hears for it.
    @Test func aRuntimeThatNobodyHasIsFreed() throws {
        weak var host: NativeHost?
        weak var freed: NativeRuntime?
        do {
            let native = try NativeRuntime(.init(endpoints: [Endpoint("prod", url: "https://example.invalid")]))
            (host, freed) = (native.host, native)
            #expect(host != nil)
        }
        #expect(freed == nil)
        #expect(host == nil)
    }
}

/// Counts terminal events, and that it is gone.
private final class Counted: Sink, @unchecked Sendable {
    private let told: Guarded<(lasts: Int, gone: Int)>

    init(_ told: Guarded<(lasts: Int, gone: Int)>) {
        self.told = told
    }

    override func hear(_ event: HoldoverEvent) {
        if event.isLast { told.with { $0.lasts += 1 } }
    }

    deinit {
        told.with { $0.gone += 1 }
    }
}
