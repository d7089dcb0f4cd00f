package dev.holdover

import kotlin.time.Duration

/**
 * Why a call has no answer, or why a value could not be refreshed (rule J7).
 *
 * @property kind The kind, with its stable code.
 * @property status The protocol's status, where there is one.
 * @property retryAfter How long the server asks to wait before trying again.
 * @property paths The REQUIRED paths that the answer lacks, for [ErrorKind.UNUSABLE].
 * @property willRetry The runtime tries again by itself.
 */
public class HoldoverException(
    public val kind: ErrorKind,
    message: String,
    public val status: Status? = null,
    public val retryAfter: Duration? = null,
    public val paths: List<String> = emptyList(),
    public val willRetry: Boolean = false,
    cause: Throwable? = null,
) : Exception(message, cause) {
    /** What happened and what to do, in a sentence. For people: it may change. */
    override val message: String get() = super.message.orEmpty()

    override fun equals(other: Any?): Boolean =
        other is HoldoverException && kind == other.kind && message == other.message && status == other.status &&
            retryAfter == other.retryAfter && paths == other.paths && willRetry == other.willRetry

    override fun hashCode(): Int = 31 * kind.hashCode() + message.hashCode()

    override fun toString(): String = "${kind.name}: $message"

    /** What the server said, or what a status without protocol framing maps to. */
    public class Status(
        /** gRPC's number of the [code](https://grpc.io/docs/guides/status-codes/). */
        public val code: Int,
        /** The server's message, as it came. */
        public val message: String = "",
        /** An encoded `google.rpc.Status`, if the server sent one. */
        public val details: ByteArray = ByteArray(0),
    ) {
        override fun equals(other: Any?): Boolean =
            other is Status && code == other.code && message == other.message && details.contentEquals(other.details)

        override fun hashCode(): Int = 31 * code + message.hashCode()

        override fun toString(): String = "Status(code=$code, message=$message)"
    }
}

/** What kind of failure it is. The codes are stable: they cross from the core and stand in logs. */
public enum class ErrorKind(public val code: Int) {
    /** The network was not used, and nothing that is stored may be served. */
    OFFLINE(1),

    /** No contact with the server: name resolution, connecting, TLS, a broken connection, a failing credentials hook. */
    UNREACHABLE(2),

    /** No answer in time: the caller's timeout, the method's, or DEADLINE_EXCEEDED from the server. */
    TIMEOUT(3),

    /** Something between here and the server answered: a captive portal, a firewall, a proxy. */
    INTERCEPTED(4),

    /** The server answered that it cannot now. */
    UNAVAILABLE(5),

    /** The server refused: any other status. [HoldoverException.status] has its code and details. */
    REJECTED(6),

    /** The account has no credentials that the server accepts. */
    SIGN_IN_REQUIRED(7),

    /** The session was signed out. */
    SIGNED_OUT(8),

    /** The answer lacks REQUIRED fields, or cannot be read. */
    UNUSABLE(9),

    /** A parked call holds this call's scope in the outbox. */
    SCOPE_BLOCKED(10),

    /** The store failed, and the call needs it. */
    STORAGE(11),

    /** A message or its metadata is over a limit. */
    TOO_LARGE(12),

    /** The call or the configuration is wrong; the message says how to mend it. */
    MISUSE(13),
    ;

    public companion object {
        /** The kind with a code, or null for one that this version does not know. */
        @JvmStatic
        public fun of(code: Int): ErrorKind? = entries.find { it.code == code }
    }
}
