import CHoldover

/// A runtime of the core. It is freed with the last reference; calls, sessions and clients have one.
final class NativeRuntime: Sendable {
    /// Starts an operation by its id and token: what a function of the core returns, and why in the buffer.
    typealias Start = @Sendable (UInt64, UInt64, UnsafeMutablePointer<HoldoverBuffer>) -> Int32

    let handle: UInt64
    let host: NativeHost

    init(_ configuration: Runtime.Configuration) throws(HoldoverError) {
        let version = holdover_abi_version()
        guard version == UInt32(HOLDOVER_ABI_VERSION) else {
            throw HoldoverError(
                .misuse,
                "the library is of version \(version), and the package of \(HOLDOVER_ABI_VERSION): link the library "
                    + "that the package came with")
        }
        let host = NativeHost(configuration)
        let context = Unmanaged.passRetained(host)
        var functions = HoldoverHost(
            context: context.toOpaque(),
            on_event: { context, event in
                guard let context, let event else { return }
                NativeHost.hear(context, event.pointee)
            },
            release: { context in
                guard let context else { return }
                NativeHost.release(context)
            })
        var error = HoldoverBuffer()
        handle = configuration.encoded().lent { holdover_runtime_new($0, &functions, &error) }
        self.host = host
        guard handle != 0 else {
            context.release()
            host.close()
            throw HoldoverError(code: HOLDOVER_MISUSE, error.taken()[...])
        }
        host.opened(handle)
    }

    deinit {
        holdover_runtime_free(handle)
    }

    // ---- Operations ----

    func newOperation() -> UInt64 {
        holdover_op_new(handle)
    }

    /// Starts an operation. It throws where the core does not take it on; otherwise the sink hears of its end.
    func launch(_ op: UInt64, _ sink: Sink, _ start: Start) throws(HoldoverError) {
        var error = HoldoverBuffer()
        let code = start(op, sink.token(), &error)
        if code == HOLDOVER_OK { return }
        sink.takeBack()
        throw HoldoverError(code: code, error.taken()[...])
    }

    /// Carries out an operation that ends by itself. Cancelling the task cancels it.
    func run<Value: Sendable>(
        _ read: @escaping @Sendable (HoldoverEvent) -> Result<Value, HoldoverError>, _ start: @escaping Start
    ) async throws(HoldoverError) -> Value {
        let op = newOperation()
        let sink = EndSink(read)
        let end: Result<Value, HoldoverError> = await withTaskCancellationHandler {
            do throws(HoldoverError) {
                try launch(op, sink, start)
            } catch {
                return .failure(error)
            }
            return await sink.end()
        } onCancel: {
            cancel(op)
        }
        return try end.get()
    }

    /// As ``run(_:_:)``, of an operation that only ends.
    func run(_ start: @escaping Start) async throws(HoldoverError) {
        try await run({ $0.failure.map(Result.failure) ?? .success(()) }, start)
    }

    func cancel(_ op: UInt64) {
        holdover_cancel(handle, op)
    }

    func credit(_ op: UInt64, _ items: UInt32) {
        holdover_credit(handle, op, items)
    }

    func send(_ op: UInt64, _ message: [UInt8]) {
        _ = message.lent { holdover_send(handle, op, $0) }
    }

    func halfClose(_ op: UInt64) {
        holdover_half_close(handle, op)
    }

    // ---- Commands and facts ----

    func command(_ command: Command) async throws(HoldoverError) {
        let encoded = command.encoded()
        let handle = handle
        try await run { op, token, error in encoded.lent { holdover_command(handle, op, token, $0, error) } }
    }

    /// Returns when the store is closed. Whoever comes later finds that there is nothing to end.
    func shutDown() async {
        try? await command(.shutdown)
        host.close()
    }

    /// Tells a fact. A runtime that has ended needs none.
    func hint(_ hint: Hint) {
        try? tell(hint)
    }

    func tell(_ hint: Hint) throws(HoldoverError) {
        var error = HoldoverBuffer()
        let code = hint.encoded().lent { holdover_hint(handle, $0, &error) }
        if code != HOLDOVER_OK { throw HoldoverError(code: code, error.taken()[...]) }
    }

    func stats() -> Stats {
        var stats = HoldoverBuffer()
        guard holdover_stats(handle, &stats) == HOLDOVER_OK, let read = try? Stats(stats.taken()[...]) else {
            return Stats(quality: .unspecified, measures: [])
        }
        return read
    }

    /// Registers a policy; the same one gives the same methods.
    func register(_ policy: [UInt8]) throws(HoldoverError) -> [RegisteredMethod] {
        var registered = HoldoverBuffer()
        var error = HoldoverBuffer()
        let code = policy.lent { holdover_policy_register(handle, $0, &registered, &error) }
        if code != HOLDOVER_OK { throw HoldoverError(code: code, error.taken()[...]) }
        do {
            return try RegisteredMethod.all(registered.taken()[...])
        } catch {
            throw HoldoverError(.bug, "what the core says of a policy cannot be read; please report it")
        }
    }
}
