/// Gives out credentials, such as by reading the key chain or by refreshing a token.
///
/// Asked one call at a time per account, before an attempt that has no kept answer (rule A3).
public protocol CredentialsProvider: Sendable {
    /// Answers for one account, endpoint and method. What it throws counts as a transport failure of the call, signs
    /// nobody out, and stands in logs: it must hold no secrets.
    func credentials(for request: CredentialsRequest) async throws -> Credentials
}

/// A closure as a credentials provider: `CredentialsClosure { request in … }`.
public struct CredentialsClosure: CredentialsProvider {
    private let answer: @Sendable (CredentialsRequest) async throws -> Credentials

    /// Asks the closure.
    public init(_ answer: @escaping @Sendable (CredentialsRequest) async throws -> Credentials) {
        self.answer = answer
    }

    /// What the closure answers.
    public func credentials(for request: CredentialsRequest) async throws -> Credentials {
        try await answer(request)
    }
}

/// What a request for credentials is about.
public struct CredentialsRequest: Sendable, Hashable {
    /// Whose credentials are wanted.
    public let account: Account
    /// The name of the endpoint, as given to ``Endpoint``.
    public let endpoint: String
    /// `/pricing.v1.Pricing/GetQuote`: one may want to sign differently by method.
    public let method: String
    /// The previous answer, if the server has refused it since: do not give it again.
    public let rejected: Metadata?
}

/// The answer of a ``CredentialsProvider``.
public enum Credentials: Sendable, Hashable {
    /// Send this with the request, such as `authorization: Bearer …`. It is kept in memory until it expires or is
    /// refused, and never stored or logged. `expiresIn`: how long it may be kept; `nil`: until it is refused.
    case use(Metadata, expiresIn: Duration? = nil)
    /// Nobody is signed in: reads that the cache cannot answer end with ``HoldoverError/Kind/signInRequired``.
    case signInRequired

    /// `authorization: Bearer <token>`, kept until it is refused.
    public static func bearer(_ token: String) -> Credentials {
        .use(["authorization": "Bearer \(token)"])
    }

    /// Calls need no credentials.
    public static var none: Credentials { .use(Metadata()) }
}

/// Says what kind of answer it is and nothing of what is in it.
extension Credentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String {
        switch self {
        case .use(let metadata, _): "use(\(metadata.entries.count) entries)"
        case .signInRequired: "signInRequired"
        }
    }

    public var debugDescription: String { description }

    public var customMirror: Mirror { Mirror(self, children: []) }
}
