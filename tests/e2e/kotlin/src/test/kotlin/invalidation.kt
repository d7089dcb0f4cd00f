import kotlin.test.assertEquals
import org.junit.jupiter.api.TestFactory
import pricing.v1.Tags

/** What makes stored answers outdated (section D). */
class InvalidationTest {
    @TestFactory
    fun `a mutation outdates what it is about and observers see the new one`() = over(Carrier.plain) {
        val states = collect(pricing.observeGetQuote(ride()))
        assertEquals("Airport", states.settled().value.destination)
        assertEquals("Zoo", pricing.updateDestination(update("Zoo")).value.destination)
        states.value { it.value.destination == "Zoo" && !it.isRefreshing }
    }

    @TestFactory
    fun `an app may outdate a tag by itself`() = over(Carrier.stacks) {
        val states = collect(pricing.observeGetQuote(ride()))
        states.settled()
        server.tell("change Central Station")
        app.session.invalidate(Tags.ride("r-1"))
        states.value { it.value.destination == "Central Station" }
    }
}
