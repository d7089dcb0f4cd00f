/// The messages of a server, in order: `for try await price in pricing.watchPrices(request) { … }`.
///
/// Nothing is sent before it is iterated; ending the loop, or cancelling its task, ends the stream. A caller that does not
/// read makes the server wait (rule G5); where the method has `replay`, it skips to the newest message instead, and
/// ``Snapshot/gap`` says so. Every loop opens a stream of its own.
public struct Streaming<Value: Sendable>: AsyncSequence, Sendable {
    public typealias Element = Snapshot<Value>
    public typealias Failure = HoldoverError

    private let start: @Sendable () -> Incoming<Value>

    init(start: @escaping @Sendable () -> Incoming<Value>) {
        self.start = start
    }

    public func makeAsyncIterator() -> AsyncIterator {
        let incoming = start()
        incoming.open()
        return AsyncIterator(incoming: incoming)
    }

    /// The messages, one after the other.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let incoming: Incoming<Value>

        public mutating func next() async throws(HoldoverError) -> Snapshot<Value>? {
            try await incoming.next()
        }

        @available(iOS 18, macOS 15, tvOS 18, watchOS 11, *)
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(HoldoverError) -> Snapshot<Value>? {
            try await incoming.next()
        }
    }
}

extension Streaming {
    /// Gives these messages, and ends, or fails: what fakes return.
    public static func of(_ messages: [Snapshot<Value>], failing error: HoldoverError? = nil) -> Streaming {
        Streaming {
            let rest = Guarded(messages[...])
            let failure = Guarded(error)
            return Incoming { () async throws(HoldoverError) in
                if let message = rest.with({ $0.popFirst() }) { return message }
                let error = failure.with { (error: inout HoldoverError?) -> HoldoverError? in
                    defer { error = nil }
                    return error
                }
                if let error { throw error }
                return nil
            }
        }
    }

    /// Gives the messages of a stream, whenever it has them, and ends with it. Only one loop can.
    public static func of(_ messages: AsyncStream<Result<Snapshot<Value>, HoldoverError>>) -> Streaming {
        Streaming {
            Incoming { () async throws(HoldoverError) in
                guard let message = await messages.first(where: { _ in true }) else { return nil }
                return try message.get()
            }
        }
    }

    /// Fails at once.
    public static func failing(_ error: HoldoverError) -> Streaming {
        of([], failing: error)
    }
}

/// The server's side of a running stream; the stream ends when nobody has it any more.
final class Incoming<Value: Sendable>: Sendable {
    let next: @Sendable () async throws(HoldoverError) -> Snapshot<Value>?
    /// Opens the stream, if that was not done. Why it could not be opened is told by `next`.
    let open: @Sendable () -> Void
    private let cancel: @Sendable () -> Void

    init(
        next: @escaping @Sendable () async throws(HoldoverError) -> Snapshot<Value>?,
        open: @escaping @Sendable () -> Void = {},
        cancel: @escaping @Sendable () -> Void = {}
    ) {
        self.next = next
        self.open = open
        self.cancel = cancel
    }

    deinit {
        cancel()
    }
}

/// The client's side of a stream.
struct Outgoing<Request: Sendable>: Sendable {
    let send: @Sendable (Request) async throws(HoldoverError) -> Void
    let close: @Sendable () -> Void
}

/// Both sides of a stream of the engine, which is opened when one of them is first used.
final class Exchange<Response: Sendable>: Sendable {
    private let open: @Sendable () throws(HoldoverError) -> any StreamCore
    private let read: @Sendable (RawSnapshot) throws(HoldoverError) -> Snapshot<Response>
    private let stream = Guarded<Result<any StreamCore, HoldoverError>?>(nil)

    init(
        open: @escaping @Sendable () throws(HoldoverError) -> any StreamCore,
        read: @escaping @Sendable (RawSnapshot) throws(HoldoverError) -> Snapshot<Response>
    ) {
        self.open = open
        self.read = read
    }

    private func opened() -> Result<any StreamCore, HoldoverError> {
        stream.with { stream in
            if let stream { return stream }
            let opened: Result<any StreamCore, HoldoverError>
            do throws(HoldoverError) {
                opened = .success(try open())
            } catch {
                opened = .failure(error)
            }
            stream = opened
            return opened
        }
    }

    var incoming: Incoming<Response> {
        Incoming(
            next: { () async throws(HoldoverError) in
                guard let raw = try await self.opened().get().next() else { return nil }
                return try self.read(raw)
            },
            open: { _ = self.opened() },
            cancel: {
                if case .success(let stream)? = self.stream.with({ $0 }) { stream.cancel() }
            })
    }

    func outgoing<Request: Sendable>(
        _ encode: @escaping @Sendable (Request) throws(HoldoverError) -> [UInt8]
    ) -> Outgoing<Request> {
        Outgoing(
            send: { (message) async throws(HoldoverError) in
                try await self.opened().get().send(try encode(message))
            },
            close: {
                if case .success(let stream) = self.opened() { stream.close() }
            })
    }
}
