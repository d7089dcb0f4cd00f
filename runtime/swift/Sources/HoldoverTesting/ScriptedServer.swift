import Foundation
@_exported import Holdover

/// A server in the test's own process: answers as the test says what a runtime asks, without a socket. Everything else of the
/// runtime is as in production: its cache, its retries, its streams.
///
///     let server = ScriptedServer { request in
///         guard request.method == "pricing.v1.Pricing/GetQuote" else { return .refused(.unimplemented) }
///         return .message(try Pricing_V1_Quote.with { $0.quoteID = "q-1" }.serializedBytes())
///     }
///     let runtime = try Runtime(.scripted(server))
///     let pricing = Pricing_V1_PricingClient(runtime.session(account: .guest))
///
/// Tests of view models are simpler with the generated fakes. This is for tests of what the runtime makes of a network.
public final class ScriptedServer: Sendable {
    /// A call that has arrived.
    public struct Request: Sendable, Hashable {
        /// `pricing.v1.Pricing/GetQuote`
        public let method: String
        /// The encoded message.
        public let message: [UInt8]
        /// What came with it: metadata, and headers of the protocol. Names are lower-case.
        public let headers: [String: String]
    }

    /// What becomes of a call.
    public enum Reply: Sendable, Hashable {
        /// A unary call is answered by this encoded message.
        case message([UInt8])
        /// A stream has these encoded messages, and ends well.
        case messages([[UInt8]])
        /// The server refuses.
        case refused(HoldoverError.Code, String = "")
        /// Somebody else's page is at the server's address: a captive portal.
        case portal
        /// There is no way to the server.
        case unreachable
        /// Nothing comes until the call is given up.
        case never
    }

    private let answer: @Sendable (Request) async throws -> Reply
    private let arrived = Arrived()

    /// Asks the closure about every call. What it throws is a failure of the server: INTERNAL.
    public init(_ answer: @escaping @Sendable (Request) async throws -> Reply) {
        self.answer = answer
    }

    /// The calls that have arrived so far, in order. Probes are not among them.
    public var requests: [Request] { arrived.all }

    func reply(to request: Request) async -> Reply {
        arrived.add(request)
        do {
            return try await answer(request)
        } catch {
            return .refused(.internal, String(describing: error))
        }
    }
}

extension Runtime.Configuration {
    /// Of a runtime whose calls go to a scripted server, and that keeps everything in memory unless it is told otherwise. The
    /// endpoint is called `scripted`.
    public static func scripted(_ server: ScriptedServer, storeDirectory: URL? = nil) -> Runtime.Configuration {
        let endpoint = Endpoint("scripted", url: "http://scripted.invalid", isPlainText: true)
        var configuration = Runtime.Configuration(endpoints: [endpoint], storeDirectory: storeDirectory)
        configuration.transport = .urlSession
        configuration.observesPlatform = false
        configuration.httpStack = { ScriptedStack(server) }
        return configuration
    }
}

/// What has arrived, behind a lock.
private final class Arrived: @unchecked Sendable {
    private let lock = NSLock()
    private var requests: [ScriptedServer.Request] = []

    var all: [ScriptedServer.Request] { lock.withLock { requests } }

    func add(_ request: ScriptedServer.Request) {
        lock.withLock { requests.append(request) }
    }
}
