/// What the runtime asks of the engine for one session: the seam behind which the native library is. Only encoded messages
/// cross it.
///
/// Cancelling the task that awaits one of these functions ends the operation in the engine, and ends the function with
/// ``HoldoverError/Kind/cancelled``.
public protocol SessionCore: Sendable {
    /// Reads a policy set, once per runtime, and binds it to the session.
    ///
    /// Throws MISUSE when the policy is damaged, is of a newer format, or promises something that the runtime cannot do.
    func bind(policy: [UInt8]) throws(HoldoverError) -> any ClientCore

    /// Makes every stored answer that carries the tag outdated. Returns when that outlives a crash.
    func invalidate(_ tag: Tag) async throws(HoldoverError)

    /// Replaces metadata that is sent with every call. Throws MISUSE when it cannot be sent.
    func setMetadata(_ name: String, _ value: [UInt8]) throws(HoldoverError)

    /// Replaces all metadata that is sent with every call. Throws MISUSE when it cannot be sent.
    func replaceMetadata(_ metadata: Metadata) throws(HoldoverError)

    /// The account has new credentials.
    func credentialsChanged()

    /// Ends the account on this device. Returns when that outlives a crash.
    func signOut(_ outbox: OutboxChoice) async throws(HoldoverError)
}

/// A session that knows the policy of some services. Methods are given by their index in it.
public protocol ClientCore: Sendable {
    /// Answers a call from memory, at once and on this thread, where the policy and the options allow that (rows 1 and 2).
    /// It takes no lock that a disk operation holds. `nil`: the answer takes a ``call(_:_:_:)``.
    func probe(_ method: Int, _ request: [UInt8], _ options: CallOptions) -> RawSnapshot?

    /// What memory holds, for the first frame. Nothing waits; what is stale is refreshed behind.
    func peek(_ method: Int, _ request: [UInt8], _ options: CallOptions) -> RawSnapshot?

    /// Makes a unary call.
    func call(_ method: Int, _ request: [UInt8], _ options: CallOptions) async throws(HoldoverError) -> RawSnapshot

    /// Starts watching the answer to a request.
    func observe(_ method: Int, _ request: [UInt8], _ options: CallOptions) throws(HoldoverError) -> any ObserverCore

    /// Fetches the answer in the background unless there is a fresh one.
    func prefetch(_ method: Int, _ request: [UInt8]) async throws(HoldoverError)

    /// Stores an answer that the app has from elsewhere, as stale.
    func put(_ method: Int, _ request: [UInt8], _ value: [UInt8]) async throws(HoldoverError)

    /// Opens a stream of any kind. The request of a method that takes a sequence is empty.
    func open(_ method: Int, _ request: [UInt8], _ options: CallOptions) throws(HoldoverError) -> any StreamCore
}

/// A running observer.
public protocol ObserverCore: Sendable {
    /// The next state; `nil` when the observation has ended, or the task is cancelled.
    func next() async -> RawObserved?

    /// Asks the network now. Returns when that attempt has ended.
    func refresh() async throws(HoldoverError)

    /// Stops watching. May be called more than once.
    func cancel()
}

/// A running stream.
public protocol StreamCore: Sendable {
    /// The next message of the server; `nil` when it is done.
    func next() async throws(HoldoverError) -> RawSnapshot?

    /// Sends a message, and waits while the network is slower than the caller.
    func send(_ message: [UInt8]) async throws(HoldoverError)

    /// There is no other message of the client.
    func close()

    /// Ends the stream. May be called more than once.
    func cancel()
}

/// An answer as it crosses from the engine.
public struct RawSnapshot: Sendable {
    /// The encoded response.
    public var value: [UInt8]
    /// Where it came from.
    public var provenance: Provenance
    /// What a reduced value lacks: fields that the plan of its method drops.
    public var withheld: RawWithheld?

    /// What crossed.
    public init(value: [UInt8], provenance: Provenance, withheld: RawWithheld? = nil) {
        self.value = value
        self.provenance = provenance
        self.withheld = withheld
    }
}

/// That a value lacks the fields that the plan of its method drops and that are absent (rule F5).
public struct RawWithheld: Sendable {
    /// The last full answer that is still stored, encoded (rule F9).
    public var lastKnown: [UInt8]?

    /// What crossed.
    public init(lastKnown: [UInt8]? = nil) {
        self.lastKnown = lastKnown
    }
}

/// A state as it crosses from the engine.
public enum RawObserved: Sendable {
    /// Nothing to show yet.
    case loading
    /// The newest answer.
    case value(RawSnapshot)
    /// There is no answer that could be shown.
    case failed(HoldoverError)
}
