import CHoldover

/// A running stream of any kind.
final class NativeStream: StreamCore {
    private let runtime: NativeRuntime
    private let op: UInt64
    private let sink: ItemSink
    /// Messages that were taken since the core was asked for more. It is asked for several at once, before none are left.
    private let taken = Guarded<UInt32>(0)
    private let batch: UInt32

    /// How many messages may wait here. What waits here cannot be skipped any more, so few do where readers may skip to the
    /// newest.
    private static func window(_ method: RegisteredMethod) -> UInt32 { method.replays ? 2 : 16 }

    init(_ runtime: NativeRuntime, _ method: RegisteredMethod, _ start: NativeRuntime.Start) throws(HoldoverError) {
        self.runtime = runtime
        op = runtime.newOperation()
        sink = ItemSink()
        batch = Self.window(method) / 2
        try runtime.launch(op, sink, start)
        runtime.credit(op, Self.window(method))
    }

    func next() async throws(HoldoverError) -> RawSnapshot? {
        let item = await withTaskCancellationHandler {
            await sink.items.next()
        } onCancel: {
            cancel()
        }
        guard let item else { return nil }
        let snapshot = try item.get()
        let more = taken.with { (taken: inout UInt32) -> UInt32 in
            taken += 1
            if taken < batch { return 0 }
            defer { taken = 0 }
            return taken
        }
        if more > 0 { runtime.credit(op, more) }
        return snapshot
    }

    func send(_ message: [UInt8]) async throws(HoldoverError) {
        let turn = sink.turn()
        let allowed = await withTaskCancellationHandler {
            await sink.allowed(turn)
        } onCancel: {
            sink.giveUp(turn)
        }
        try allowed.get()
        runtime.send(op, message)
    }

    func close() {
        if sink.closeSequence() { runtime.halfClose(op) }
    }

    func cancel() {
        runtime.cancel(op)
    }
}

/// Hears of a stream.
private final class ItemSink: Sink, @unchecked Sendable {
    typealias Allowed = Result<Void, HoldoverError>

    /// The client's side.
    private struct Sending {
        /// How many more messages may be sent.
        var credits: UInt32 = 0
        var turns = 0
        /// Turns that were given up before they waited.
        var givenUp: Set<Int> = []
        /// In order.
        var waiting: [(turn: Int, continuation: CheckedContinuation<Allowed, Never>)] = []
        /// Why nothing can be sent any more.
        var over: HoldoverError?
    }

    let items = Guarded(Mailbox<Result<RawSnapshot, HoldoverError>>())
    private let sending = Guarded(Sending())

    override func hear(_ event: HoldoverEvent) {
        switch Int32(bitPattern: event.kind) {
        case HOLDOVER_EVENT_ITEM, HOLDOVER_EVENT_ANSWER: put(event.answer)
        case HOLDOVER_EVENT_CREDIT: allow(event.count)
        case HOLDOVER_EVENT_CANCELLED:
            items.with { $0.forget() }
            put(.failure(.cancelled))
        default:
            if let failure = event.failure { put(.failure(failure)) }
        }
        guard event.isLast else { return }
        for waiter in items.with({ $0.end() }) { waiter.resume(returning: nil) }
        stopSending(HoldoverError(.misuse, "the stream has ended: read the answer, which says how"))
    }

    private func put(_ item: Result<RawSnapshot, HoldoverError>) {
        items.with { $0.put(item) }?.resume(returning: item)
    }

    private func allow(_ more: UInt32) {
        let ready = sending.with { sending in
            sending.credits = sending.credits.addingReportingOverflow(more).partialValue
            let ready = Array(sending.waiting.prefix(Int(sending.credits)))
            sending.waiting.removeFirst(ready.count)
            sending.credits -= UInt32(ready.count)
            return ready
        }
        for each in ready { each.continuation.resume(returning: .success(())) }
    }

    private func stopSending(_ why: HoldoverError) {
        let (waiting, over) = sending.with { sending in
            let over = sending.over ?? why
            sending.over = over
            defer { sending.waiting = [] }
            return (sending.waiting, over)
        }
        for each in waiting { each.continuation.resume(returning: .failure(over)) }
    }

    /// The sequence is complete. Whether it was not already.
    func closeSequence() -> Bool {
        let was = sending.with { $0.over }
        stopSending(HoldoverError(.misuse, "the sequence was closed; send before `close` or `finish`"))
        return was == nil
    }

    /// A place in the line of those who send.
    func turn() -> Int {
        sending.with { sending in
            sending.turns += 1
            return sending.turns
        }
    }

    /// Waits until a message may be sent.
    func allowed(_ turn: Int) async -> Allowed {
        await withCheckedContinuation { continuation in
            let now = sending.with { sending -> Allowed? in
                if sending.givenUp.remove(turn) != nil { return .failure(.cancelled) }
                if let over = sending.over { return .failure(over) }
                if sending.credits > 0 {
                    sending.credits -= 1
                    return .success(())
                }
                sending.waiting.append((turn, continuation))
                return nil
            }
            if let now { continuation.resume(returning: now) }
        }
    }

    /// The task of who waits was cancelled.
    func giveUp(_ turn: Int) {
        let waiting = sending.with { sending -> CheckedContinuation<Allowed, Never>? in
            guard let index = sending.waiting.firstIndex(where: { $0.turn == turn }) else {
                sending.givenUp.insert(turn)
                return nil
            }
            return sending.waiting.remove(at: index).continuation
        }
        waiting?.resume(returning: .failure(.cancelled))
    }
}
