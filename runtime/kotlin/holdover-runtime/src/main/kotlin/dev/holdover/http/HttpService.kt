package dev.holdover.http

import kotlin.time.Duration

/**
 * An HTTP stack that carries the calls of a runtime, instead of the Rust one: its trust, its proxies and its debugging tools
 * apply. It follows no redirect, stores nothing, keeps no cookies, repeats nothing of which anything may have left, leaves
 * `content-encoding` alone, and asks for no encoding of its own.
 */
public interface HttpService {
    /** What it can carry. */
    public val abilities: HttpAbilities

    /**
     * Begins an exchange: tells it a head, pieces of the body and an end, or a failure, on any thread and at any time. It
     * must not block and must not throw.
     */
    public fun send(request: HttpRequest, exchange: HttpExchange)

    /** Connections may be dead without a sign: new requests should take new ones. */
    public fun suspect() {
    }
}

/**
 * What an [HttpService] can do.
 *
 * @property trailers It hands over trailers, which gRPC needs.
 * @property streamedBodies It can send a body while it is made, which client and bidi streams need.
 * @property http2 It can insist on HTTP/2, which gRPC and bidi streams need.
 */
public data class HttpAbilities(
    public val trailers: Boolean = false,
    public val streamedBodies: Boolean = false,
    public val http2: Boolean = false,
)

/** A header or trailer: the name in lower case, and the value as it is on the wire. */
public data class HttpHeader(public val name: String, public val value: String)

/**
 * A request.
 *
 * @property method `POST`; `HEAD` of probes.
 * @property headers In order.
 * @property mustBeHttp2 Fail with [HttpFailure.Kind.UNSUPPORTED] where the peer does not speak HTTP/2.
 * @property body The whole body; null if it is made while it is sent: [HttpExchange.nextPiece].
 * @property onFreshConnection By a connection of its own, if the stack can: the request is to show whether the host can be
 *   reached.
 */
public class HttpRequest(
    public val method: String,
    public val url: String,
    public val headers: List<HttpHeader>,
    public val mustBeHttp2: Boolean,
    public val body: ByteArray?,
    public val onFreshConnection: Boolean,
)

/** An exchange, as an [HttpService] sees it. All of it may be called on any thread. */
public interface HttpExchange {
    /** The response's head: once, before any piece. `connecting`: if a connection was made for it, how long that took. */
    public fun head(status: Int, headers: List<HttpHeader>, connecting: Duration? = null, tls: Duration? = null)

    /** The next piece of the response's body, raw and as it came. The array may be used again when this returns. */
    public fun chunk(bytes: ByteArray, offset: Int = 0, length: Int = bytes.size)

    /** The response is complete. */
    public fun end(trailers: List<HttpHeader> = emptyList())

    /** The exchange has failed. Ignored after the end. */
    public fun failed(failure: HttpFailure)

    /**
     * Blocks until more of the response's body is wanted. Returns how many bytes; 0: nobody wants any more, so stop. A stack
     * that reads no further is how a reader who does not read stops a server.
     */
    public fun awaitRoom(): Int

    /** Blocks until there is a next piece of a streamed body. Null: the body is complete, or nobody wants the exchange. */
    public fun nextPiece(): ByteArray?

    /** Whether nobody wants the exchange any more. */
    public val isCancelled: Boolean

    /** Calls `stop` when nobody wants the exchange any more; at once if that is so. It must not block. */
    public fun onCancel(stop: () -> Unit)
}

/**
 * Why an exchange has failed.
 *
 * @property message For people.
 * @property unsent Proof that the server did not act on the request: no connection, or nothing was written. When in doubt:
 *   false.
 * @property reused The connection had carried an answer before, and may have died unused.
 */
public data class HttpFailure(
    public val kind: Kind,
    public val message: String,
    public val unsent: Boolean = false,
    public val reused: Boolean = false,
) {
    /** What kind of failure it is. */
    public enum class Kind {
        /** The connection ended in the middle, or nobody knows better. */
        RESET,

        /** The name did not resolve, there is no route, or nobody answered. */
        UNREACHABLE,

        /** Somebody is there, but not on this port. */
        REFUSED,

        /** The certificate is not trusted: a captive portal perhaps. */
        UNTRUSTED,

        /** TLS failed in another way. */
        TLS,

        /** The stack or the peer cannot carry such a request, which was not sent. */
        UNSUPPORTED,

        /** What came is not HTTP. */
        PROTOCOL,

        /** Head or trailers are over the stack's limit. */
        TOO_LARGE,

        /** The stack's own timeout. */
        TIMEOUT,
    }
}
