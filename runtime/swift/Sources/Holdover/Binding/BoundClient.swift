/// A method as generated clients know it: its index in their policy, and how its messages are written and read.
public struct BoundMethod<Request: Sendable, Response: Sendable>: Sendable {
    let index: Int
    let encode: @Sendable (Request) throws -> [UInt8]
    let decode: @Sendable ([UInt8]) throws -> Response

    /// Generated code calls this.
    public init(
        _ index: Int, encode: @escaping @Sendable (Request) throws -> [UInt8],
        decode: @escaping @Sendable ([UInt8]) throws -> Response
    ) {
        self.index = index
        self.encode = encode
        self.decode = decode
    }

    func encoded(_ request: Request) throws(HoldoverError) -> [UInt8] {
        do {
            return try encode(request)
        } catch {
            throw HoldoverError(.misuse, "the request cannot be encoded (\(error)); set what it must have")
        }
    }

    func decoded(_ bytes: [UInt8]) throws(HoldoverError) -> Response {
        do {
            return try decode(bytes)
        } catch {
            throw HoldoverError(
                .unusable,
                "the answer cannot be read as its type (\(error)); compare the server's .proto files with the app's")
        }
    }
}

/// What generated clients are made of: a session that knows the policy of a service. Apps use the generated client instead.
public struct BoundClient: Sendable {
    private let core: any ClientCore
    /// The plans of the methods that have one, by the methods' indexes.
    private let plans: [WithheldPlan?]

    /// Answers above this many bytes are decoded off the caller's actor.
    private static var decodedInPlace: Int { 32 * 1024 }

    /// Binds a policy to a session. What is wrong with it is told by the first call, as MISUSE.
    public init(_ session: Session, policy: [UInt8]) {
        let bound: (core: any ClientCore, plans: [WithheldPlan?])
        do throws(HoldoverError) {
            bound = (try session.core.bind(policy: policy), try PolicyReader.read(policy).map(\.plan))
        } catch {
            bound = (RefusedClient(error: error), [])
        }
        (core, plans) = bound
    }

    /// Calls a method. A hit in memory resumes in the same turn of the caller's actor.
    public func unary<Request, Response>(
        _ method: BoundMethod<Request, Response>, _ request: Request, _ options: CallOptions,
        isolation: isolated (any Actor)?
    ) async throws(HoldoverError) -> Snapshot<Response> {
        let bytes = try method.encoded(request)
        let raw: RawSnapshot
        if let hit = core.probe(method.index, bytes, options) {
            raw = hit
        } else {
            raw = try await core.call(method.index, bytes, options)
        }
        return raw.value.count > Self.decodedInPlace ? try await decodeElsewhere(raw, method) : try snapshot(raw, method)
    }

    /// Watches the answer to a request.
    public func observe<Request, Response>(
        _ method: BoundMethod<Request, Response>, _ request: Request, _ options: CallOptions
    ) -> Observation<Response> {
        Observation {
            do throws(HoldoverError) {
                let observer = try core.observe(method.index, try method.encoded(request), options)
                return Observer(
                    next: { await observer.next().map { observed($0, method) } },
                    refresh: { () async throws(HoldoverError) in try await observer.refresh() },
                    cancel: { observer.cancel() })
            } catch {
                return Observer(failing: error)
            }
        }
    }

    /// What memory has, at once: for the first frame.
    public func cached<Request, Response>(
        _ method: BoundMethod<Request, Response>, _ request: Request, _ options: CallOptions = CallOptions()
    ) -> Snapshot<Response>? {
        guard let bytes = try? method.encoded(request), let raw = core.peek(method.index, bytes, options) else {
            return nil
        }
        return try? snapshot(raw, method)
    }

    /// Fetches the answer in the background unless there is a fresh one.
    public func prefetch<Request, Response>(
        _ method: BoundMethod<Request, Response>, _ request: Request
    ) async throws(HoldoverError) {
        try await core.prefetch(method.index, try method.encoded(request))
    }

