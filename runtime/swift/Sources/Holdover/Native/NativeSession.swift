import CHoldover

/// A session of the core. It closes with the last reference; clients have one.
final class NativeSession: SessionCore {
    let runtime: NativeRuntime
    let handle: UInt64

    init(
        _ runtime: NativeRuntime, _ account: Account, _ credentials: (any CredentialsProvider)?, _ endpoint: String?,
        _ metadata: Metadata
    ) throws(HoldoverError) {
        self.runtime = runtime
        let config = encodedSession(account, endpoint: endpoint, asksForCredentials: credentials != nil, metadata)
        var error = HoldoverBuffer()
        handle = config.lent { holdover_session_new(runtime.handle, $0, &error) }
        guard handle != 0 else { throw HoldoverError(code: HOLDOVER_MISUSE, error.taken()[...]) }
        if let credentials { runtime.host.asks(credentials, for: handle) }
    }

    deinit {
        holdover_session_close(handle)
        runtime.host.forget(handle)
    }

    func bind(policy: [UInt8]) throws(HoldoverError) -> any ClientCore {
        NativeClient(self, try runtime.register(policy))
    }

    func invalidate(_ tag: Tag) async throws(HoldoverError) {
        try await runtime.command(.invalidate(session: handle, tag))
    }

    func setMetadata(_ name: String, _ value: [UInt8]) throws(HoldoverError) {
        try runtime.tell(.metadata(session: handle, name: name, value: value))
    }

    func replaceMetadata(_ metadata: Metadata) throws(HoldoverError) {
        try runtime.tell(.allMetadata(session: handle, metadata))
    }

    func credentialsChanged() {
        runtime.hint(.credentialsChanged(session: handle))
    }

    func signOut(_ outbox: OutboxChoice) async throws(HoldoverError) {
        try await runtime.command(.signOut(session: handle, outbox))
    }
}

/// A session that could not be opened: everything on it says why.
struct RefusedSession: SessionCore {
    let error: HoldoverError

    func bind(policy: [UInt8]) throws(HoldoverError) -> any ClientCore { throw error }

    func invalidate(_ tag: Tag) async throws(HoldoverError) { throw error }

    func setMetadata(_ name: String, _ value: [UInt8]) throws(HoldoverError) { throw error }

    func replaceMetadata(_ metadata: Metadata) throws(HoldoverError) { throw error }

    func credentialsChanged() {}

    func signOut(_ outbox: OutboxChoice) async throws(HoldoverError) { throw error }
}

/// A session and the methods of a policy.
final class NativeClient: ClientCore {
    private let session: NativeSession
    private let methods: [RegisteredMethod]

    init(_ session: NativeSession, _ methods: [RegisteredMethod]) {
        self.session = session
        self.methods = methods
    }

    /// An index that the policy does not have becomes a method that the core does not have.
    private func method(_ index: Int) -> RegisteredMethod {
        methods.indices.contains(index) ? methods[index] : RegisteredMethod()
    }

    private func start(_ form: Int32, _ method: Int, _ request: [UInt8], _ options: CallOptions) -> NativeRuntime.Start {
        let (session, id, options) = (session.handle, self.method(method).id, options.encoded())
        return { op, token, error in
            request.lent { request in
                options.lent { holdover_start(session, op, token, UInt32(form), id, request, $0, error) }
            }
        }
    }

    func probe(_ method: Int, _ request: [UInt8], _ options: CallOptions) -> RawSnapshot? {
        var snapshot = HoldoverSnapshot()
        let id = self.method(method).id
        let hit = request.lent { request in
            options.encoded().lent { holdover_probe(session.handle, id, request, $0, &snapshot) }
        }
        if hit == 0 { return nil }
        defer { holdover_release(hit) }
        return snapshot.copied
    }

    func peek(_ method: Int, _ request: [UInt8], _ options: CallOptions) -> RawSnapshot? {
        probe(method, request, options)
    }

    func call(_ method: Int, _ request: [UInt8], _ options: CallOptions) async throws(HoldoverError) -> RawSnapshot {
        try await session.runtime.run({ $0.answer }, start(HOLDOVER_GET, method, request, options))
    }

    func observe(_ method: Int, _ request: [UInt8], _ options: CallOptions) throws(HoldoverError) -> any ObserverCore {
        try NativeObserver(session.runtime, start(HOLDOVER_OBSERVE, method, request, options))
    }

    func prefetch(_ method: Int, _ request: [UInt8]) async throws(HoldoverError) {
        try await session.runtime.run(start(HOLDOVER_PREFETCH, method, request, CallOptions()))
    }

    func put(_ method: Int, _ request: [UInt8], _ value: [UInt8]) async throws(HoldoverError) {
        let (session, id) = (session.handle, self.method(method).id)
        try await self.session.runtime.run { op, token, error in
            request.lent { request in
                value.lent { holdover_put(session, op, token, id, request, $0, HoldoverBytes(ptr: nil, len: 0), error) }
            }
        }
    }

    func open(_ method: Int, _ request: [UInt8], _ options: CallOptions) throws(HoldoverError) -> any StreamCore {
        try NativeStream(session.runtime, self.method(method), start(HOLDOVER_STREAM, method, request, options))
    }
}
