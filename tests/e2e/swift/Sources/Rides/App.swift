import Foundation
import Holdover

/// How calls get to the server.
package struct Carrier: Sendable, CustomStringConvertible {
    package var transport: Runtime.Transport
    package var wireProtocol: Endpoint.WireProtocol

    package init(_ transport: Runtime.Transport, _ wireProtocol: Endpoint.WireProtocol) {
        self.transport = transport
        self.wireProtocol = wireProtocol
    }

    package var description: String { "\(wireProtocol) by \(transport)" }

    /// The platform's stack and Holdover's own, in all protocols that they carry.
    package static let all = [
        Carrier(.urlSession, .connect), Carrier(.urlSession, .grpcWeb),
        Carrier(.rust, .connect), Carrier(.rust, .grpc), Carrier(.rust, .grpcWeb),
    ]
    /// One of each stack, for what does not depend on the protocol.
    package static let stacks = [all[0], all[3]]
}

/// An app of one account.
package struct App: Sendable {
    package let runtime: Runtime
    package let session: Session
    package let pricing: Pricing_V1_PricingClient

    package init(
        _ server: RidesServer, _ carrier: Carrier = Carrier.all[0], credentials: (any CredentialsProvider)? = nil,
        configure: (inout Runtime.Configuration) -> Void = { _ in }
    ) throws(HoldoverError) {
        try self.init(url: server.url, carrier, credentials: credentials, configure: configure)
    }

    package init(
        url: String, _ carrier: Carrier, credentials: (any CredentialsProvider)? = nil,
        configure: (inout Runtime.Configuration) -> Void = { _ in }
    ) throws(HoldoverError) {
        let endpoint = Endpoint("prod", url: url, protocol: carrier.wireProtocol, isPlainText: url.hasPrefix("http:"))
        var configuration = Runtime.Configuration(endpoints: [endpoint])
        configuration.transport = carrier.transport
        configure(&configuration)
        runtime = try Runtime(configuration)
        session = runtime.session(account: .user("u-17"), credentials: credentials)
        pricing = Pricing_V1_PricingClient(session)
    }
}

/// The quote of a ride.
package func ride(_ id: String = "r-1") -> Pricing_V1_GetQuoteRequest {
    .with { $0.rideID = id }
}

/// The price of a ride as it moves.
package func watched(_ id: String = "r-1") -> Pricing_V1_WatchRequest {
    .with { $0.rideID = id }
}

extension Observation.AsyncIterator {
    /// The first state that is wanted; `nil` if the observation ends before.
    package mutating func first(where wanted: (Observed<Value>) -> Bool) async -> Observed<Value>? {
        while let state = await next() {
            if wanted(state) { return state }
        }
        return nil
    }
}

/// What a call throws.
package func failure<Value>(of call: () async throws(HoldoverError) -> Value) async -> HoldoverError? {
    do throws(HoldoverError) {
        _ = try await call()
        return nil
    } catch {
        return error
    }
}

/// A value behind a lock.
package final class Locked<Value>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value

    package init(_ value: sending Value) {
        self.value = value
    }

    package func with<Result>(_ body: (inout Value) -> Result) -> Result {
        lock.withLock { body(&value) }
    }
}
