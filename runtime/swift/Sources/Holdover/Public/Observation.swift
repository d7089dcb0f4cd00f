/// The states of one answer, for screens: `for await state in pricing.observeGetQuote(request) { … }`. It starts when it is
/// iterated, does not end on errors, and ends when the session or the runtime does. Ending the loop, or cancelling its task,
/// stops watching. Every loop watches by itself.
public struct Observation<Value: Sendable>: AsyncSequence, Sendable {
    public typealias Element = Observed<Value>
    public typealias Failure = Never

    private let start: @Sendable () -> Observer<Value>
    private let running = Guarded<[ObjectIdentifier: WeakObserver<Value>]>([:])

    init(start: @escaping @Sendable () -> Observer<Value>) {
        self.start = start
    }

    public func makeAsyncIterator() -> AsyncIterator {
        let observer = start()
        let running = running
        running.with { observers in
            observers = observers.filter { $0.value.observer != nil }
            observers[ObjectIdentifier(observer)] = WeakObserver(observer)
        }
        return AsyncIterator(observer: observer)
    }

    /// Pull to refresh: asks the network now, for every loop over this observation. Returns when that attempt has ended, and
    /// throws why it failed.
    public func refresh(isolation: isolated (any Actor)? = #isolation) async throws(HoldoverError) {
        let observer = running.with { $0.values.lazy.compactMap(\.observer).first } ?? start()
        // It must watch until the attempt has ended, whether or not somebody else watches.
        defer { withExtendedLifetime(observer) {} }
        try await observer.refresh()
    }

    /// The states, one after the other.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let observer: Observer<Value>

        public mutating func next() async -> Observed<Value>? {
            await observer.next()
        }

        @available(iOS 18, macOS 15, tvOS 18, watchOS 11, *)
        public mutating func next(isolation actor: isolated (any Actor)?) async -> Observed<Value>? {
            await observer.next()
        }
    }
}

extension Observation {
    /// Goes through these states and ends: what fakes return.
    public static func of(_ states: [Observed<Value>]) -> Observation {
        Observation {
            let rest = Guarded(states[...])
            return Observer(next: { rest.with { $0.popFirst() } })
        }
    }

    /// Goes through the states of a stream, which only one loop can.
    public static func of(_ states: AsyncStream<Observed<Value>>) -> Observation {
        Observation { Observer(next: { await states.first { _ in true } }) }
    }

    /// Is loading, and then what a call answers: what a fake shows that was told what to answer and not what to show.
    public static func answered(
        by answer: @escaping @Sendable () async throws -> Snapshot<Value>
    ) -> Observation {
        Observation {
            let step = Guarded(0)
            return Observer(next: {
                let now = step.with { (step: inout Int) -> Int in
                    step += 1
                    return step
                }
                switch now {
                case 1: return .loading
                case 2:
                    do {
                        return .value(try await answer())
                    } catch {
                        return .failed(.thrown(error))
                    }
                default: return nil
                }
            })
        }
    }
}

/// A running observer; stops when nobody has it any more.
final class Observer<Value: Sendable>: Sendable {
    let next: @Sendable () async -> Observed<Value>?
    let refresh: @Sendable () async throws(HoldoverError) -> Void
    private let cancel: @Sendable () -> Void

    init(
        next: @escaping @Sendable () async -> Observed<Value>?,
        refresh: @escaping @Sendable () async throws(HoldoverError) -> Void = { () async throws(HoldoverError) in },
        cancel: @escaping @Sendable () -> Void = {}
    ) {
        self.next = next
        self.refresh = refresh
        self.cancel = cancel
    }

    /// Says once why it could not be started.
    convenience init(failing error: HoldoverError) {
        let told = Guarded(false)
        self.init(
            next: {
                let first = told.with { (told: inout Bool) -> Bool in
                    defer { told = true }
                    return !told
                }
                return first ? .failed(error) : nil
            },
            refresh: { () async throws(HoldoverError) in throw error })
    }

    deinit {
        cancel()
    }
}

private final class WeakObserver<Value: Sendable>: Sendable {
    private let box: Guarded<() -> Observer<Value>?>

    init(_ observer: Observer<Value>) {
        box = Guarded({ [weak observer] in observer })
    }

    var observer: Observer<Value>? { box.with { $0() } }
}
