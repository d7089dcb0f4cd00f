package dev.holdover

import kotlin.time.Duration

/**
 * The options of one call: a closed set (rule B7).
 *
 * @property timeout How long the caller waits. Unset: the method's total timeout. It never cuts a flight that others wait
 *   for. Of a stream: how long it lasts at most, over all its openings.
 * @property metadata Metadata for this call alone.
 * @property cache How the cache is used.
 * @property detail How much is wanted.
 * @property priority Unset: as the method's policy says.
 */
public data class CallOptions(
    public val timeout: Duration? = null,
    public val metadata: Metadata = Metadata.EMPTY,
    public val cache: CacheMode = CacheMode.Default,
    public val detail: DetailMode = DetailMode.DEFAULT,
    public val priority: Priority? = null,
) {
    public companion object {
        /** As the method's policy says. */
        @JvmField
        public val DEFAULT: CallOptions = CallOptions()
    }
}

/** How a call uses the cache. */
public sealed interface CacheMode {
    /** As the method's policy says. */
    public data object Default : CacheMode

    /** Never touches the network; serves what is stored and has not expired. */
    public data object CacheOnly : CacheMode

    /** Never reads what is stored, but stores the answer. */
    public data object NetworkOnly : CacheMode

    /** Entries that are older than this are refreshed even if they are fresh by policy. */
    public data class MaxAge(public val age: Duration) : CacheMode
}

/** How much of an answer a call wants. */
public enum class DetailMode {
    /** Reduced on poor networks, as the method's policy says. */
    DEFAULT,

    /** All of it, whatever the network. */
    FULL,
}

/** Who gets the network first when it is scarce. Not the state of the app. */
public enum class Priority {
    /** Nobody is waiting. */
    BACKGROUND,

    /** Somebody is. */
    INTERACTIVE,
}

/**
 * What is sent beside a message: names with texts or, where a name ends in `-bin`, bytes. The order is kept, and a name may
 * come more than once. Names and values are checked when a call starts; what cannot be sent ends it with MISUSE.
 */
public class Metadata private constructor(public val entries: List<Entry>) {
    /** A name and a value. */
    public class Entry(public val name: String, public val value: ByteArray) {
        override fun equals(other: Any?): Boolean =
            other is Entry && name == other.name && value.contentEquals(other.value)

        override fun hashCode(): Int = 31 * name.hashCode() + value.contentHashCode()

        /** The name alone: values may be secret. */
        override fun toString(): String = name
    }

    /** This and a text. */
    public fun plus(name: String, value: String): Metadata = plus(name, value.encodeToByteArray())

    /** This and bytes, of a name that ends in `-bin`. */
    public fun plus(name: String, value: ByteArray): Metadata = Metadata(entries + Entry(name, value))

    override fun equals(other: Any?): Boolean = other is Metadata && entries == other.entries

    override fun hashCode(): Int = entries.hashCode()

    override fun toString(): String = "Metadata$entries"

    public companion object {
        /** None. */
        @JvmField
        public val EMPTY: Metadata = Metadata(emptyList())

        /** These texts. */
        public fun of(vararg entries: Pair<String, String>): Metadata =
            Metadata(entries.map { (name, value) -> Entry(name, value.encodeToByteArray()) })
    }
}
