//! Errors, as callers see them (rule J7).

use std::fmt;
use std::time::Duration;

use bytes::Bytes;

/// What kind of failure it is. The numbers are stable: they cross the FFI and stand in logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The network was not used, and nothing that is stored may be served.
    Offline = 1,
    /// No contact with the server: name resolution, connecting, TLS, a broken connection, a failing credentials hook.
    Unreachable = 2,
    /// No answer in time: the caller's timeout, the method's, or DEADLINE_EXCEEDED from the server.
    Timeout = 3,
    /// Something between here and the server answered: a captive portal, a firewall, a proxy.
    Intercepted = 4,
    /// The server answered that it cannot now: UNAVAILABLE, RESOURCE_EXHAUSTED, INTERNAL, UNKNOWN or ABORTED.
    Unavailable = 5,
    /// The server refused: any other status. `status` has its code and details.
    Rejected = 6,
    /// The account has no credentials that the server accepts.
    SignInRequired = 7,
    /// The session was signed out.
    SignedOut = 8,
    /// The answer lacks REQUIRED fields (`paths`), or cannot be read.
    Unusable = 9,
    /// A parked call holds this call's scope in the outbox.
    ScopeBlocked = 10,
    /// The store failed, and the call needs it.
    Storage = 11,
    /// A message or its metadata is over a limit.
    TooLarge = 12,
    /// The call or the configuration is wrong; the message says how to mend it.
    Misuse = 13,
}

impl ErrorKind {
    /// The name that does not change: `OFFLINE`, `SIGN_IN_REQUIRED`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Offline => "OFFLINE",
            Self::Unreachable => "UNREACHABLE",
            Self::Timeout => "TIMEOUT",
            Self::Intercepted => "INTERCEPTED",
            Self::Unavailable => "UNAVAILABLE",
            Self::Rejected => "REJECTED",
            Self::SignInRequired => "SIGN_IN_REQUIRED",
            Self::SignedOut => "SIGNED_OUT",
            Self::Unusable => "UNUSABLE",
            Self::ScopeBlocked => "SCOPE_BLOCKED",
            Self::Storage => "STORAGE",
            Self::TooLarge => "TOO_LARGE",
            Self::Misuse => "MISUSE",
        }
    }

    /// The number that does not change.
    #[must_use]
    pub const fn number(self) -> u32 {
        self as u32
    }
}

/// gRPC's status codes. <https://grpc.io/docs/guides/status-codes/>
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// The operation was cancelled.
    Cancelled = 1,
    /// An error from another address space, or one with too little information.
    Unknown = 2,
    /// The client said something wrong, whatever the state of the system.
    InvalidArgument = 3,
    /// The deadline passed before the operation completed.
    DeadlineExceeded = 4,
    /// Something requested does not exist.
    NotFound = 5,
    /// Something to be created exists.
    AlreadyExists = 6,
    /// The caller may not do this.
    PermissionDenied = 7,
    /// A quota or a resource is used up.
    ResourceExhausted = 8,
    /// The system is not in the state that the operation needs.
    FailedPrecondition = 9,
    /// A conflict with another operation.
    Aborted = 10,
    /// Past the valid range.
    OutOfRange = 11,
    /// The server does not have the method.
    Unimplemented = 12,
    /// An invariant of the server is broken.
    Internal = 13,
    /// The service cannot answer now.
    Unavailable = 14,
    /// Data was lost for good.
    DataLoss = 15,
    /// The request has no valid credentials.
    Unauthenticated = 16,
}

impl Code {
    /// The code with gRPC's number. OK and numbers that gRPC does not define give `Unknown`, as gRPC asks of clients.
    #[must_use]
    pub const fn from_number(number: u32) -> Self {
        match number {
            1 => Self::Cancelled,
            3 => Self::InvalidArgument,
            4 => Self::DeadlineExceeded,
            5 => Self::NotFound,
            6 => Self::AlreadyExists,
            7 => Self::PermissionDenied,
            8 => Self::ResourceExhausted,
            9 => Self::FailedPrecondition,
            10 => Self::Aborted,
            11 => Self::OutOfRange,
            12 => Self::Unimplemented,
            13 => Self::Internal,
            14 => Self::Unavailable,
            15 => Self::DataLoss,
            16 => Self::Unauthenticated,
            _ => Self::Unknown,
        }
    }

    /// gRPC's number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self as u32
    }

    /// gRPC's name: `PERMISSION_DENIED`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cancelled => "CANCELLED",
            Self::Unknown => "UNKNOWN",
            Self::InvalidArgument => "INVALID_ARGUMENT",
            Self::DeadlineExceeded => "DEADLINE_EXCEEDED",
            Self::NotFound => "NOT_FOUND",
            Self::AlreadyExists => "ALREADY_EXISTS",
            Self::PermissionDenied => "PERMISSION_DENIED",
            Self::ResourceExhausted => "RESOURCE_EXHAUSTED",
            Self::FailedPrecondition => "FAILED_PRECONDITION",
            Self::Aborted => "ABORTED",
            Self::OutOfRange => "OUT_OF_RANGE",
            Self::Unimplemented => "UNIMPLEMENTED",
            Self::Internal => "INTERNAL",
            Self::Unavailable => "UNAVAILABLE",
            Self::DataLoss => "DATA_LOSS",
            Self::Unauthenticated => "UNAUTHENTICATED",
        }
    }
}

/// What the server said, or what a status without protocol framing maps to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusDetail {
    /// The code.
    pub code: Code,
    /// The server's message, as it came.
    pub message: String,
    /// An encoded `google.rpc.Status`, if the server sent one.
    pub details: Bytes,
}

/// Why a call has no answer, or why a value could not be refreshed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The kind, with its stable code.
    pub kind: ErrorKind,
    /// What happened and what to do, in a sentence. For people: it may change.
    pub message: String,
    /// The protocol's status, where there is one.
    pub status: Option<Box<StatusDetail>>,
    /// How long the server asks to wait before trying again.
    pub retry_after: Option<Duration>,
    /// The REQUIRED paths that the answer lacks, for [`ErrorKind::Unusable`].
    pub paths: Vec<String>,
    /// The runtime tries again by itself.
    pub will_retry: bool,
}

impl Error {
    /// An error with nothing but a kind and a message.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            status: None,
            retry_after: None,
            paths: Vec::new(),
            will_retry: false,
        }
    }

    /// A [`ErrorKind::Misuse`].
    #[must_use]
    pub fn misuse(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Misuse, message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.name(), self.message)
    }
}

impl std::error::Error for Error {}
