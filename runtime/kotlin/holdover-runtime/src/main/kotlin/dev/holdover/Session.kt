package dev.holdover

import dev.holdover.binding.SessionCore

/**
 * One account at one endpoint, bound for life (rule A1). Generated clients are built on it. It closes by [close], or when
 * nobody holds it or a client on it any more.
 */
public class Session(
    /** The engine's side. Apps get their sessions from the runtime. */
    internal val core: SessionCore,
) : AutoCloseable {
    /**
     * Makes every stored answer that carries the tag outdated, for this account and for the device. Returns when that
     * outlives a crash.
     *
     * @throws HoldoverException
     */
    public suspend fun invalidate(tag: Tag) {
        core.invalidate(tag)
    }

    /**
     * Replaces metadata that is sent with every call, such as `accept-language`.
     *
     * @throws HoldoverException MISUSE when it cannot be sent.
     */
    public fun setMetadata(name: String, value: String) {
        core.setMetadata(name, value.encodeToByteArray())
    }

    /**
     * Replaces all of the metadata that is sent with every call: what was set before and is not here is sent no more.
     *
     * @throws HoldoverException MISUSE when it cannot be sent.
     */
    public fun replaceMetadata(metadata: Metadata) {
        core.replaceMetadata(metadata)
    }

    /**
     * The account has new credentials: kept ones are forgotten, and what waits for a sign-in is tried again.
     *
     * @throws HoldoverException MISUSE when the session was closed.
     */
    public fun credentialsChanged() {
        core.credentialsChanged()
    }

    /**
     * Ends the account on this device: its answers are deleted, and its calls and observers end with SIGNED_OUT. Returns
     * when the deletion outlives a crash.
     *
     * @throws HoldoverException STORAGE when it may not outlive one.
     */
    public suspend fun signOut(outbox: OutboxChoice = OutboxChoice.DISCARD) {
        core.signOut(outbox)
    }

    /** Closes the session: nothing can be started on it any more, and what runs goes on. May be done more than once. */
    override fun close() {
        core.close()
    }
}
