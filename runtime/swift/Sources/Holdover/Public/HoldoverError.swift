/// Why a call has no answer, or why a value could not be refreshed (rule J7).
public struct HoldoverError: Error, Sendable, Hashable {
    /// The kind, with its stable code.
    public var kind: Kind
    /// What happened and what to do, in a sentence. For people: it may change.
    public var message: String
    /// The protocol's status, where there is one.
    public var status: Status?
    /// How long the server asks to wait before trying again.
    public var retryAfter: Duration?
    /// The REQUIRED paths that the answer lacks, for ``Kind/unusable``.
    public var paths: [String]
    /// The runtime tries again by itself.
    public var willRetry: Bool

    /// Fakes and hooks make errors, too.
    public init(
        _ kind: Kind, _ message: String, status: Status? = nil, retryAfter: Duration? = nil, paths: [String] = [],
        willRetry: Bool = false
    ) {
        self.kind = kind
        self.message = message
        self.status = status
        self.retryAfter = retryAfter
        self.paths = paths
        self.willRetry = willRetry
    }

    /// What kind of failure it is. The numbers are stable: they cross from the core and stand in logs.
    public struct Kind: RawRepresentable, Sendable, Hashable {
        /// The stable number.
        public let rawValue: UInt32

        /// Numbers that are not known here are of newer versions.
        public init(rawValue: UInt32) {
            self.rawValue = rawValue
        }

        /// The network was not used, and nothing that is stored may be served.
        public static let offline = Kind(rawValue: 1)
        /// No contact with the server: name resolution, connecting, TLS, a broken connection, a failing credentials hook.
        public static let unreachable = Kind(rawValue: 2)
        /// No answer in time: the caller's timeout, the method's, or DEADLINE_EXCEEDED from the server.
        public static let timeout = Kind(rawValue: 3)
        /// Something between here and the server answered: a captive portal, a firewall, a proxy.
        public static let intercepted = Kind(rawValue: 4)
        /// The server answered that it cannot now.
        public static let unavailable = Kind(rawValue: 5)
        /// The server refused: any other status. ``HoldoverError/status`` has its code and details.
        public static let rejected = Kind(rawValue: 6)
        /// The account has no credentials that the server accepts.
        public static let signInRequired = Kind(rawValue: 7)
        /// The session was signed out.
        public static let signedOut = Kind(rawValue: 8)
        /// The answer lacks REQUIRED fields, or cannot be read.
        public static let unusable = Kind(rawValue: 9)
        /// A parked call holds this call's scope in the outbox.
        public static let scopeBlocked = Kind(rawValue: 10)
        /// The store failed, and the call needs it.
        public static let storage = Kind(rawValue: 11)
        /// A message or its metadata is over a limit.
        public static let tooLarge = Kind(rawValue: 12)
        /// The call or the configuration is wrong; the message says how to mend it.
        public static let misuse = Kind(rawValue: 13)
        /// The caller's task was cancelled. Only callers see it: nothing failed.
        public static let cancelled = Kind(rawValue: 14)
        /// A bug in Holdover was caught: please report its message.
        public static let bug = Kind(rawValue: 65)

        /// The name that does not change: `OFFLINE`, `SIGN_IN_REQUIRED`.
        public var name: String {
            let names = [
                "OFFLINE", "UNREACHABLE", "TIMEOUT", "INTERCEPTED", "UNAVAILABLE", "REJECTED", "SIGN_IN_REQUIRED",
                "SIGNED_OUT", "UNUSABLE", "SCOPE_BLOCKED", "STORAGE", "TOO_LARGE", "MISUSE", "CANCELLED",
            ]
            if self == .bug { return "BUG" }
            let index = Int(rawValue) - 1
            return names.indices.contains(index) ? names[index] : "ERROR_\(rawValue)"
        }
    }

    /// What the server said, or what a status without protocol framing maps to.
    public struct Status: Sendable, Hashable {
        /// gRPC's code. <https://grpc.io/docs/guides/status-codes/>
        public var code: Code
        /// The server's message, as it came.
        public var message: String
        /// An encoded `google.rpc.Status`, if the server sent one.
        public var details: [UInt8]

        /// A status of this code.
        public init(code: Code, message: String = "", details: [UInt8] = []) {
            self.code = code
            self.message = message
            self.details = details
        }
    }

    /// gRPC's status codes, with their numbers: <https://grpc.io/docs/guides/status-codes/>
    public enum Code: UInt32, Sendable, Hashable, CaseIterable {
        /// The call was cancelled, by the server's account.
        case cancelled = 1
        /// The server does not know what failed, or said something that is no status.
        case unknown
        /// The request is wrong, whatever the server's state.
        case invalidArgument
        /// It took too long, by the server's account.
        case deadlineExceeded
        /// There is no such thing.
        case notFound
        /// There is such a thing already.
        case alreadyExists
        /// The caller may not do this.
        case permissionDenied
        /// Something is used up, such as a quota.
        case resourceExhausted
        /// The server's state does not allow it.
        case failedPrecondition
        /// Something else happened at the same time.
        case aborted
        /// It is past what there is.
        case outOfRange
        /// The server does not do this.
        case unimplemented
        /// Something is broken.
        case `internal`
        /// The server cannot now.
        case unavailable
        /// What was stored is lost.
        case dataLoss
        /// Who calls is not known.
        case unauthenticated
    }
}

extension HoldoverError: CustomStringConvertible {
    public var description: String { "\(kind.name): \(message)" }
}

extension HoldoverError {
    /// The fake of a method was asked, and does not know what to answer.
    public static func untold(_ method: String, _ closure: String) -> HoldoverError {
        HoldoverError(.misuse, "the fake of \(method) was not told what to answer; set its `\(closure)`")
    }

    /// What a closure of a fake threw, as calls throw it.
    public static func thrown(_ error: any Error) -> HoldoverError {
        switch error {
        case let error as HoldoverError: error
        case is CancellationError: cancelled
        default: HoldoverError(.misuse, "a fake threw \(error); let it throw a HoldoverError, as calls do")
        }
    }

    static let cancelled = HoldoverError(.cancelled, "the task was cancelled")
}
