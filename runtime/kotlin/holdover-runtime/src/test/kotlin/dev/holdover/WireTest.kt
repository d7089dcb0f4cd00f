package dev.holdover

import dev.holdover.internal.WireFields
import dev.holdover.internal.WireWriter
import kotlin.random.Random
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertTrue
import org.junit.jupiter.api.Test

/** As much of protobuf as the boundary takes. */
class WireTest {
    @Test
    fun `what was written is read`() {
        val bytes = WireWriter().number(1, -1L).number(2, 300).flag(3, true).fixed(4, -2L).text(5, "ü").bytes(16, byteArrayOf(0))
            .message(1_000) { number(1, 7) }.number(9, null as Int?).done()
        val fields = WireFields(bytes)
        val expected = listOf<Pair<Int, (WireFields) -> Unit>>(
            1 to { assertEquals(-1L, it.long()) },
            2 to { assertEquals(300, it.int()) },
            3 to { assertTrue(it.flag()) },
            4 to { assertEquals(-2L, it.long()) },
            5 to { assertEquals("ü", it.text()) },
            16 to { assertContentEquals(byteArrayOf(0), it.bytes()) },
            1_000 to { assertEquals(7, it.message().apply { next() }.int()) },
        )
        for ((number, check) in expected) {
            assertTrue(fields.next())
            assertEquals(number, fields.number)
            check(fields)
        }
        assertFalse(fields.next())
    }

    @Test
    fun `damaged bytes are damaged and nothing else`() {
        val random = Random(7)
        repeat(20_000) {
            val fields = WireFields(random.nextBytes(random.nextInt(24)))
            try {
                while (fields.next()) listOf(fields::int, fields::text, fields::message).random(random)()
            } catch (_: WireFields.Damaged) {
                return@repeat
            }
        }
        assertFailsWith<WireFields.Damaged> { WireFields(byteArrayOf(10, 127)).next() }
        assertFailsWith<WireFields.Damaged> { WireFields(ByteArray(11) { -1 }).next() }
    }

    @Test
    fun `tags keep values apart from text`() {
        assertEquals("ride:\"r-1\"", Tag(Tag.literal("ride:"), Tag.value("r-1")).toString())
        assertEquals(Tag(Tag.value(5)), Tag(Tag.value(5L)))
        assertFalse(Tag(Tag.literal("5")) == Tag(Tag.value(5)))
        assertEquals("18446744073709551615", Tag(Tag.value(ULong.MAX_VALUE)).toString())
    }

    @Test
    fun `secrets stand in no text`() {
        val secret = Metadata.of("authorization" to "Bearer secret")
        val texts = listOf(secret.toString(), Credentials.Use(secret).toString(), Account.user("secret").toString())
        assertTrue(texts.none { "secret" in it }, "$texts")
    }
}
