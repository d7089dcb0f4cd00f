/// A call with many requests and one response: ``send(_:)`` messages, then ``finish()``.
///
/// It begins with its first use; letting go of it ends the stream.
public struct ClientStream<Request: Sendable, Response: Sendable>: Sendable {
    private let outgoing: Outgoing<Request>
    private let incoming: Incoming<Response>

    init(_ outgoing: Outgoing<Request>, _ incoming: Incoming<Response>) {
        self.outgoing = outgoing
        self.incoming = incoming
    }

    /// Sends a message, and waits while the network is slower than the caller. Throws when the stream has ended, or the
    /// server has answered already: ``finish()`` says what.
    public func send(_ message: Request) async throws(HoldoverError) {
        try await outgoing.send(message)
    }

    /// Says that there is no other message, without waiting for the answer: see ``response()``.
    public func close() {
        outgoing.close()
    }

    /// Says that there is no other message, and waits for the answer.
    public func finish() async throws(HoldoverError) -> Snapshot<Response> {
        outgoing.close()
        return try await response()
    }

    /// Waits for the answer, which a server may give before it was sent everything. It comes once.
    public func response() async throws(HoldoverError) -> Snapshot<Response> {
        guard let answer = try await incoming.next() else {
            throw HoldoverError(.unusable, "the stream ended without an answer; report this bug")
        }
        return answer
    }
}

extension ClientStream {
    /// Answers when the sequence is complete, by what was sent: what fakes return.
    public static func of(
        _ answer: @escaping @Sendable ([Request]) async throws -> Snapshot<Response>
    ) -> ClientStream {
        let script = Script<Request>()
        return ClientStream(
            script.outgoing,
            Incoming { () async throws(HoldoverError) in
                var messages: [Request] = []
                while let message = await script.next() { messages.append(message) }
                do {
                    return try await answer(messages)
                } catch {
                    throw .thrown(error)
                }
            })
    }

    /// Fails at once.
    public static func failing(_ error: HoldoverError) -> ClientStream {
        of { _ in throw error }
    }
}

/// A call with many requests and many responses, in any order: send, and read ``responses``, in one task or in two.
///
/// It begins with its first use, which may be a loop over the responses; letting go of it ends the stream.
public struct BidiStream<Request: Sendable, Response: Sendable>: Sendable {
    private let outgoing: Outgoing<Request>

    /// What the server says. Only one loop can read it.
    public let responses: Streaming<Response>

    init(_ outgoing: Outgoing<Request>, _ incoming: Incoming<Response>) {
        self.outgoing = outgoing
        responses = Streaming { incoming }
    }

    /// Sends a message, and waits while the network or the server is slower than the caller. Throws when the stream has
    /// ended, or was closed.
    public func send(_ message: Request) async throws(HoldoverError) {
        try await outgoing.send(message)
    }

    /// Says that there is no other message. The server may go on.
    public func close() {
        outgoing.close()
    }
}

extension BidiStream {
    /// Answers every message by these, and ends when the client is done: what fakes return.
    public static func of(
        _ answer: @escaping @Sendable (Request) throws -> [Snapshot<Response>]
    ) -> BidiStream {
        let script = Script<Request>()
        let ready = Guarded<ArraySlice<Snapshot<Response>>>([])
        return BidiStream(
            script.outgoing,
            Incoming { () async throws(HoldoverError) in
                while true {
                    if let next = ready.with({ $0.popFirst() }) { return next }
                    guard let message = await script.next() else { return nil }
                    do {
                        let answers = try answer(message)
                        ready.with { $0 = answers[...] }
                    } catch {
                        throw .thrown(error)
                    }
                }
            })
    }

    /// Fails at once.
    public static func failing(_ error: HoldoverError) -> BidiStream {
        let fails = Outgoing<Request>(send: { (_) async throws(HoldoverError) in throw error }, close: {})
        return BidiStream(fails, Incoming { () async throws(HoldoverError) in throw error })
    }
}

/// What the client of a scripted stream sends, for the script to read.
final class Script<Request: Sendable>: Sendable {
    private let stream: AsyncStream<Request>
    private let continuation: AsyncStream<Request>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream()
    }

    func next() async -> Request? {
        await stream.first { _ in true }
    }

    var outgoing: Outgoing<Request> {
        Outgoing(
            send: { [continuation] (message) async throws(HoldoverError) in
                if case .terminated = continuation.yield(message) {
                    throw HoldoverError(.misuse, "the sequence was closed; send before `close`")
                }
            },
            close: { [continuation] in continuation.finish() })
    }
}