    /// Stores an answer that the app has from elsewhere, as stale: shown at once, and refreshed. `encode` writes it.
    public func put<Request, Response>(
        _ method: BoundMethod<Request, Response>, _ request: Request, _ value: Response,
        encode: @Sendable (Response) throws -> [UInt8]
    ) async throws(HoldoverError) {
        let encoded: [UInt8]
        do {
            encoded = try encode(value)
        } catch {
            throw HoldoverError(.misuse, "the value cannot be encoded (\(error)); set what it must have")
        }
        try await core.put(method.index, try method.encoded(request), encoded)
    }

    /// The messages of a server.
    public func serverStream<Request, Response>(
        _ method: BoundMethod<Request, Response>, _ request: Request, _ options: CallOptions
    ) -> Streaming<Response> {
        Streaming { exchange(method, options) { () throws(HoldoverError) in try method.encoded(request) }.incoming }
    }

    /// Many requests, one response.
    public func clientStream<Request, Response>(
        _ method: BoundMethod<Request, Response>, _ options: CallOptions
    ) -> ClientStream<Request, Response> {
        let exchange = exchange(method, options) { () throws(HoldoverError) in [] }
        return ClientStream(exchange.outgoing(method.encoded), exchange.incoming)
    }

    /// Many requests, many responses.
    public func bidiStream<Request, Response>(
        _ method: BoundMethod<Request, Response>, _ options: CallOptions
    ) -> BidiStream<Request, Response> {
        let exchange = exchange(method, options) { () throws(HoldoverError) in [] }
        return BidiStream(exchange.outgoing(method.encoded), exchange.incoming)
    }

    private func exchange<Request, Response>(
        _ method: BoundMethod<Request, Response>, _ options: CallOptions,
        _ request: @escaping @Sendable () throws(HoldoverError) -> [UInt8]
    ) -> Exchange<Response> {
        Exchange(
            open: { () throws(HoldoverError) in try core.open(method.index, try request(), options) },
            read: { (raw) throws(HoldoverError) in try snapshot(raw, method) })
    }

    private func decodeElsewhere<Request, Response>(
        _ raw: RawSnapshot, _ method: BoundMethod<Request, Response>
    ) async throws(HoldoverError) -> Snapshot<Response> {
        try snapshot(raw, method)
    }

    private func snapshot<Request, Response>(
        _ raw: RawSnapshot, _ method: BoundMethod<Request, Response>
    ) throws(HoldoverError) -> Snapshot<Response> {
        let value = try method.decoded(raw.value)
        guard let withheld = raw.withheld else { return Snapshot(value, raw.provenance, .nothing) }
        guard plans.indices.contains(method.index), let plan = plans[method.index] else {
            return Snapshot(value, raw.provenance, .nothing)
        }
        let last: LastKnown<Response>? = withheld.lastKnown.map { LastKnown($0, method.decode) }
        return Snapshot(value, raw.provenance, Withheld(plan: plan, node: 0, last: last))
    }

    private func observed<Request, Response>(
        _ raw: RawObserved, _ method: BoundMethod<Request, Response>
    ) -> Observed<Response> {
        switch raw {
        case .loading: return .loading
        case .failed(let error): return .failed(error)
        case .value(let raw):
            do throws(HoldoverError) {
                return .value(try snapshot(raw, method))
            } catch {
                return .failed(error)
            }
        }
    }
}

/// A client that could not be bound: every call says why.
private struct RefusedClient: ClientCore {
    let error: HoldoverError

    func probe(_ method: Int, _ request: [UInt8], _ options: CallOptions) -> RawSnapshot? { nil }

    func peek(_ method: Int, _ request: [UInt8], _ options: CallOptions) -> RawSnapshot? { nil }

    func call(_ method: Int, _ request: [UInt8], _ options: CallOptions) async throws(HoldoverError) -> RawSnapshot {
        throw error
    }

    func observe(_ method: Int, _ request: [UInt8], _ options: CallOptions) throws(HoldoverError) -> any ObserverCore {
        throw error
    }

    func prefetch(_ method: Int, _ request: [UInt8]) async throws(HoldoverError) { throw error }

    func put(_ method: Int, _ request: [UInt8], _ value: [UInt8]) async throws(HoldoverError) { throw error }

    func open(_ method: Int, _ request: [UInt8], _ options: CallOptions) throws(HoldoverError) -> any StreamCore {
        throw error
    }
}
