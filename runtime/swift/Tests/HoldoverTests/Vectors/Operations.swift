@testable import Holdover

/// An operation of an app: a task, and what else the app can do to it.
@available(macOS 15, iOS 18, tvOS 18, watchOS 11, *)
final class HostedOperation: Sendable {
    private struct State {
        var task: Task<Void, Never>?
        var isCancelled = false
        var observation: Observation<[UInt8]>?
        var send: (@Sendable ([UInt8]) async throws(HoldoverError) -> Void)?
        var close: (@Sendable () -> Void)?
    }

    let name: String
    private let heard: Guarded<[Report]>
    private let state = Guarded(State())

    init(_ name: String, _ heard: Guarded<[Report]>) {
        self.name = name
        self.heard = heard
    }

    func run(_ turns: TurnTaker, _ body: @escaping @Sendable (HostedOperation) async -> Void) {
        let task = Task(executorPreference: turns) { await body(self) }
        state.with { $0.task = task }
    }

    /// After it was cancelled, nothing of it is of interest.
    func report(_ report: (String) -> Report) {
        if state.with({ $0.isCancelled }) { return }
        heard.with { $0.append(report(name)) }
    }

    func cancel() {
        let (task, sides) = state.with { (state: inout State) -> (Task<Void, Never>?, Any) in
            state.isCancelled = true
            defer { (state.observation, state.send, state.close) = (nil, nil, nil) }
            return (state.task, (state.observation, state.send, state.close))
        }
        task?.cancel()
        _ = sides
    }

    // ---- Observers ----

    func watch(_ observation: Observation<[UInt8]>) async {
        state.with { $0.observation = observation }
        for await state in observation { report { .state($0, state) } }
    }

    func refresh() async throws(HoldoverError) {
        guard let observation = state.with({ $0.observation }) else { return }
        try await observation.refresh()
    }

    // ---- Streams ----

    /// Reads items for as long as the story lets the core deliver them: a reader who takes no more waits for the next one here.
    func read(_ items: Streaming<[UInt8]>) async {
        do throws(HoldoverError) {
            for try await item in items { report { .value($0, item) } }
            report { .ended($0) }
        } catch {
            report { .failed($0, error) }
        }
    }

    func sends(
        by send: @escaping @Sendable ([UInt8]) async throws(HoldoverError) -> Void, closes close: @escaping @Sendable () -> Void
    ) {
        state.with { ($0.send, $0.close) = (send, close) }
    }

    /// What comes of a stream that has ended, the loop over its items reports.
    func say(_ message: [UInt8]) async {
        guard let send = state.with({ $0.send }) else { return }
        try? await send(message)
    }

    func close() {
        state.with { $0.close }?()
    }
}

@available(macOS 15, iOS 18, tvOS 18, watchOS 11, *)
extension HostedProcess {
    /// Starts an operation, which goes on by itself.
    func start(_ action: String, _ parts: Parts) throws {
        let name = try parts.text("op")
        let operation = HostedOperation(name, heard)
        operations[name] = operation
        switch action {
        case "get":
            let (client, method, request, options) = try call(parts)
            answering(operation) { () throws(HoldoverError) in
                try await client.unary(method, request, options, isolation: nil)
            }
        case "cached":
            if let hit = try client(parts).cached(method(parts), try parts.bytes("request"), try parts.options()) {
                operation.report { .value($0, hit) }
            } else {
                operation.report { .done($0) }
            }
        case "observe":
            let (client, method, request, options) = try call(parts)
            let observation = client.observe(method, request, options)
            operation.run(turns) { await $0.watch(observation) }
        case "stream": try stream(operation, parts)
        case "prefetch":
            let (client, method, request, _) = try call(parts)
            ending(operation) { () throws(HoldoverError) in try await client.prefetch(method, request) }
        case "put":
            let (client, method) = (try client(parts), method(parts))
            let (request, value) = (try parts.bytes("request"), try parts.bytes("value"))
            ending(operation) { () throws(HoldoverError) in
                try await client.put(method, request, value) { $0 }
            }
        default: try command(action, operation, parts)
        }
    }

    private func command(_ action: String, _ operation: HostedOperation, _ parts: Parts) throws {
        let runtime = runtime
        switch action {
        case "refresh":
            let of = try parts.text("of")
            guard let observer = operations[of] else { throw Broken("there is no observer \(of)") }
            ending(operation) { () throws(HoldoverError) in try await observer.refresh() }
        case "invalidate":
            let (session, tag) = (try session(parts), try parts.tag())
            ending(operation) { () throws(HoldoverError) in try await session.invalidate(tag) }
        case "sign_out":
            let (session, outbox) = (try session(parts), parts.flag("hold") ? OutboxChoice.hold : .discard)
            ending(operation) { () throws(HoldoverError) in try await session.signOut(outbox: outbox) }
        case "erase":
            let account = parts.account
            ending(operation) { () throws(HoldoverError) in try await runtime.erase(account) }
        case "pause": ending(operation) { () throws(HoldoverError) in try await runtime.pause() }
        case "disable":
            let switches = try parts.switches()
            ending(operation) { () throws(HoldoverError) in try await runtime.disable(switches) }
        default: throw Broken("there is no action \(action)")
        }
    }

    private func stream(_ operation: HostedOperation, _ parts: Parts) throws {
        let (client, method, request, options) = try call(parts)
        switch try parts.text("kind") {
        case "SERVER_STREAM":
            let items = client.serverStream(method, request, options)
            operation.run(turns) { await $0.read(items) }
        case "CLIENT_STREAM":
            let stream: ClientStream<Bytes, Bytes> = client.clientStream(method, options)
            operation.sends(by: { (message) throws(HoldoverError) in try await stream.send(message) }, closes: stream.close)
            answering(operation) { () throws(HoldoverError) in try await stream.response() }
        default:
            let stream: BidiStream<Bytes, Bytes> = client.bidiStream(method, options)
            operation.sends(by: { (message) throws(HoldoverError) in try await stream.send(message) }, closes: stream.close)
            operation.run(turns) { await $0.read(stream.responses) }
        }
    }

    private func call(_ parts: Parts) throws -> (BoundClient, BoundMethod<Bytes, Bytes>, Bytes, CallOptions) {
        (try client(parts), method(parts), try parts.bytes("request"), try parts.options())
    }

    private func answering(
        _ operation: HostedOperation, _ call: @escaping @Sendable () async throws(HoldoverError) -> Snapshot<Bytes>
    ) {
        operation.run(turns) { operation in
            do throws(HoldoverError) {
                let answer = try await call()
                operation.report { .value($0, answer) }
            } catch {
                operation.report { .failed($0, error) }
            }
        }
    }

    private func ending(_ operation: HostedOperation, _ call: @escaping @Sendable () async throws(HoldoverError) -> Void) {
        operation.run(turns) { operation in
            do throws(HoldoverError) {
                try await call()
                operation.report { .done($0) }
            } catch {
                operation.report { .failed($0, error) }
            }
        }
    }
}
