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
            try await Pricing_V1_PricingClient(nowhere).getQuote(ride)
        }
        #expect(error?.kind == .misuse && error?.message.contains("elsewhere") == true)
        var states = Pricing_V1_PricingClient(nowhere).observeGetQuote(ride).makeAsyncIterator()
        #expect(await states.next() == .failed(try #require(error)))
        #expect(await states.next() == nil)

        let session = runtime.session(account: .guest)
        let damaged = await failure { () throws(HoldoverError) in
            try await BoundClient(session, policy: [1, 2, 3]).prefetch(method, ride)
        }
        #expect(damaged?.kind == .misuse)
        let unknown = await failure { () throws(HoldoverError) in
            try await BoundClient(session, policy: Pricing_V1_PricingClient.policy).prefetch(method, ride)
        }
        #expect(unknown?.kind == .misuse)
        let bad = await failure { () throws(HoldoverError) in try session.setMetadata("not a name", "x") }
        #expect(bad?.kind == .misuse)
        await runtime.shutdown()
    }

    /// One that the policy does not have.
    private var method: BoundMethod<Pricing_V1_GetQuoteRequest, Pricing_V1_Quote> {
        BoundMethod(99, encode: { try $0.serializedBytes() }, decode: { try Pricing_V1_Quote(serializedBytes: $0) })
    }

    @Test func callsAfterTheEndAreMisuse() async throws {
        let runtime = try Runtime(.init(endpoints: [Endpoint("prod", url: "https://example.invalid")]))
        let pricing = Pricing_V1_PricingClient(runtime.session(account: .guest))
        await runtime.shutdown()
        await runtime.shutdown()
        let error = await failure { () throws(HoldoverError) in try await pricing.getQuote(ride) }
        #expect(error?.kind == .misuse)
        #expect(pricing.cachedGetQuote(ride) == nil)
        runtime.setAppState(.background)
        runtime.memoryPressure()
        let pause = await failure { () throws(HoldoverError) in try await runtime.pause() }
        #expect(pause == nil || pause?.kind == .misuse)
    }

    @Test(.enabled(if: RidesServer.program != nil, "HOLDOVER_RIDES_SERVER names no program"), arguments: Carrier.stacks)
    func theEndOfARuntimeEndsItsCalls(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        try await server.tell("hold")
        let call = Task { await failure { () throws(HoldoverError) in try await app.pricing.getQuote(ride) } }
        try await server.tell("arrived 1")
        let watched = Task {
            var last: Observed<Pricing_V1_Quote>?
            for await state in app.pricing.observeGetQuote(ride) { last = state }
            return last
        }
        await app.runtime.shutdown()
        #expect(await call.value?.kind == .misuse)
        guard case .failed(let error)? = await watched.value else {
            Issue.record("the observer has not failed")
            return
        }
        #expect(error.kind == .misuse)
    }

    @Test(.enabled(if: RidesServer.program != nil, "HOLDOVER_RIDES_SERVER names no program"), arguments: Carrier.stacks)
    func theAppsLifeIsToldToTheCore(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        _ = try await app.pricing.getQuote(ride)
        app.runtime.memoryPressure()
        app.runtime.setPlatform(Platform(reachability: .unreachable))
        let offline = await failure { () throws(HoldoverError) in
            try await app.pricing.getQuote(.init(rideID: "r-2"), options: CallOptions(timeout: .seconds(10)))
        }
        #expect(offline?.kind == .offline)
        app.runtime.setPlatform(Platform(reachability: .reachable, interface: .wifi, path: 2))
        try await app.runtime.pause()
        app.runtime.resume()
        app.runtime.setAppState(.background)
        app.runtime.setAppState(.foreground)
        app.runtime.setSavesData(true)
        app.runtime.setEstimate(Estimate(requestTime: .milliseconds(20), downlinkKbps: 10_000))
        app.runtime.setEstimate(nil)
        #expect(try await app.pricing.getQuote(.init(rideID: "r-2")).source == .network)
        try await app.runtime.disable([Switch(.cache)])
        #expect(try await app.pricing.getQuote(.init(rideID: "r-2")).source == .network)
        try await app.runtime.erase(.user("somebody else"))
        await app.runtime.shutdown()
    }

    /// Every token comes back exactly once: a sink that is released twice crashes, and one that is not stays.
    @Test func theCoreGivesBackEverySink() async throws {
        let count = 2_000
        let told = Guarded((lasts: 0, gone: 0))
        do {
            let native = try NativeRuntime(.init(endpoints: [Endpoint("prod", url: "https://example.invalid")]))
            let session = try NativeSession(native, .guest, nil, nil, Metadata())
            let methods = try native.register(Pricing_V1_PricingClient.policy)
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
