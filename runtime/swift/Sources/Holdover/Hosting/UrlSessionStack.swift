import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// The platform's HTTP stack: no cookies, no cache, no stored credentials, no redirects, and no timeouts of its own.
final class UrlSessionStack: HttpStack {
    private struct State {
        /// Carries new requests. Made for the first one.
        var session: URLSession?
        /// The tasks that carry exchanges, by the exchanges' ids.
        var tasks: [UInt64: RunningTask] = [:]
        var isClosed = false
    }

    private let state = Guarded(State())

    /// Sends a request.
    func start(_ ask: HttpAsk, _ exchange: HttpExchange) {
        guard let url = URL(string: ask.url) else {
            let message = "\(ask.url) is no URL that URLSession takes: mend the endpoint"
            return exchange.fail(HttpFailure(kind: .unsupported, unsent: true, message: message))
        }
        var request = URLRequest(url: url)
        request.httpMethod = ask.method
        for header in ask.headers { request.addValue(header.value, forHTTPHeaderField: header.name) }
        // HTTP's own decoding is URLSession's, and not to be turned off: see `UrlSessionDelegate`.
        if !ask.body.isEmpty { request.httpBody = Data(ask.body) }
        let running = state.with { state -> RunningTask? in
            if state.isClosed { return nil }
            let session: URLSession
            if ask.wantsFreshConnection {
                session = makeSession()
            } else {
                session = state.session ?? makeSession()
                state.session = session
            }
            let task = session.dataTask(with: request)
            let running = RunningTask(exchange, task, window: ask.window)
            state.tasks[exchange.id] = running
            (session.delegate as? UrlSessionDelegate)?.add(running)
            // What has no other task ends with this one.
            if ask.wantsFreshConnection { session.finishTasksAndInvalidate() }
            return running
        }
        guard let running else {
            return exchange.fail(HttpFailure(kind: .unreachable, unsent: true, message: "the runtime has ended"))
        }
        running.task.resume()
    }

    /// The core wants more of a response.
    func pull(_ exchange: UInt64, _ bytes: UInt32) {
        state.with { $0.tasks[exchange] }?.allow(UInt64(bytes))
    }

    /// Nobody wants the exchange any more.
    func cancel(_ exchange: UInt64) {
        state.with { $0.tasks.removeValue(forKey: exchange) }?.task.cancel()
    }

    /// Connections may be dead: new requests take new ones.
    func suspect() {
        let session = state.with { state in
            defer { state.session = nil }
            return state.session
        }
        session?.finishTasksAndInvalidate()
    }

    /// Ends everything. A URLSession holds its delegate until then.
    func close() {
        let (session, tasks) = state.with { state in
            defer { state = State(isClosed: true) }
            return (state.session, state.tasks)
        }
        for task in tasks.values { task.task.cancel() }
        session?.invalidateAndCancel()
    }

    private func makeSession() -> URLSession {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
        configuration.urlCache = nil
        configuration.httpCookieStorage = nil
        configuration.httpShouldSetCookies = false
        configuration.httpCookieAcceptPolicy = .never
        configuration.urlCredentialStorage = nil
        // The core's own deadlines end calls, and streams may be silent for long.
        configuration.timeoutIntervalForRequest = 7 * 24 * 3_600
        // Over HTTP/1.1 every stream has a connection of its own, and calls need some beside them.
        configuration.httpMaximumConnectionsPerHost = 64
        #if !canImport(FoundationNetworking)
            configuration.waitsForConnectivity = false
        #endif
        let delegate = UrlSessionDelegate { [weak self] exchange in
            _ = self?.state.with { $0.tasks.removeValue(forKey: exchange) }
        }
        return URLSession(configuration: configuration, delegate: delegate, delegateQueue: nil)
    }
}

/// A task of URLSession, and the exchange that it carries.
final class RunningTask: Sendable {
    let exchange: HttpExchange
    let task: URLSessionDataTask
    private let pace: Guarded<Pace>

    private struct Pace {
        /// How much more the core has asked for; below 0, that much was too much.
        var room: Int64
        var isSuspended = false
    }

    init(_ exchange: HttpExchange, _ task: URLSessionDataTask, window: UInt64) {
        self.exchange = exchange
        self.task = task
        pace = Guarded(Pace(room: Int64(clamping: window)))
    }

    /// The core has asked for more.
    func allow(_ bytes: UInt64) {
        pace.with { pace in
            pace.room += Int64(clamping: bytes)
            if pace.isSuspended && pace.room > 0 {
                pace.isSuspended = false
                task.resume()
            }
        }
    }

    /// This much has come. A reader who does not read stops the server: URLSession reads no further than its buffers from
    /// where it is suspended. Not on Linux, where a task that is suspended would begin again; the core takes 4 MB more
    /// there, and then ends the exchange.
    func count(_ bytes: Int) {
        pace.with { pace in
            pace.room -= Int64(bytes)
            #if !canImport(FoundationNetworking)
                if pace.room <= 0 && !pace.isSuspended {
                    pace.isSuspended = true
                    task.suspend()
                }
            #endif
        }
    }
}
