package dev.holdover.testing

import dev.holdover.Runtime
import dev.holdover.RuntimeBuilder
import dev.holdover.Transport
import dev.holdover.http.HttpAbilities
import dev.holdover.http.HttpExchange
import dev.holdover.http.HttpFailure
import dev.holdover.http.HttpHeader
import dev.holdover.http.HttpRequest
import dev.holdover.http.HttpService
import java.io.ByteArrayOutputStream
import java.net.URI
import java.nio.ByteBuffer
import java.util.concurrent.CopyOnWriteArrayList
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.launch
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put

/**
 * A server in the test's own process: answers as the test says what a runtime asks, without a socket. Everything else of the
 * runtime is as in production: its cache, its retries, its streams.
 *
 * ```
 * val server = ScriptedServer { request ->
 *     if (request.method == "pricing.v1.Pricing/GetQuote") Reply.Message(quote.toByteArray()) else Reply.Refused(Status.UNIMPLEMENTED)
 * }
 * val pricing = PricingClient(server.runtime().session(Account.guest))
 * ```
 *
 * Tests of view models are simpler with the generated fakes. This is for tests of what the runtime makes of a network.
 *
 * @param answer Is asked about every call. What it throws is a failure of the server: INTERNAL.
 */
public class ScriptedServer(private val answer: suspend (Request) -> Reply) : HttpService {
    /**
     * A call that has arrived.
     *
     * @property method `pricing.v1.Pricing/GetQuote`
     * @property message The encoded message.
     * @property headers What came with it: metadata, and headers of the protocol. Names are lower-case.
     */
    public class Request(public val method: String, public val message: ByteArray, public val headers: Map<String, String>)

    /** What becomes of a call. */
    public sealed interface Reply {
        /** A unary call is answered by this encoded message. */
        public class Message(public val bytes: ByteArray) : Reply

        /** A stream has these encoded messages, and ends well. */
        public class Messages(public val all: List<ByteArray>) : Reply

        /** The server refuses. */
        public class Refused(public val status: Status, public val message: String = "") : Reply

        /** Somebody else's page is at the server's address: a captive portal. */
        public data object Portal : Reply

        /** There is no way to the server. */
        public data object Unreachable : Reply

        /** Nothing comes until the call is given up. */
        public data object Never : Reply
    }

    /** Why a server refuses: gRPC's statuses, as <https://connectrpc.com/docs/protocol#error-codes> carries them. */
    @Suppress("MagicNumber")
    public enum class Status(internal val http: Int) {
        CANCELLED(499), UNKNOWN(500), INVALID_ARGUMENT(400), DEADLINE_EXCEEDED(504), NOT_FOUND(404), ALREADY_EXISTS(409),
        PERMISSION_DENIED(403), RESOURCE_EXHAUSTED(429), FAILED_PRECONDITION(400), ABORTED(409), OUT_OF_RANGE(400),
        UNIMPLEMENTED(501), INTERNAL(500), UNAVAILABLE(503), DATA_LOSS(500), UNAUTHENTICATED(401),
        ;

        internal val connect: String get() = if (this == CANCELLED) "canceled" else name.lowercase()
    }

    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.IO)
    private val arrived = CopyOnWriteArrayList<Request>()

    /** The calls that have arrived so far, in order. Probes are not among them. */
    public val requests: List<Request> get() = arrived.toList()

    override val abilities: HttpAbilities = HttpAbilities(trailers = true)

    /** A runtime whose calls go here, and that keeps everything in memory unless it is told otherwise. */
    public fun runtime(configure: RuntimeBuilder.() -> Unit = {}): Runtime =
        Runtime.builder().plainTextEndpoint("scripted", "http://scripted.invalid").transport(Transport.Http(this)).apply(configure).build()

    override fun send(request: HttpRequest, exchange: HttpExchange) {
        val job = scope.launch { carry(request, exchange) }
        exchange.onCancel { job.cancel() }
    }

    private suspend fun carry(http: HttpRequest, exchange: HttpExchange) {
        // A probe: somebody is there.
        if (http.method == "HEAD") return exchange.respond(200, JSON, ByteArray(0))
        val headers = http.headers.associate { it.name to it.value }
        val isStream = headers["content-type"].orEmpty().endsWith("connect+proto")
        val body = http.body ?: ByteArray(0)
        val message = if (isStream) body.copyOfRange(minOf(ENVELOPE, body.size), body.size) else body
        val request = Request(URI(http.url).path.trimStart('/'), message, headers)
        when (val reply = reply(request)) {
            is Reply.Message -> if (isStream) exchange.stream(listOf(reply.bytes)) else exchange.respond(200, PROTO, reply.bytes)
            is Reply.Messages -> exchange.stream(reply.all)
            is Reply.Refused -> {
                val error = buildJsonObject {
                    put("code", reply.status.connect)
                    put("message", reply.message)
                }
                if (isStream) exchange.stream(emptyList(), error) else exchange.respond(reply.status.http, JSON, "$error".encodeToByteArray())
            }
            Reply.Portal -> exchange.respond(200, "text/html", "<html>Sign in to the Wi-Fi</html>".encodeToByteArray())
            Reply.Unreachable ->
                exchange.failed(HttpFailure(HttpFailure.Kind.UNREACHABLE, "the script says so", unsent = true))
            Reply.Never -> awaitCancellation()
        }
    }

    /** Whatever a script throws is a failure of the server. */
    @Suppress("TooGenericExceptionCaught")
    private suspend fun reply(request: Request): Reply {
        arrived += request
        return try {
            answer(request)
        } catch (cancelled: CancellationException) {
            throw cancelled
        } catch (error: Throwable) {
            Reply.Refused(Status.INTERNAL, "$error")
        }
    }

    private fun HttpExchange.stream(messages: List<ByteArray>, error: JsonObject? = null) {
        val body = ByteArrayOutputStream()
        for (message in messages) body.envelope(0, message)
        body.envelope(END, buildJsonObject { error?.let { put("error", it) } }.toString().encodeToByteArray())
        respond(200, "application/connect+proto", body.toByteArray())
    }

    private fun ByteArrayOutputStream.envelope(flags: Int, message: ByteArray) {
        val head = ByteBuffer.allocate(ENVELOPE).put(flags.toByte()).putInt(message.size).array()
        write(head, 0, head.size)
        write(message, 0, message.size)
    }

    private fun HttpExchange.respond(status: Int, type: String, body: ByteArray) {
        head(status, listOf(HttpHeader("content-type", type)))
        var at = 0
        while (at < body.size) {
            val length = minOf(awaitRoom(), body.size - at)
            if (length == 0) return
            chunk(body, at, length)
            at += length
        }
        end()
    }

    private companion object {
        private const val ENVELOPE = 5
        private const val END = 2
        private const val PROTO = "application/proto"
        private const val JSON = "application/json"
    }
}
