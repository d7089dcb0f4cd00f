package dev.holdover

import dev.holdover.internal.Messages
import dev.holdover.internal.NativeRuntime
import dev.holdover.internal.NativeSession
import dev.holdover.internal.RefusedSession

/**
 * What an app holds for its whole life: the cache, the network's quality, the connections. Make one.
 *
 * ```
 * val runtime = Runtime.builder().endpoint("prod", "https://api.example.com").store(File(context.cacheDir, "holdover")).build()
 * val session = runtime.session(Account.user("u-17"), tokens)
 * val pricing = PricingClient(session)
 * ```
 *
 * It ends by [shutdown] or [close], or when nobody holds it, its sessions and their clients any more. It keeps no process from
 * ending.
 */
public class Runtime internal constructor(
    private val held: NativeRuntime.Held,
    private val provides: (session: Long, CredentialsProvider) -> Unit,
) : AutoCloseable {
    private val native: NativeRuntime get() = held.runtime

    /**
     * A session of an account, at the first endpoint or another one. Nothing is asked of anybody. What is wrong with the
     * arguments is told by the first call, as MISUSE.
     *
     * @param credentials Gives out credentials. Null: calls go without.
     * @param endpoint The endpoint's name. Null: the first one.
     * @param metadata Is sent with every call, such as `accept-language`.
     */
    @JvmOverloads
    public fun session(
        account: Account,
        credentials: CredentialsProvider? = null,
        endpoint: String? = null,
        metadata: Metadata = Metadata.EMPTY,
    ): Session = try {
        val config = Messages.session(account, credentials != null, endpoint, metadata)
        val session = NativeSession.open(held, config)
        credentials?.let { provides(session.handle, it) }
        Session(session)
    } catch (error: HoldoverException) {
        Session(RefusedSession(error))
    }

    /**
     * Deletes what is stored of an account that has no session any more.
     *
     * @throws HoldoverException STORAGE when the deletion may not outlive a crash.
     */
    public suspend fun erase(account: Account) {
        native.command(Messages.erase(account))
    }

    /** How good the network is held to be. */
    public val quality: Quality get() = stats().quality

    /** Overrides every judgement of the network; [Quality.UNSPECIFIED] takes that back. */
    public fun setQuality(quality: Quality) {
        native.hint(Messages.quality(quality))
    }

    /** What the app has measured of the network by itself; null takes that back. */
    public fun setEstimate(estimate: Estimate?) {
        native.hint(Messages.estimate(estimate))
    }

    /** What the platform knows of the network. Replaces what it said before. */
    public fun setPlatform(platform: Platform) {
        native.hint(Messages.platform(platform))
    }

    /** The app's own wish to save data, beside the platform's. */
    public fun setSavesData(savesData: Boolean) {
        native.hint(Messages.savesData(savesData))
    }

    /** Whether somebody sees the app. */
    public fun setAppState(state: AppState) {
        native.hint(Messages.appState(state.ordinal))
    }

    /**
     * Goes off the network and writes down what is to be stored, before the system suspends the app. Returns when that is
     * done; call [resume] when the app is back.
     *
     * @throws HoldoverException
     */
    public suspend fun pause() {
        native.command(Messages.pause())
    }

    /** After [pause]. */
    public fun resume() {
        native.hint(Messages.resume())
    }

    /** Drops what memory holds and the disk has, or nobody shows. */
    public fun memoryPressure() {
        native.hint(Messages.memoryPressure())
    }

    /**
     * Turns parts of policies off, in place of what was off before, for this process and later ones. Returns when that is
     * stored.
     *
     * @throws HoldoverException
     */
    public suspend fun disable(switches: List<Switch>) {
        native.command(Messages.disable(switches))
    }

    /** Counters of everything. There are none when the runtime has ended. */
    public fun stats(): Stats = native.stats()

    /**
     * Ends everything: calls and streams end with MISUSE, and nothing can be started any more. Returns when the store is
     * closed and listeners have heard everything. Cancelling stops nothing but the wait.
     */
    public suspend fun shutdown() {
        native.shutDown()
    }

    /** Ends everything without a wait. What the store was told before is still written. May be done more than once. */
    override fun close() {
        native.free()
    }

    public companion object {
        /** Describes a runtime. */
        @JvmStatic
        public fun builder(): RuntimeBuilder = RuntimeBuilder()
    }
}
