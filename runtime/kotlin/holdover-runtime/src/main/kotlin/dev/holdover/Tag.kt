package dev.holdover

/**
 * What stored answers are about, such as one ride. Generated code has a constructor for every shape that a policy has. Values
 * are kept apart from text, so that no value can pass for a literal.
 *
 * @property parts The parts of the tag's template, in order.
 */
public class Tag(public vararg val parts: Part) {
    /** A part of a tag's template. */
    public sealed interface Part {
        /** Text of the template. */
        public data class Literal(public val text: String) : Part

        /** A string that stands for a `{path}`. */
        public data class Text(public val value: String) : Part

        /** A signed integer, or the number of an enum's value. */
        public data class Signed(public val value: Long) : Part

        /** An unsigned integer, as the bits of a `Long`. */
        public data class Unsigned(public val bits: Long) : Part

        /** A boolean. */
        public data class Bool(public val value: Boolean) : Part
    }

    override fun equals(other: Any?): Boolean = other is Tag && parts.contentEquals(other.parts)

    override fun hashCode(): Int = parts.contentHashCode()

    override fun toString(): String = parts.joinToString("") { part ->
        when (part) {
            is Part.Literal -> part.text
            is Part.Text -> "\"${part.value}\""
            is Part.Signed -> part.value.toString()
            is Part.Unsigned -> part.bits.toULong().toString()
            is Part.Bool -> part.value.toString()
        }
    }

    public companion object {
        /** Text of the template. */
        public fun literal(text: String): Part = Part.Literal(text)

        /** A string. */
        public fun value(value: String): Part = Part.Text(value)

        /** A boolean. */
        public fun value(value: Boolean): Part = Part.Bool(value)

        /** An integer, or the number of an enum's value. */
        public fun value(value: Int): Part = Part.Signed(value.toLong())

        /** An integer. */
        public fun value(value: Long): Part = Part.Signed(value)

        /** An unsigned integer. */
        public fun value(value: UInt): Part = Part.Unsigned(value.toLong())

        /** An unsigned integer. */
        public fun value(value: ULong): Part = Part.Unsigned(value.toLong())
    }
}
