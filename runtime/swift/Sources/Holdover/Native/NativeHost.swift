import CHoldover

/// What the core tells and asks of the app's side. The core has a reference to it until it has said its last word; it has
/// none to the runtime but a number.
final class NativeHost: Sendable {
    private let runtime = Guarded<UInt64>(0)
    private let credentials = Guarded<[UInt64: any CredentialsProvider]>([:])
    private let keys: (any KeyProvider)?
    private let onEvent: (@Sendable (RuntimeEvent) -> Void)?
    private let onQualityChange: (@Sendable (Quality) -> Void)?
    private let http: (any HttpStack)?

    init(_ configuration: Runtime.Configuration) {
        keys = configuration.keyProvider
        onEvent = configuration.onEvent
        onQualityChange = configuration.onQualityChange
        http = configuration.transport == .urlSession ? configuration.httpStack?() ?? UrlSessionStack() : nil
    }

    /// The runtime has this handle. Nothing is asked before it is used.
    func opened(_ handle: UInt64) {
        runtime.with { $0 = handle }
    }

    /// Calls of this session ask this provider.
    func asks(_ provider: any CredentialsProvider, for session: UInt64) {
        credentials.with { $0[session] = provider }
    }

    /// The session is closed.
    func forget(_ session: UInt64) {
        // The provider may be the last owner of who knows what, which must not end under the lock.
        _ = credentials.with { $0.removeValue(forKey: session) }
    }

    /// Nothing is sent any more.
    func close() {
        http?.close()
    }

    static func hear(_ context: UnsafeMutableRawPointer, _ event: HoldoverEvent) {
        if event.token != 0 { return Sink.tell(event) }
        Unmanaged<NativeHost>.fromOpaque(context).takeUnretainedValue().hear(event)
    }

    static func release(_ context: UnsafeMutableRawPointer) {
        Unmanaged<NativeHost>.fromOpaque(context).takeRetainedValue().close()
    }

    private func hear(_ event: HoldoverEvent) {
        switch Int32(bitPattern: event.kind) {
        case HOLDOVER_EVENT_ASK_CREDENTIALS: answerCredentials(event.op, event.bytes.copied)
        case HOLDOVER_EVENT_ASK_KEY: answerKey(event.op, event.bytes.copied)
        case HOLDOVER_EVENT_DECISION:
            if let onEvent, let decision = try? RuntimeEvent(event.bytes.copied[...]) { onEvent(decision) }
        case HOLDOVER_EVENT_QUALITY: onQualityChange?(Quality(wire: UInt64(event.count)))
        case HOLDOVER_EVENT_HTTP_REQUEST:
            let exchange = HttpExchange(runtime: runtime.with { $0 }, id: event.op)
            guard let http, let ask = try? HttpAsk(event.bytes.copied[...]) else {
                exchange.fail(HttpFailure(kind: .unsupported, unsent: true, message: "the request cannot be read"))
                return
            }
            http.start(ask, exchange)
        case HOLDOVER_EVENT_HTTP_PULL: http?.pull(event.op, event.count)
        case HOLDOVER_EVENT_HTTP_CANCEL: http?.cancel(event.op)
        case HOLDOVER_EVENT_HTTP_SUSPECT: http?.suspect()
        default: break
        }
    }

    private func answerCredentials(_ request: UInt64, _ bytes: [UInt8]) {
        guard let ask = try? CredentialsAsk(bytes[...]), let provider = credentials.with({ $0[ask.session] }) else {
            return reply(request, HOLDOVER_REPLY_CREDENTIALS, CredentialsReply.failed("the session was closed").encoded())
        }
        Task {
            let answer: CredentialsReply
            do {
                answer = .answer(try await provider.credentials(for: ask.request))
            } catch {
                answer = .failed(String(describing: error))
            }
            reply(request, HOLDOVER_REPLY_CREDENTIALS, answer.encoded())
        }
    }

    private func answerKey(_ request: UInt64, _ bytes: [UInt8]) {
        guard let keys, let ask = try? KeyAsk(bytes[...]) else {
            let none = KeyReply.failed(.unavailable("there is no key provider"))
            return reply(request, HOLDOVER_REPLY_KEY, none.encoded())
        }
        Task {
            let answer: KeyReply
            do throws(KeyError) {
                switch ask {
                case .wrap(let key): answer = .key(try await keys.wrap(key))
                case .unwrap(let wrapped): answer = .key(try await keys.unwrap(wrapped))
                }
            } catch {
                answer = .failed(error)
            }
            reply(request, HOLDOVER_REPLY_KEY, answer.encoded())
        }
    }

    /// Answers. Where nobody waits any more, the answer is lost, which is no mistake.
    private func reply(_ request: UInt64, _ kind: Int32, _ bytes: [UInt8]) {
        _ = bytes.lent { holdover_reply(runtime.with { $0 }, request, UInt32(kind), $0, nil) }
    }
}
