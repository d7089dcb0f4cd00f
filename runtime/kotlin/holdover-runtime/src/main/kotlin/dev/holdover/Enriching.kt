package dev.holdover

/**
 * A field that a poor network may have left out.
 *
 * [Absent] is the server's word: there is none. [Withheld] is ours: nobody asked, so nobody knows, but the value that was
 * last seen in full is offered, so that entering a tunnel does not blank what is already on the screen (rule F9).
 */
public sealed interface Enriching<out Value> {
    /** The answer has the field. */
    public data class Present<out Value>(public val value: Value) : Enriching<Value>

    /** The answer was complete here, and does not have the field. */
    public data object Absent : Enriching<Nothing>

    /**
     * The field was left out to save bytes.
     *
     * @property lastKnown The last known value, if the full answer is still stored and had one; inside lists and maps there
     *   is none.
     */
    public data class Withheld<out Value>(public val lastKnown: Value?) : Enriching<Value>

    /** The value of this very answer. */
    public fun present(): Value? = (this as? Present)?.value

    /** The value of this answer, or else the last known one. */
    public fun known(): Value? = when (this) {
        is Present -> value
        Absent -> null
        is Withheld -> lastKnown
    }

    /** Whether the field was left out to save bytes. */
    public val isWithheld: Boolean get() = this is Withheld

    /** Changes the value, not what is known about it. */
    public fun <Mapped> map(change: (Value) -> Mapped): Enriching<Mapped> = when (this) {
        is Present -> Present(change(value))
        Absent -> Absent
        is Withheld -> Withheld(lastKnown?.let(change))
    }
}
