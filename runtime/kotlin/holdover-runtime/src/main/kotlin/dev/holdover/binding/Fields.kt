package dev.holdover.binding

import dev.holdover.Enriching
import dev.holdover.Part
import dev.holdover.Parts
import dev.holdover.Withheld

/** A message with what was withheld from it: what generated accessors read. `pick` returns null for an absent field. */
public class Fields<Message>(private val message: Message, private val withheld: Withheld<Message>) {
    /** A field that may be dropped, or a oneof with these members: it is withheld when any of them is. */
    public fun <Value : Any> field(vararg numbers: Int, pick: (Message) -> Value?): Enriching<Value> =
        enriching(numbers, pick(message)) { pick(it) }

    /** A message that may be dropped and has accessors of its own. A last known message was seen in full. */
    public fun <Inner : Any> message(number: Int, pick: (Message) -> Inner?): Enriching<Part<Inner>> =
        enriching(intArrayOf(number), part(number, pick)) { last -> pick(last)?.let { Part(it, Withheld.nothing()) } }

    /** A message that is never dropped, and has accessors of its own. */
    public fun <Inner : Any> part(number: Int, pick: (Message) -> Inner?): Part<Inner>? =
        pick(message)?.let { value -> Part(value, withheld.below(number, lazy { withheld.lastKnown?.let(pick) })) }

    /** A list that may be dropped, of messages with accessors of their own. An empty list counts as absent. */
    public fun <Item : Any> list(number: Int, pick: (Message) -> List<Item>): Enriching<List<Part<Item>>> =
        enriching(intArrayOf(number), items(number, pick).ifEmpty { null }) { last ->
            pick(last).map { Part(it, Withheld.nothing<Item>()) }.ifEmpty { null }
        }

    /** The items of a list that is never dropped itself. They have no last known values. */
    public fun <Item : Any> items(number: Int, pick: (Message) -> List<Item>): List<Part<Item>> {
        val view = withheld.below<Item>(number, null)
        return pick(message).map { Part(it, view) }
    }

    /** A map that may be dropped, whose values have accessors of their own. An empty map counts as absent. */
    public fun <Key, Value : Any> map(number: Int, pick: (Message) -> Map<Key, Value>): Enriching<Parts<Key, Value>> =
        enriching(intArrayOf(number), values(number, pick).takeUnless { it.values.isEmpty() }) { last ->
            pick(last).ifEmpty { null }?.let { Parts(it, Withheld.nothing()) }
        }

    /** A map that is never dropped itself. Its values have no last known values. */
    public fun <Key, Value : Any> values(number: Int, pick: (Message) -> Map<Key, Value>): Parts<Key, Value> =
        Parts(pick(message), withheld.below<Any>(number, null).below(MAP_VALUE, null))

    private inline fun <Value : Any> enriching(
        numbers: IntArray,
        present: Value?,
        last: (Message) -> Value?,
    ): Enriching<Value> = when {
        present != null -> Enriching.Present(present)
        numbers.any(withheld::drops) -> Enriching.Withheld(withheld.lastKnown?.let(last))
        else -> Enriching.Absent
    }

    private companion object {
        /** The number of the value of a map's entry. */
        private const val MAP_VALUE = 2
    }
}
