import CHoldover

/// Whoever waits for an operation. The core holds a reference from the start to the terminal event, as the operation's
/// token.
class Sink: @unchecked Sendable {
    /// Hears an event of the operation, on any thread; one after the other, and in order. The core's lock is free.
    func hear(_ event: HoldoverEvent) {}

    /// A reference that the core holds.
    final func token() -> UInt64 {
        UInt64(UInt(bitPattern: Unmanaged.passRetained(self).toOpaque()))
    }

    /// Takes back what ``token()`` gave, where the core did not want it.
    final func takeBack() {
        Unmanaged.passUnretained(self).release()
    }

    /// Hands an event to the operation that it is about. With the last one the core's reference comes back.
    static func tell(_ event: HoldoverEvent) {
        guard let pointer = UnsafeRawPointer(bitPattern: UInt(event.token)) else { return }
        let token = Unmanaged<Sink>.fromOpaque(pointer)
        let sink = event.isLast ? token.takeRetainedValue() : token.takeUnretainedValue()
        sink.hear(event)
    }
}

/// Waits for the end of an operation.
final class EndSink<Value: Sendable>: Sink, @unchecked Sendable {
    private enum State {
        case running
        case awaited(CheckedContinuation<Value, Never>)
        case ended(Value)
    }

    private let state = Guarded<State>(.running)
    private let read: @Sendable (HoldoverEvent) -> Value

    /// Reads the terminal event while its bytes are there.
    init(_ read: @escaping @Sendable (HoldoverEvent) -> Value) {
        self.read = read
    }

    override func hear(_ event: HoldoverEvent) {
        guard event.isLast else { return }
        let value = read(event)
        let waiting = state.with { state -> CheckedContinuation<Value, Never>? in
            if case .awaited(let continuation) = state { return continuation }
            state = .ended(value)
            return nil
        }
        waiting?.resume(returning: value)
    }

    /// What the operation ended with. To be awaited once.
    func end() async -> Value {
        await withCheckedContinuation { continuation in
            let ended = state.with { state -> Value? in
                if case .ended(let value) = state { return value }
                state = .awaited(continuation)
                return nil
            }
            if let ended { continuation.resume(returning: ended) }
        }
    }
}
