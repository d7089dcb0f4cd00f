package dev.holdover

/**
 * What stored answers are about, such as one ride. Generated code has a constructor for every shape that a policy has.
 *
 * @property parts The parts of the tag's template, in order.
 */
public class Tag(public vararg val parts: Part) {
    /** A part of a tag's template. */
    public sealed interface Part {
        /** Text of the template. */
        public data class Literal(public val text: String) : Part

        /** A value that stands for a `{path}`: its JSON text. */
        public data class Value(public val json: String) : Part
    }

    override fun equals(other: Any?): Boolean = other is Tag && parts.contentEquals(other.parts)

    override fun hashCode(): Int = parts.contentHashCode()

    override fun toString(): String = parts.joinToString("") { part ->
        when (part) {
            is Part.Literal -> part.text
            is Part.Value -> part.json
        }
    }

    public companion object {
        /** Text of the template. */
        public fun literal(text: String): Part = Part.Literal(text)

        /** A string, as JSON. */
        public fun value(value: String): Part = Part.Value(
            buildString {
                append('"')
                for (char in value) {
                    when (char) {
                        '"' -> append("\\\"")
                        '\\' -> append("\\\\")
                        '\b' -> append("\\b")
                        '\u000C' -> append("\\f")
                        '\n' -> append("\\n")
                        '\r' -> append("\\r")
                        '\t' -> append("\\t")
                        else -> if (char < ' ') append("\\u00").append(char.code.toString(16).padStart(2, '0')) else append(char)
                    }
                }
                append('"')
            },
        )

        /** A boolean. */
        public fun value(value: Boolean): Part = Part.Value(value.toString())

        /** An integer, or the number of an enum's value. */
        public fun value(value: Int): Part = Part.Value(value.toString())

        /** An integer. */
        public fun value(value: Long): Part = Part.Value(value.toString())

        /** An unsigned integer. */
        public fun value(value: UInt): Part = Part.Value(value.toString())

        /** An unsigned integer. */
        public fun value(value: ULong): Part = Part.Value(value.toString())
    }
}
