import dev.holdover.ErrorKind
import kotlin.test.assertEquals
import org.junit.jupiter.api.TestFactory

/** What is too large (rule J3). */
class LimitsTest {
    @TestFactory
    fun `answers and requests that are too large are errors`() = over(Carrier.plain) {
        // A quote has about ten kilobytes.
        val tight = app { limits(messageBytes = 5_000) }.pricing
        assertEquals(ErrorKind.TOO_LARGE, failure { tight.getQuote(ride()) }.kind)
        assertEquals("Ada Lovelace", tight.getProfile(profile()).value.name)
        assertEquals(2, server.calls())
        assertEquals(ErrorKind.TOO_LARGE, failure { tight.getQuote(ride("r".repeat(5_001))) }.kind)
        assertEquals(2, server.calls())
    }
}
