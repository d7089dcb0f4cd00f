package dev.holdover

import dev.holdover.binding.WithheldPlan
import kotlin.time.Duration

/**
 * Where a value came from and how far it can be trusted (rule B1). By default as if from the server, now.
 *
 * @property source From the server or from the cache.
 * @property freshness By the windows of the method's policy.
 * @property asOfMillis When the server gave it, by the wall clock: milliseconds since 1970.
 * @property age How long ago that was, by the boot clock, when the snapshot was made.
 * @property detail Whether parts may have been left out to save bytes.
 * @property isRefreshing Whether a newer value is being fetched.
 * @property gap Of a stream: messages may be missing before this one (rules G3, G5).
 * @property error Why the last attempt to fetch a newer one failed.
 */
public data class Provenance(
    public val source: Source = Source.NETWORK,
    public val freshness: Freshness = Freshness.FRESH,
    public val asOfMillis: Long = System.currentTimeMillis(),
    public val age: Duration = Duration.ZERO,
    public val detail: Detail = Detail.FULL,
    public val isRefreshing: Boolean = false,
    public val gap: Boolean = false,
    public val error: HoldoverException? = null,
)

/** Where a value came from. */
public enum class Source {
    /** The answer to a request that this delivery waited for. */
    NETWORK,

    /** Memory or disk. */
    CACHE,

    /** The kept last message of a stream. */
    REPLAY,
}

/** Where an answer is in its windows. */
public enum class Freshness {
    /** Younger than `fresh_for`. */
    FRESH,

    /** Older, or known to be outdated, but still worth showing. */
    STALE,

    /** Past every window. */
    EXPIRED,
}

/** How much of an answer a value is. */
public enum class Detail {
    /** All of it. */
    FULL,

    /** What the method's prune plan keeps. */
    REDUCED,
}

/**
 * An answer: the value, where it came from, and what was withheld from it.
 *
 * @property value The answer.
 * @property provenance Where the value came from and how far it can be trusted.
 * @property withheld What generated accessors read the value with: `quote.value.enriched(quote.withheld).promo`.
 */
public class Snapshot<out Value> internal constructor(
    public val value: Value,
    public val provenance: Provenance,
    public val withheld: Withheld<Value>,
) {
    /** An answer of any provenance, nothing of it withheld: for fakes and previews. */
    public constructor(value: Value, provenance: Provenance = Provenance()) : this(value, provenance, Withheld.nothing())

    /** From the server or from the cache. */
    public val source: Source get() = provenance.source

    /** By the windows of the method's policy. */
    public val freshness: Freshness get() = provenance.freshness

    /** How old the value was when the snapshot was made. */
    public val age: Duration get() = provenance.age

    /** Whether parts may have been left out to save bytes. */
    public val detail: Detail get() = provenance.detail

    /** Whether a newer value is being fetched. */
    public val isRefreshing: Boolean get() = provenance.isRefreshing

    /** Of a stream: whether messages may be missing before this one. */
    public val gap: Boolean get() = provenance.gap

    /** Why the last attempt to fetch a newer value failed. */
    public val error: HoldoverException? get() = provenance.error

    /** The fields that may have been left out, as paths such as `promo` or `stops.photo`; none of a full answer. */
    public val withheldPaths: List<String> get() = withheld.plan?.paths.orEmpty()

    /**
     * Makes what a screen shows out of the answer; provenance is kept. Accessors are used inside, with the view that is
     * passed, because the result has no view of its own.
     */
    public inline fun <Mapped> map(change: (value: Value, withheld: Withheld<Value>) -> Mapped): Snapshot<Mapped> =
        Snapshot(change(value, withheld), provenance)

    /** Equal value and provenance. */
    override fun equals(other: Any?): Boolean =
        other is Snapshot<*> && value == other.value && provenance == other.provenance

    override fun hashCode(): Int = 31 * (value?.hashCode() ?: 0) + provenance.hashCode()

    override fun toString(): String = "Snapshot($value, $provenance)"

    public companion object {
        /**
         * An answer as a poor network gets it: for fakes and previews of what a screen shows without the parts that were
         * left out. `value` lacks them already; `lastKnown` is what was seen in full before, if anything was. The policy is
         * the generated client's, the method's name as in errors of fakes:
         * `Snapshot.reduced(quote, PricingClient.POLICY, "pricing.v1.Pricing/GetQuote")`.
         *
         * @throws HoldoverException MISUSE when the policy has no such method, or the method no `detail`.
         */
        public fun <Value> reduced(
            value: Value,
            policy: ByteArray,
            method: String,
            lastKnown: Value? = null,
        ): Snapshot<Value> {
            val plan = WithheldPlan.of(policy, method)
            val last = lastKnown?.let { lazyOf<Value?>(it) }
            return Snapshot(value, Provenance(detail = Detail.REDUCED), Withheld(plan, 0, last))
        }
    }
}

/** What an observed answer is now. States, not a log: only the newest counts (rule B3). */
public sealed interface Observed<out Value> {
    /** Nothing to show yet. */
    public data object Loading : Observed<Nothing>

    /** The newest answer. A refresh that failed is said in it: see [Snapshot.error]. */
    public data class Value<out T>(public val snapshot: Snapshot<T>) : Observed<T>

    /** There is no answer that could be shown, and the last attempt to get one failed. Another one follows. */
    public data class Failed(public val error: HoldoverException) : Observed<Nothing>
}
