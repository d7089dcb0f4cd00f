import dev.holdover.Account
import dev.holdover.CallOptions
import dev.holdover.Credentials
import dev.holdover.CredentialsProvider
import dev.holdover.CredentialsRequest
import dev.holdover.Freshness
import dev.holdover.HoldoverException
import dev.holdover.Observed
import dev.holdover.Protocol
import dev.holdover.Runtime
import dev.holdover.RuntimeBuilder
import dev.holdover.Session
import dev.holdover.Snapshot
import dev.holdover.Transport
import dev.holdover.okhttp.OkHttpService
import java.security.KeyStore
import java.security.cert.CertificateFactory
import java.util.concurrent.CopyOnWriteArrayList
import javax.net.ssl.SSLContext
import javax.net.ssl.TrustManagerFactory
import javax.net.ssl.X509TrustManager
import kotlin.test.fail
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import okhttp3.OkHttpClient
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.DynamicTest.dynamicTest
import pricing.v1.PricingClient
import pricing.v1.PricingOuterClass.GetProfileRequest
import pricing.v1.PricingOuterClass.GetQuoteRequest
import pricing.v1.PricingOuterClass.Quote
import pricing.v1.PricingOuterClass.UpdateDestinationRequest

/** How calls get to the server. */
internal data class Carrier(val byOkHttp: Boolean, val protocol: Protocol, val tls: Boolean = false) {
    override fun toString(): String =
        "$protocol by ${if (byOkHttp) "OkHttp" else "Rust"}${if (tls) " over TLS" else ""}"

    companion object {
        private val both = listOf(false, true)

        /** Each stack with each protocol. */
        val plain: List<Carrier> = both.flatMap { stack -> Protocol.entries.map { Carrier(stack, it) } }

        /** The same over TLS, too. */
        val all: List<Carrier> = plain + plain.map { it.copy(tls = true) }

        /** Each stack, for what does not depend on the protocol. */
        val stacks: List<Carrier> = listOf(Carrier(false, Protocol.GRPC), Carrier(true, Protocol.CONNECT))
    }
}

/** A test for each way to get to the server. It hangs for nobody. */
internal fun over(
    carriers: List<Carrier>,
    vararg server: String,
    test: suspend Scene.() -> Unit,
): List<DynamicTest> = carriers.map { carrier ->
    dynamicTest(carrier.toString()) {
        runBlocking {
            withTimeout(60.seconds) { coroutineScope { Scene(carrier, this, *server).use { it.test() } } }
        }
    }
}

/** A server, and an app that uses it. */
internal class Scene(private val carrier: Carrier, private val scope: CoroutineScope, vararg arguments: String) :
    AutoCloseable {
    val server = RidesServer(*arguments, *(if (carrier.tls) arrayOf("tls") else emptyArray()))
    private val apps = mutableListOf<App>()
    private val jobs = mutableListOf<Job>()

    val byOkHttp: Boolean get() = carrier.byOkHttp

    /** The account `u-17`, without credentials and with nothing on disk. */
    val app: App by lazy { app() }
    val pricing: PricingClient get() = app.pricing

    fun app(credentials: CredentialsProvider? = null, configure: RuntimeBuilder.() -> Unit = {}): App =
        App(server, carrier, credentials, configure).also { apps += it }

    suspend fun quote(options: CallOptions = CallOptions.DEFAULT): Snapshot<Quote> = pricing.getQuote(ride(), options)

    /** Starts something that runs beside the test, and ends with it. */
    fun <T> beside(run: suspend () -> T): Outcome<T> = Outcome(scope, run).also { jobs += it.job }

    /** Collects a flow, one item ahead. */
    fun <T> collect(flow: Flow<T>): Collected<T> = Collected(scope, flow).also { jobs += it.job }

    override fun close() {
        jobs.forEach { it.cancel() }
        apps.forEach { it.runtime.close() }
        server.close()
    }
}

