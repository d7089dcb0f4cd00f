package dev.holdover

import kotlin.time.Duration

/**
 * Gives out credentials, such as by reading them or by refreshing a token. Asked one call at a time per account, before an
 * attempt that has no kept answer (rule A3), on a thread of `Dispatchers.Default`.
 */
public fun interface CredentialsProvider {
    /**
     * Answers for one account, endpoint and method. What it throws counts as a transport failure of the call, signs nobody
     * out, and stands in logs: its message must hold no secrets.
     */
    public suspend fun credentials(request: CredentialsRequest): Credentials
}

/**
 * What a request for credentials is about.
 *
 * @property account Whose credentials are wanted.
 * @property endpoint The endpoint's name.
 * @property method `/pricing.v1.Pricing/GetQuote`: one may want to sign differently by method.
 * @property rejected The previous answer, if the server has refused it since: do not give it again.
 */
public class CredentialsRequest(
    public val account: Account,
    public val endpoint: String,
    public val method: String,
    public val rejected: Metadata? = null,
)

/** The answer of a [CredentialsProvider]. */
public sealed interface Credentials {
    /**
     * Send this with the request. It is kept in memory until it expires or is refused, and never stored or logged.
     *
     * @property metadata Such as `authorization: Bearer …`.
     * @property expiresIn How long it may be kept. Unset: until it is refused.
     */
    public class Use(public val metadata: Metadata, public val expiresIn: Duration? = null) : Credentials {
        /** The names alone: values are secret. */
        override fun toString(): String = "Use($metadata)"
    }

    /** Nobody is signed in: reads that the cache cannot answer end with [ErrorKind.SIGN_IN_REQUIRED]. */
    public data object SignInRequired : Credentials

    public companion object {
        /** Calls need no credentials. */
        @JvmField
        public val NONE: Credentials = Use(Metadata.EMPTY)

        /** `authorization: Bearer <token>`. */
        @JvmStatic
        public fun bearer(token: String, expiresIn: Duration? = null): Credentials =
            Use(Metadata.of("authorization" to "Bearer $token"), expiresIn)
    }
}

/**
 * Wraps the key of what is stored by a key of the platform, such as one in Android's key store. With it, everything that is
 * stored of answers is sealed, and sensitive ones are stored, too (rules E1, J4).
 */
public interface KeyProvider {
    /**
     * Wraps a key of 32 bytes, into at most 4,096.
     *
     * @throws KeyException why there is no key. Anything else counts as "not now".
     */
    public suspend fun wrap(key: ByteArray): ByteArray

    /**
     * Unwraps what [wrap] gave.
     *
     * @throws KeyException why there is no key. Anything else counts as "not now".
     */
    public suspend fun unwrap(wrapped: ByteArray): ByteArray
}

/**
 * Why a [KeyProvider] has no key.
 *
 * @property isLost Never again, such as on another device: what is stored is given up. Otherwise: not now, such as while the
 *   device is locked; the cache works in memory meanwhile.
 */
public class KeyException(message: String, public val isLost: Boolean, cause: Throwable? = null) : Exception(message, cause)
