import Foundation
import Holdover

/// Carries exchanges to a scripted server, in Connect: <https://connectrpc.com/docs/protocol>.
final class ScriptedStack: HttpStack, @unchecked Sendable {
    private let server: ScriptedServer
    private let lock = NSLock()
    private var running: [UInt64: Task<Void, Never>] = [:]

    init(_ server: ScriptedServer) {
        self.server = server
    }

    func start(_ ask: HttpAsk, _ exchange: HttpExchange) {
        let server = server
        let task = Task { [weak self] in
            await Self.carry(ask, exchange, to: server)
            self?.forget(exchange.id)
        }
        lock.withLock { running[exchange.id] = task }
    }

    /// Everything is given at once: scripts are short.
    func pull(_ exchange: UInt64, _ bytes: UInt32) {}

    func cancel(_ exchange: UInt64) {
        lock.withLock { running.removeValue(forKey: exchange) }?.cancel()
    }

    func suspect() {}

    func close() {
        let tasks = lock.withLock {
            defer { running = [:] }
            return running.values.map { $0 }
        }
        for task in tasks { task.cancel() }
    }

    private func forget(_ exchange: UInt64) {
        _ = lock.withLock { running.removeValue(forKey: exchange) }
    }

    private static func carry(_ ask: HttpAsk, _ exchange: HttpExchange, to server: ScriptedServer) async {
        if ask.method == "HEAD" {
            // A probe: somebody is there.
            return respond(exchange, 200, "application/json", [])
        }
        let headers = Dictionary(ask.headers.map { ($0.name, $0.value) }) { $1 }
        let isStream = headers["content-type"]?.contains("connect+proto") == true
        let path = URL(string: ask.url)?.path ?? ""
        let request = ScriptedServer.Request(
            method: String(path.drop { $0 == "/" }),
            // A stream's message is in an envelope of five bytes.
            message: isStream ? Array(ask.body.dropFirst(5)) : ask.body, headers: headers)
        switch await server.reply(to: request) {
        case .message(let message) where !isStream: respond(exchange, 200, "application/proto", message)
        case .message(let message): respond(exchange, 200, streamed, envelope(message) + end(nil))
        case .messages(let messages): respond(exchange, 200, streamed, messages.flatMap { envelope($0) } + end(nil))
        case .refused(let code, let message):
            let error = ["code": code.connectName, "message": message]
            if isStream { return respond(exchange, 200, streamed, end(error)) }
            respond(exchange, code.httpStatus, "application/json", json(error))
        case .portal: respond(exchange, 200, "text/html", Array("<html>Sign in to the Wi-Fi</html>".utf8))
        case .unreachable:
            exchange.fail(HttpFailure(kind: .unreachable, unsent: true, message: "the script says so"))
        case .never: try? await Task.sleep(for: .seconds(7 * 24 * 3_600))
        }
    }

    private static let streamed = "application/connect+proto"

    private static func respond(_ exchange: HttpExchange, _ status: Int, _ type: String, _ body: [UInt8]) {
        guard exchange.head(HttpHead(status: status, headers: [("content-type", type)])) else { return }
        if body.isEmpty || exchange.chunk(body) { exchange.end() }
    }

    private static func envelope(_ message: [UInt8], flags: UInt8 = 0) -> [UInt8] {
        let length = UInt32(clamping: message.count)
        return [flags] + (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) } + message
    }

    private static func end(_ error: [String: String]?) -> [UInt8] {
        envelope(json(error.map { ["error": $0] } ?? [:]), flags: 2)
    }

    private static func json(_ object: [String: Any]) -> [UInt8] {
        // Of texts and objects, which JSON has.
        (try? JSONSerialization.data(withJSONObject: object)).map(Array.init) ?? Array("{}".utf8)
    }
}

extension HoldoverError.Code {
    /// `resource_exhausted`: <https://connectrpc.com/docs/protocol#error-codes>
    fileprivate var connectName: String {
        if self == .cancelled { return "canceled" }
        return "\(self)".reduce(into: "") { name, letter in
            if letter.isUppercase { name.append("_") }
            name.append(letter.lowercased())
        }
    }

    fileprivate var httpStatus: Int {
        switch self {
        case .cancelled: 499
        case .invalidArgument, .failedPrecondition, .outOfRange: 400
        case .unauthenticated: 401
        case .permissionDenied: 403
        case .notFound: 404
        case .alreadyExists, .aborted: 409
        case .resourceExhausted: 429
        case .unimplemented: 501
        case .unavailable: 503
        case .deadlineExceeded: 504
        case .unknown, .internal, .dataLoss: 500
        }
    }
}