/** One account's session, and the generated client on it. */
internal class App(
    server: RidesServer,
    carrier: Carrier,
    credentials: CredentialsProvider?,
    configure: RuntimeBuilder.() -> Unit,
) {
    private val heard = Channel<String>(Channel.UNLIMITED)
    val runtime: Runtime = Runtime.builder()
        .apply {
            if (server.root == null) plainTextEndpoint("prod", server.url, carrier.protocol)
            else endpoint("prod", server.url, carrier.protocol)
        }
        .transport(if (carrier.byOkHttp) Transport.Http(okHttp(server.root)) else Transport.Rust(server.root))
        .onEvent { heard.trySend(it.name) }
        .apply(configure)
        .build()
    val session: Session = runtime.session(Account.user("u-17"), credentials)
    val pricing: PricingClient = PricingClient(session)

    /** Waits for an event of this name, and passes over those before it. */
    suspend fun event(name: String) {
        while (heard.receive() != name) continue
    }
}

/** OkHttp as an app has it, which trusts this root alone, if there is one. */
private fun okHttp(root: ByteArray?): OkHttpService {
    if (root == null) return OkHttpService()
    val keys = KeyStore.getInstance(KeyStore.getDefaultType()).apply { load(null) }
    keys.setCertificateEntry("root", CertificateFactory.getInstance("X.509").generateCertificate(root.inputStream()))
    val managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm()).apply { init(keys) }.trustManagers
    val tls = SSLContext.getInstance("TLS").apply { init(null, managers, null) }
    val trust = managers.single() as X509TrustManager
    return OkHttpService(OkHttpClient.Builder().sslSocketFactory(tls.socketFactory, trust).build())
}

/** What a call that runs beside the test comes to. */
internal class Outcome<T>(scope: CoroutineScope, run: suspend () -> T) {
    private val result = Channel<Result<T>>(1)
    val job: Job = scope.launch {
        try {
            result.send(Result.success(run()))
        } catch (error: HoldoverException) {
            result.send(Result.failure(error))
        }
    }

    suspend fun await(): T = result.receive().getOrThrow()

    /** Why it failed. */
    suspend fun failure(): HoldoverException = failure { await() }

    suspend fun cancel() = job.cancelAndJoin()
}

/** Items of a flow as they come. */
internal class Collected<T>(scope: CoroutineScope, flow: Flow<T>) {
    private val items = Channel<T>()
    val job: Job = scope.launch {
        try {
            flow.collect { items.send(it) }
            items.close()
        } catch (error: HoldoverException) {
            items.close(error)
        }
    }

    suspend fun next(): T = items.receive()

    /** The next one; null at the end. */
    suspend fun nextOrNull(): T? = items.receiveCatching().let { it.exceptionOrNull()?.let { error -> throw error }; it.getOrNull() }

    suspend fun first(wanted: (T) -> Boolean): T {
        while (true) next().let { if (wanted(it)) return it }
    }

    /** Leaves it. */
    suspend fun cancel() = job.cancelAndJoin()
}

/** The first value of an observer that is wanted. */
internal suspend fun <T> Collected<Observed<T>>.value(wanted: (Snapshot<T>) -> Boolean = { true }): Snapshot<T> {
    while (true) (next() as? Observed.Value)?.snapshot?.let { if (wanted(it)) return it }
}

/** A fresh value that is not being refreshed. */
internal suspend fun <T> Collected<Observed<T>>.settled(): Snapshot<T> =
    value { it.freshness == Freshness.FRESH && !it.isRefreshing }

/** Why something fails. */
internal suspend fun failure(call: suspend () -> Any?): HoldoverException = try {
    fail("it came to ${call()}")
} catch (error: HoldoverException) {
    error
}

/** Gives out `Bearer token-<n>`, with a new number each time it is asked. */
internal class Tokens : CredentialsProvider {
    val requests = CopyOnWriteArrayList<CredentialsRequest>()

    override suspend fun credentials(request: CredentialsRequest): Credentials {
        requests += request
        return Credentials.bearer("token-${requests.size - 1}")
    }
}

internal fun ride(id: String = "r-1"): GetQuoteRequest = GetQuoteRequest.newBuilder().setRideId(id).build()

internal fun profile(): GetProfileRequest = GetProfileRequest.getDefaultInstance()

internal fun update(destination: String): UpdateDestinationRequest =
    UpdateDestinationRequest.newBuilder().setRideId("r-1").setDestination(destination).build()
