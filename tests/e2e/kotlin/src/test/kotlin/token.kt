import dev.holdover.CacheMode
import dev.holdover.CallOptions
import dev.holdover.Credentials
import dev.holdover.CredentialsProvider
import dev.holdover.ErrorKind
import dev.holdover.Source
import java.util.concurrent.atomic.AtomicInteger
import kotlin.test.assertEquals
import org.junit.jupiter.api.TestFactory

/** Credentials that expire (rules A3, A4). */
class TokenTest {
    @TestFactory
    fun `a token is asked for once and kept`() = over(Carrier.plain) {
        val tokens = Tokens()
        val app = app(tokens)
        repeat(3) { app.pricing.getQuote(ride(), CallOptions(cache = CacheMode.NetworkOnly)) }
        assertEquals(1 to 3, tokens.requests.size to server.calls())
        assertEquals("Bearer token-0", server.tell("header 2 authorization"))
        val request = tokens.requests.single()
        assertEquals("prod" to "/pricing.v1.Pricing/GetQuote", request.endpoint to request.method)
    }

    @TestFactory
    fun `a refused token is renewed once and the call repeated once`() = over(Carrier.plain) {
        val tokens = Tokens()
        val app = app(tokens)
        server.tell("refuse UNAUTHENTICATED")
        assertEquals(Source.NETWORK, app.pricing.getQuote(ride()).source)
        assertEquals(listOf(false, true), tokens.requests.map { it.rejected != null })
        assertEquals(listOf("Bearer token-0", "Bearer token-1"), List(2) { server.tell("header $it authorization") })
    }

    @TestFactory
    fun `a second refusal asks the user to sign in`() = over(Carrier.plain) {
        val app = app(Tokens())
        repeat(2) { server.tell("refuse UNAUTHENTICATED") }
        assertEquals(ErrorKind.SIGN_IN_REQUIRED, failure { app.pricing.getQuote(ride()) }.kind)
        app.session.credentialsChanged()
        assertEquals(Source.NETWORK, app.pricing.getQuote(ride()).source)
    }

    /** Rule A4: a hook that throws is a transport failure; nobody is signed out. */
    @TestFactory
    fun `a hook that fails is asked again by the next call`() = over(Carrier.stacks) {
        val asked = AtomicInteger()
        val app = app(
            CredentialsProvider {
                check(asked.incrementAndGet() > 1) { "the key store is locked" }
                Credentials.bearer("token")
            },
        )
        val error = failure { app.pricing.getQuote(ride()) }
        assertEquals(ErrorKind.UNREACHABLE, error.kind)
        assertEquals(0, server.calls())
        app.pricing.getQuote(ride())
        assertEquals("Bearer token", server.tell("header 0 authorization"))
    }

    @TestFactory
    fun `nobody who is signed out sends anything`() = over(Carrier.stacks) {
        val app = app(CredentialsProvider { Credentials.SignInRequired })
        assertEquals(ErrorKind.SIGN_IN_REQUIRED, failure { app.pricing.getQuote(ride()) }.kind)
        assertEquals(0, server.calls())
    }
}
