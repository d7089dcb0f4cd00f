import com.example.pricing.v1.GetQuoteRequest
import com.example.pricing.v1.PricingClient
import com.example.pricing.v1.WatchPricesRequest
import dev.holdover.Account
import dev.holdover.Credentials
import dev.holdover.CredentialsProvider
import dev.holdover.CredentialsRequest
import dev.holdover.Metadata
import dev.holdover.Protocol
import dev.holdover.Quality
import dev.holdover.Runtime
import dev.holdover.Session
import java.io.File
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow

/** The ride that the story is about. */
const val RIDE: String = "ride-17"

/**
 * The app: a runtime, a session, a client. This is all that an app developer writes. It starts without input or output: the
 * store opens and the first connection is made when a call needs them. OkHttp carries its calls.
 */
class App(url: String, folder: File, tokens: Tokens) {
    private val told = MutableStateFlow(Quality.UNSPECIFIED)

    /** How good the network is, as the app was told last. */
    val quality: StateFlow<Quality> = told
    val runtime: Runtime = Runtime.builder()
        // Plain text has to be asked for; `endpoint(…)` is TLS.
        .plainTextEndpoint("prod", url, Protocol.GRPC)
        .store(folder)
        // Half a minute is right for people, and long for a story.
        .gracePeriod(500.milliseconds)
        // A screen would show a bar less.
        .onQuality { told.value = it }
        .build()
    val session: Session = runtime.session(Account.user("ada"), tokens)
    val pricing: PricingClient = PricingClient(session)
}

/** The app's access tokens: the newest one that it has, renewed when the server refuses it. Asked one call at a time. */
class Tokens : CredentialsProvider {
    private var number = 0

    /** How often one was renewed. */
    @Volatile
    var renewals: Int = 0
        private set

    override suspend fun credentials(request: CredentialsRequest): Credentials {
        // Renew only if what was refused is the newest token: another call may have had it renewed meanwhile.
        if (request.rejected == Metadata.of("authorization" to "Bearer token-$number")) {
            number += 1
            renewals += 1
        }
        return Credentials.bearer("token-$number")
    }
}

fun quoteOf(ride: String = RIDE): GetQuoteRequest = GetQuoteRequest.newBuilder().setRideId(ride).build()

fun pricesOf(ride: String = RIDE): WatchPricesRequest = WatchPricesRequest.newBuilder().setRideId(ride).build()
