import dev.holdover.ErrorKind
import kotlin.test.assertEquals
import org.junit.jupiter.api.TestFactory

/** What a server refuses. */
class StatusesTest {
    @TestFactory
    fun `a refusal is an error with its status`() = over(Carrier.all) {
        for ((name, kind, code) in listOf(
            Triple("NOT_FOUND", ErrorKind.REJECTED, 5),
            Triple("FAILED_PRECONDITION", ErrorKind.REJECTED, 9),
            Triple("UNAVAILABLE", ErrorKind.UNAVAILABLE, 14),
            Triple("INTERNAL", ErrorKind.UNAVAILABLE, 13),
        )) {
            server.tell("refuse $name")
            val error = failure { quote() }
            assertEquals(kind to code, error.kind to error.status?.code, name)
            assertEquals("as the test says", error.status?.message)
        }
    }
}
