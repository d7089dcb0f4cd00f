import Foundation

@testable import Holdover

/// The ride-pricing service in a process of its own: `tests/e2e/src/bin/rides.rs` says what it can be told.
final class RidesServer: @unchecked Sendable {
    /// The program, by the environment: `cargo xtask test` builds it.
    static let program = ProcessInfo.processInfo.environment["HOLDOVER_RIDES_SERVER"]

    let url: String
    private let process = Process()
    private let commands = Pipe()
    private let answers = Pipe()
    private let queue = DispatchQueue(label: "rides")
    private var unread = Data()

    struct Gone: Error {}

    init(gzip: Bool = false) throws {
        guard let program = Self.program else { throw Gone() }
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = gzip ? ["gzip"] : []
        process.standardInput = commands
        process.standardOutput = answers
        try process.run()
        var first = Data()
        url = try Self.line(answers.fileHandleForReading, &first)
        unread = first
    }

    deinit {
        // The end of its input ends it.
        try? commands.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// Tells it a command, and waits for the answer on a thread that may wait.
    @discardableResult
    func tell(_ command: String) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { [self] in
                continuation.resume(
                    with: Result {
                        try commands.fileHandleForWriting.write(contentsOf: Data("\(command)\n".utf8))
                        return try Self.line(answers.fileHandleForReading, &unread)
                    })
            }
        }
    }

    private static func line(_ file: FileHandle, _ unread: inout Data) throws -> String {
        while true {
            if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: unread[..<end], as: UTF8.self)
                unread = Data(unread[unread.index(after: end)...])
                return line
            }
            let more = file.availableData
            if more.isEmpty { throw Gone() }
            unread += more
        }
    }
}

/// How calls get to the server.
struct Carrier: Sendable, CustomStringConvertible {
    var transport: Runtime.Transport
    var wireProtocol: Endpoint.WireProtocol

    var description: String { "\(wireProtocol) by \(transport)" }

    static let all = [
        Carrier(transport: .rust, wireProtocol: .connect), Carrier(transport: .rust, wireProtocol: .grpc),
        Carrier(transport: .rust, wireProtocol: .grpcWeb), Carrier(transport: .urlSession, wireProtocol: .connect),
        Carrier(transport: .urlSession, wireProtocol: .grpcWeb),
    ]
    /// One of each stack, for what does not depend on the protocol.
    static let stacks = [all[1], all[3]]
}

/// An app of one account.
struct App: Sendable {
    let runtime: Runtime
    let session: Session
    let pricing: Pricing_V1_PricingClient

    init(
        _ server: RidesServer, _ carrier: Carrier = Carrier.all[0], credentials: (any CredentialsProvider)? = nil,
        configure: (inout Runtime.Configuration) -> Void = { _ in }
    ) throws {
        let endpoint = Endpoint("prod", url: server.url, protocol: carrier.wireProtocol, isPlainText: true)
        var configuration = Runtime.Configuration(endpoints: [endpoint])
        configuration.transport = carrier.transport
        configure(&configuration)
        runtime = try Runtime(configuration)
        session = runtime.session(account: .user("u-17"), credentials: credentials)
        pricing = Pricing_V1_PricingClient(session)
    }
}

let ride = Pricing_V1_GetQuoteRequest(rideID: "r-1")

extension Observation.AsyncIterator {
    /// The first state that is wanted; `nil` if the observation ends before.
    mutating func first(where wanted: (Observed<Value>) -> Bool) async -> Observed<Value>? {
        while let state = await next() {
            if wanted(state) { return state }
        }
        return nil
    }
}

/// What a call throws.
func failure<Value>(of call: () async throws(HoldoverError) -> Value) async -> HoldoverError? {
    do throws(HoldoverError) {
        _ = try await call()
        return nil
    } catch {
        return error
    }
}
