package dev.holdover

import dev.holdover.binding.WithheldPlan

/**
 * What was withheld from one message, and what it last was in full. [Snapshot.withheld] is the view of the answer itself;
 * the views of messages inside it come from their parent's accessors.
 *
 * Generated accessors pass field numbers, and functions that pick the field of a message, nothing else.
 */
public class Withheld<out Message> internal constructor(
    @PublishedApi internal val plan: WithheldPlan?,
    private val node: Int,
    private val last: Lazy<Message?>?,
) {
    /** Whether nothing in this message or below can be withheld. */
    public val isNothing: Boolean get() = plan == null

    /** The same message as it was last seen in full. */
    public val lastKnown: Message? get() = last?.value

    internal fun drops(number: Int): Boolean = plan?.drops(node, number) ?: false

    /** The view of a message below a field, or of all items of one. */
    internal fun <Inner> below(number: Int, last: Lazy<Inner?>?): Withheld<Inner> {
        val below = plan?.descends(node, number) ?: return nothing()
        return Withheld(plan, below, last)
    }

    public companion object {
        private val NOTHING = Withheld<Nothing>(null, 0, null)

        /** Nothing is withheld: for messages that did not come from a snapshot. */
        @JvmStatic
        public fun <Message> nothing(): Withheld<Message> = NOTHING
    }
}

/**
 * A message inside another one, and the view to read it with: `val (value, withheld) = trip.enriched(view).from ?: …`.
 */
public data class Part<out Message>(public val value: Message, public val withheld: Withheld<Message>)

/** The values of a map, and the view that all of them are read with. */
public data class Parts<Key, out Value>(public val values: Map<Key, Value>, public val withheld: Withheld<Value>)
