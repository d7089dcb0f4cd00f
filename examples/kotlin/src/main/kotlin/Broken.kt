import com.example.pricing.v1.GetProfileRequest
import dev.holdover.CacheMode
import dev.holdover.CallOptions
import dev.holdover.ErrorKind
import dev.holdover.Source
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.delay

// Things break: the server, the Wi-Fi, the token, a deployment.

suspend fun Stage.serverDown() {
    narrator.step("The server is down", "rpc GetQuote", "stale_if_error")
    server.tell("stop")
    delay(6_100.milliseconds)
    val quote = show { app.pricing.getQuote(quoteOf()) }.getOrThrow()
    narrator.check(
        quote.source == Source.CACHE && quote.error != null,
        "the old quote is shown, and says why it is old",
    )
    server.tell("start")
}

suspend fun Stage.captivePortal() {
    narrator.step("A hotel's Wi-Fi answers instead", "rpc GetQuote", "stale_if_error")
    server.tell("portal on")
    narrator.say("Ada pulls the quote down to refresh it.")
    val refreshed = app.pricing.observeGetQuote(quoteOf()).attemptRefresh()
    narrator.check(refreshed?.kind == ErrorKind.INTERCEPTED, "HTML is not a quote: the login page is recognised")
    val quote = show { app.pricing.getQuote(quoteOf()) }.getOrThrow()
    narrator.check(
        quote.source == Source.CACHE && quote.error != null,
        "nothing stored is lost, and it is shown without asking again so soon",
    )
    server.tell("portal off")
}

suspend fun Stage.tokenRefresh() {
    narrator.step("The access token expires", "rpc GetProfile", "scope")
    server.tell("expire")
    val options = CallOptions(cache = CacheMode.NetworkOnly)
    val profile = app.pricing.getProfile(GetProfileRequest.getDefaultInstance(), options)
    narrator.say("→ the profile of ${profile.value.name}")
    narrator.check(
        tokens.renewals == 1,
        "the app was asked once for a new token, and the call was repeated once",
    )
}

suspend fun Stage.requiredFieldMissing() {
    narrator.step("A bad deployment forgets the quote's id", "message Quote", "quote_id")
    server.tell("forget on")
    val other = show { app.pricing.getQuote(quoteOf("ride-18")) }.why
    narrator.check(
        other?.kind == ErrorKind.UNUSABLE && "quote_id" in other.paths,
        "a quote without it never reaches the screen, and the error names the field",
    )
    val refreshed = app.pricing.observeGetQuote(quoteOf()).attemptRefresh()
    val quote = show { app.pricing.getQuote(quoteOf()) }.getOrThrow()
    narrator.check(
        refreshed?.kind == ErrorKind.UNUSABLE && quote.source == Source.CACHE && quote.value.hasQuoteId(),
        "and the last good quote of another ride stays, instead of being replaced by such a one",
    )
    server.tell("forget off")
}
