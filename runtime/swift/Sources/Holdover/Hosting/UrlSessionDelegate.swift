import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Hears what a URLSession does, on a queue of its own, one thing after the other.
final class UrlSessionDelegate: NSObject, URLSessionDataDelegate, Sendable {
    private let running = Guarded<[Int: RunningTask]>([:])
    private let ended: @Sendable (UInt64) -> Void

    /// `ended` is called with an exchange's id when its task has ended.
    init(ended: @escaping @Sendable (UInt64) -> Void) {
        self.ended = ended
    }

    func add(_ task: RunningTask) {
        running.with { $0[task.task.taskIdentifier] = task }
    }

    private func find(_ task: URLSessionTask) -> RunningTask? {
        running.with { $0[task.taskIdentifier] }
    }

    /// Redirects are refused: the response that asks for one is the response.
    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        completionHandler(nil)
    }

    func urlSession(
        _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
        completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
    ) {
        guard let task = find(dataTask), let response = response as? HTTPURLResponse else {
            return completionHandler(.cancel)
        }
        completionHandler(task.exchange.head(HttpHead(response)) ? .allow : .cancel)
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        guard let task = find(dataTask) else { return }
        task.count(data.count)
        if !task.exchange.chunk(Array(data)) { dataTask.cancel() }
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        guard let task = running.with({ $0.removeValue(forKey: task.taskIdentifier) }) else { return }
        ended(task.exchange.id)
        if let error {
            task.exchange.fail(HttpFailure(error))
        } else {
            task.exchange.end()
        }
    }
}

extension HttpHead {
    fileprivate init(_ response: HTTPURLResponse) {
        var headers: [(name: String, value: String)] = []
        for (name, value) in response.allHeaderFields {
            guard let name = (name as? String)?.lowercased(), let value = value as? String else { continue }
            // What URLSession has decoded has neither this encoding nor this length any more.
            if name == "content-encoding" || name == "content-length" { continue }
            headers.append((name, value))
        }
        self.init(status: response.statusCode, headers: headers)
    }
}

extension HttpFailure {
    fileprivate init(_ error: any Error) {
        let code = (error as? URLError)?.code
        let (kind, unsent): (Kind, Bool) =
            switch code {
            case .cannotFindHost, .dnsLookupFailed, .notConnectedToInternet, .dataNotAllowed,
                .internationalRoamingOff, .callIsActive:
                (.unreachable, true)
            case .cannotConnectToHost: (.refused, true)
            case .serverCertificateUntrusted, .serverCertificateHasBadDate, .serverCertificateHasUnknownRoot,
                .serverCertificateNotYetValid:
                (.untrusted, true)
            case .secureConnectionFailed, .clientCertificateRejected, .clientCertificateRequired: (.tls, true)
            case .unsupportedURL, .badURL, .appTransportSecurityRequiresSecureConnection: (.unsupported, true)
            case .badServerResponse, .cannotParseResponse, .cannotDecodeRawData, .cannotDecodeContentData:
                (.wrongProtocol, false)
            case .dataLengthExceedsMaximum: (.tooLarge, false)
            case .timedOut: (.timeout, false)
            default: (.reset, false)
            }
        self.init(kind: kind, unsent: unsent, message: "URLSession: \(error.localizedDescription)")
    }
}
