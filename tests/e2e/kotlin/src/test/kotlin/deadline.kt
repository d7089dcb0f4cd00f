import dev.holdover.CallOptions
import dev.holdover.ErrorKind
import kotlin.test.assertEquals
import kotlin.time.Duration.Companion.milliseconds
import org.junit.jupiter.api.TestFactory

/** How long callers wait. */
class DeadlineTest {
    @TestFactory
    fun `a caller may wait for less and the work at the server ends`() = over(Carrier.plain) {
        server.tell("hold")
        val call = beside { quote(CallOptions(timeout = 1_500.milliseconds)) }
        server.tell("arrived 1")
        assertEquals(ErrorKind.TIMEOUT, call.failure().kind)
        server.tell("abandoned 1")
    }
}
