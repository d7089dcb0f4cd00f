import dev.holdover.Account
import dev.holdover.CacheMode
import dev.holdover.CallOptions
import dev.holdover.ErrorKind
import dev.holdover.Observed
import dev.holdover.Source
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlin.test.assertNull
import org.junit.jupiter.api.TestFactory
import pricing.v1.PricingClient

/** Accounts beside and after one another (section A). */
class SessionTest {
    @TestFactory
    fun `accounts never see one another's answers`() = over(Carrier.stacks) {
        pricing.getProfile(profile())
        for ((calls, other) in listOf(2 to Account.user("u-18"), 3 to Account.guest)) {
            val theirs = PricingClient(app.runtime.session(other))
            failure { theirs.getProfile(profile(), CallOptions(cache = CacheMode.CacheOnly)) }
            assertEquals(Source.NETWORK, theirs.getProfile(profile()).source)
            assertEquals(calls, server.calls())
        }
        assertEquals(Source.CACHE, pricing.getProfile(profile()).source)
    }

    @TestFactory
    fun `signing out ends calls and observers and destroys what was stored`() = over(Carrier.plain) {
        val states = collect(pricing.observeGetQuote(ride()))
        states.settled()
        server.tell("hold")
        val waiting = beside { pricing.getQuote(ride("r-2")) }
        server.tell("arrived 2")
        app.session.signOut()
        assertEquals(ErrorKind.SIGNED_OUT, waiting.failure().kind)
        server.tell("abandoned 1")
        val ended = states.first { it is Observed.Failed }
        assertEquals(ErrorKind.SIGNED_OUT, assertIs<Observed.Failed>(ended).error.kind)
        assertNull(states.nextOrNull())
        assertNull(pricing.cachedGetQuote(ride()))
        assertEquals(ErrorKind.SIGNED_OUT, failure { quote() }.kind)

        val again = PricingClient(app.runtime.session(Account.user("u-17")))
        assertEquals(Source.NETWORK, again.getQuote(ride()).source)
    }
}
