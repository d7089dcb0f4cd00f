import dev.holdover.ErrorKind
import dev.holdover.Observed
import dev.holdover.Source
import kotlin.test.assertEquals
import org.junit.jupiter.api.TestFactory

/** Captive portals (rule C4). */
class InterceptionTest {
    @TestFactory
    fun `somebody else's page is intercepted and costs nothing that is stored`() = over(Carrier.plain) {
        pricing.getProfile(profile())
        server.tell("portal")
        assertEquals(ErrorKind.INTERCEPTED, failure { quote() }.kind)
        assertEquals(ErrorKind.INTERCEPTED, failure { pricing.observeGetProfile(profile()).refresh() }.kind)
        assertEquals(Source.CACHE, pricing.getProfile(profile()).source)
    }

    @TestFactory
    fun `behind the portal everything goes on`() = over(Carrier.stacks) {
        server.tell("portal")
        val states = collect(pricing.observeGetQuote(ride()))
        states.first { it is Observed.Failed }
        server.tell("start")
        assertEquals("q-1 of r-1", states.value().value.quoteId)
    }
}
