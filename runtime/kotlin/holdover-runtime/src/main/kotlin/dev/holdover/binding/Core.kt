package dev.holdover.binding

import dev.holdover.CallOptions
import dev.holdover.HoldoverException
import dev.holdover.Metadata
import dev.holdover.OutboxChoice
import dev.holdover.Provenance
import dev.holdover.Tag

/**
 * What the runtime asks of the engine for one session: the seam behind which the native library is. Only encoded messages
 * cross it. Every function may throw a [HoldoverException], and nothing else; cancelling the coroutine that is suspended in
 * one ends the operation in the engine.
 */
public interface SessionCore {
    /**
     * Reads a policy set, once per runtime, and binds it to the session.
     *
     * @throws HoldoverException MISUSE when the policy is damaged, is of a newer format, or promises something that the
     *   runtime cannot do.
     */
    public fun bind(policy: ByteArray): ClientCore

    /** Makes every stored answer that carries the tag outdated. Returns when that outlives a crash. */
    public suspend fun invalidate(tag: Tag)

    /** Replaces metadata that is sent with every call. */
    public fun setMetadata(name: String, value: ByteArray)

    /** Replaces all of that metadata. */
    public fun replaceMetadata(metadata: Metadata)

    /** The account has new credentials. */
    public fun credentialsChanged()

    /** Ends the account on this device. Returns when that outlives a crash. */
    public suspend fun signOut(outbox: OutboxChoice)

    /** Nothing can be started any more; what runs goes on. */
    public fun close()
}

/** A session that knows the policy of some services. Methods are given by their index in it. */
public interface ClientCore {
    /**
     * Answers a call from memory, at once and on this thread, where the policy and the options allow that (rows 1 and 2). It
     * takes no lock that a disk operation holds. Null: the answer takes a [call].
     */
    public fun probe(method: Int, request: ByteArray, options: CallOptions): RawSnapshot?

    /** Makes a unary call. */
    public suspend fun call(method: Int, request: ByteArray, options: CallOptions): RawSnapshot

    /** Starts watching the answer to a request. */
    public fun observe(method: Int, request: ByteArray, options: CallOptions): ObserverCore

    /** Fetches the answer in the background unless there is a fresh one. */
    public suspend fun prefetch(method: Int, request: ByteArray)

    /** Stores an answer that the app has from elsewhere, as stale. */
    public suspend fun put(method: Int, request: ByteArray, value: ByteArray)

    /** Opens a stream of any kind. The request of a method that takes a sequence is empty. */
    public fun open(method: Int, request: ByteArray, options: CallOptions): StreamCore
}

/** A running observer. Closing it stops watching, and may be done more than once. */
public interface ObserverCore : AutoCloseable {
    /** The next state; null when the observation has ended. */
    public suspend fun next(): RawObserved?

    /** Asks the network now. Returns when that attempt has ended. */
    public suspend fun refresh()

    override fun close()
}

/** A running stream. Closing it ends the stream, and may be done more than once. */
public interface StreamCore : AutoCloseable {
    /** The next message of the server; null when it is done. */
    public suspend fun next(): RawSnapshot?

    /** Sends a message, and waits while the network is slower than the caller. */
    public suspend fun send(message: ByteArray)

    /** There is no other message of the client. */
    public fun halfClose()

    override fun close()
}

/**
 * An answer as it crosses from the engine.
 *
 * @property value The encoded response.
 * @property provenance Where it came from.
 * @property isWithheld What the method's plan drops and the value does not have is withheld (rule F5).
 * @property lastKnown Of a reduced value, the last full answer that is still stored, encoded (rule F9).
 */
public class RawSnapshot(
    public val value: ByteArray,
    public val provenance: Provenance,
    public val isWithheld: Boolean = false,
    public val lastKnown: ByteArray? = null,
)

/** A state as it crosses from the engine. */
public sealed interface RawObserved {
    public data object Loading : RawObserved

    public class Value(public val snapshot: RawSnapshot) : RawObserved

    public class Failed(public val error: HoldoverException) : RawObserved
}
