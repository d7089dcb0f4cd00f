package dev.holdover.internal

import java.io.ByteArrayOutputStream

/** The fields of an encoded message. Whatever it reads, it throws nothing but [Damaged]. */
internal class WireFields(private val bytes: ByteArray, private var at: Int = 0, private val end: Int = bytes.size) {
    class Damaged : Exception()

    /** The number of the field that was read last. */
    var number: Int = 0
        private set
    private var scalar = 0L
    private var start = -1

    fun next(): Boolean {
        if (at == end) return false
        val key = varint()
        number = (key ushr 3).toInt()
        start = -1
        when ((key and 7).toInt()) {
            0 -> scalar = varint()
            1 -> scalar = fixed(8)
            5 -> scalar = fixed(4)
            2 -> {
                val length = varint()
                start = at
                skip(length)
            }
            else -> throw Damaged()
        }
        return true
    }

    fun int(): Int = if (start < 0 && scalar in 0..Int.MAX_VALUE) scalar.toInt() else throw Damaged()

    fun long(): Long = if (start < 0) scalar else throw Damaged()

    fun flag(): Boolean = long() != 0L

    fun text(): String = if (start >= 0) bytes.decodeToString(start, at) else throw Damaged()

    fun bytes(): ByteArray = if (start >= 0) bytes.copyOfRange(start, at) else throw Damaged()

    fun message(): WireFields = if (start >= 0) WireFields(bytes, start, at) else throw Damaged()

    private fun skip(length: Long) {
        if (length < 0 || length > end - at) throw Damaged()
        at += length.toInt()
    }

    private fun fixed(length: Int): Long {
        val from = at
        skip(length.toLong())
        return (0 until length).fold(0L) { value, byte ->
            value or ((bytes[from + byte].toLong() and 0xff) shl (8 * byte))
        }
    }

    private fun varint(): Long {
        var value = 0L
        for (shift in 0..63 step 7) {
            if (at == end) throw Damaged()
            val byte = bytes[at++].toInt()
            value = value or ((byte and 0x7f).toLong() shl shift)
            if (byte >= 0) return value
        }
        throw Damaged()
    }
}

/** Writes an encoded message. Everything is written that it is told, defaults included; what is null is not. */
internal class WireWriter {
    private val out = ByteArrayOutputStream()

    fun number(field: Int, value: Int?): WireWriter = number(field, value?.toLong())

    fun number(field: Int, value: Long?): WireWriter {
        if (value != null) {
            key(field, 0)
            varint(value)
        }
        return this
    }

    fun flag(field: Int, value: Boolean): WireWriter = number(field, if (value) 1L else 0L)

    fun fixed(field: Int, value: Long): WireWriter {
        key(field, 1)
        for (byte in 0 until 8) out.write((value ushr (8 * byte)).toInt())
        return this
    }

    fun text(field: Int, value: String?): WireWriter = bytes(field, value?.encodeToByteArray())

    fun bytes(field: Int, value: ByteArray?): WireWriter {
        if (value != null) {
            key(field, 2)
            varint(value.size.toLong())
            out.write(value, 0, value.size)
        }
        return this
    }

    inline fun message(field: Int, write: WireWriter.() -> Unit): WireWriter =
        bytes(field, WireWriter().apply(write).done())

    fun done(): ByteArray = out.toByteArray()

    private fun key(field: Int, type: Int) {
        varint(field.toLong() shl 3 or type.toLong())
    }

    private fun varint(value: Long) {
        var rest = value
        while (rest and 0x7fL.inv() != 0L) {
            out.write((rest and 0x7f or 0x80).toInt())
            rest = rest ushr 7
        }
        out.write(rest.toInt())
    }
}
