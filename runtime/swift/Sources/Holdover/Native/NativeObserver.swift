import CHoldover

/// A running observer. Of its states only the newest waits to be read (rule B3).
final class NativeObserver: ObserverCore {
    private let runtime: NativeRuntime
    private let op: UInt64
    private let sink = StateSink()

    init(_ runtime: NativeRuntime, _ start: NativeRuntime.Start) throws(HoldoverError) {
        self.runtime = runtime
        op = runtime.newOperation()
        try runtime.launch(op, sink, start)
    }

    func next() async -> RawObserved? {
        await withTaskCancellationHandler {
            await sink.states.next()
        } onCancel: {
            cancel()
        }
    }

    func refresh() async throws(HoldoverError) {
        try await runtime.command(.refresh(observer: op))
    }

    func cancel() {
        runtime.cancel(op)
    }
}

private final class StateSink: Sink, @unchecked Sendable {
    let states = Guarded(Mailbox<RawObserved>())

    override func hear(_ event: HoldoverEvent) {
        if let state = event.observed {
            states.with { $0.replace(by: state) }?.resume(returning: state)
        } else {
            // Cancelled: what was not read is not wanted.
            states.with { $0.forget() }
        }
        guard event.isLast else { return }
        for waiter in states.with({ $0.end() }) { waiter.resume(returning: nil) }
    }
}

extension HoldoverEvent {
    fileprivate var observed: RawObserved? {
        guard isKind(HOLDOVER_EVENT_STATE) else { return nil }
        switch Int32(bitPattern: count) {
        case HOLDOVER_STATE_LOADING: return .loading
        case HOLDOVER_STATE_VALUE:
            switch answer {
            case .success(let snapshot): return .value(snapshot)
            case .failure(let error): return .failed(error)
            }
        default: return .failed(HoldoverError(code: code, bytes.copied[...]))
        }
    }
}
