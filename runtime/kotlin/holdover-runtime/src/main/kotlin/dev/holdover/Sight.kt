package dev.holdover

/**
 * Something that the runtime decided, for logs and meters. Holds no payloads, keys, account ids or credentials.
 *
 * @property name What happened: `hit`. Stable.
 * @property method `pricing.v1.Pricing/GetQuote`, if it is about a method.
 * @property attributes What else is known, by name: `row`, `age_us`. Numbers are `Long`s, words are `String`s; a time is in
 *   microseconds, and its name ends in `_us`.
 */
public data class RuntimeEvent(
    public val name: String,
    public val method: String?,
    public val attributes: Map<String, Any>,
)

/**
 * Counters of a runtime.
 *
 * @property quality How good the network is held to be.
 * @property measures All counters.
 */
public data class Stats(public val quality: Quality, public val measures: List<Measure>) {
    /**
     * One counter.
     *
     * @property name `holdover.cache.hits`
     * @property unit In UCUM.
     * @property description For people.
     * @property isCounter It only grows. Otherwise: how much there is now.
     * @property attribute What tells it from others of the same name: the attribute's name and value.
     * @property value How many, or how much.
     */
    public data class Measure(
        public val name: String,
        public val unit: String,
        public val description: String,
        public val isCounter: Boolean,
        public val attribute: Pair<String, String>?,
        public val value: Long,
    )

    /** The sum of a counter over its attributes; 0 if there is none of this name. */
    public operator fun get(name: String): Long = measures.filter { it.name == name }.sumOf { it.value }
}

/**
 * A part of policies that is turned off: see [Runtime.disable].
 *
 * @property feature What is turned off.
 * @property methods For these methods, named in full; null: for all.
 */
public data class Switch(public val feature: Feature, public val methods: List<String>? = null) {
    /** What can be turned off. */
    public enum class Feature {
        /** Answers are neither served from the cache nor stored. */
        CACHE,

        /** Answers are always asked for in full. */
        DETAIL,

        /** Calls are not parked. */
        OUTBOX,

        /** Streams do not begin with a replay. */
        REPLAY,
    }
}
