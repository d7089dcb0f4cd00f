package dev.holdover.okhttp

import dev.holdover.http.HttpAbilities
import dev.holdover.http.HttpExchange
import dev.holdover.http.HttpFailure
import dev.holdover.http.HttpHeader
import dev.holdover.http.HttpRequest
import dev.holdover.http.HttpService
import java.io.IOException
import java.net.InetSocketAddress
import java.net.Proxy
import java.util.Collections
import java.util.WeakHashMap
import java.util.concurrent.SynchronousQueue
import java.util.concurrent.ThreadPoolExecutor
import java.util.concurrent.TimeUnit
import kotlin.time.Duration
import kotlin.time.Duration.Companion.nanoseconds
import okhttp3.Authenticator
import okhttp3.Call
import okhttp3.Callback
import okhttp3.Connection
import okhttp3.ConnectionPool
import okhttp3.CookieJar
import okhttp3.Dispatcher
import okhttp3.EventListener
import okhttp3.Handshake
import okhttp3.Headers
import okhttp3.HttpUrl.Companion.toHttpUrlOrNull
import okhttp3.Interceptor
import okhttp3.MediaType
import okhttp3.OkHttpClient
import okhttp3.Protocol
import okhttp3.Request
import okhttp3.RequestBody
import okhttp3.Response
import okio.BufferedSink

/**
 * Carries calls by OkHttp: Connect, gRPC-Web, and gRPC over HTTP/2, with streams of all kinds. The app brings OkHttp 4.12 or
 * newer.
 *
 * @param base The app's own client: its trust, its proxy, its DNS, its interceptors and its connections are used. Its cookies,
 *   its cache, its redirects, its retries and its timeouts are not, because the runtime has its own.
 */
public class OkHttpService @JvmOverloads constructor(base: OkHttpClient = OkHttpClient()) : HttpService {
    private val seen: MutableSet<Connection> =
        Collections.synchronizedSet(Collections.newSetFromMap(WeakHashMap<Connection, Boolean>()))

    @Volatile
    private var client: OkHttpClient = carrier(base)

    override val abilities: HttpAbilities = HttpAbilities(trailers = true, streamedBodies = true, http2 = true)

    override fun send(request: HttpRequest, exchange: HttpExchange) {
        val url = request.url.toHttpUrlOrNull()
        if (url == null) {
            val message = "OkHttp cannot read the url ${request.url}"
            exchange.failed(HttpFailure(HttpFailure.Kind.UNSUPPORTED, message, unsent = true))
            return
        }
        val trace = Trace(request.mustBeHttp2)
        val body = request.body
        val sent = when {
            request.method == "HEAD" || request.method == "GET" -> null
            body != null -> Whole(body)
            else -> Made(exchange, isDuplex = request.mustBeHttp2, threads = client.dispatcher.executorService::execute)
        }
        val headers = Headers.Builder()
        for (header in request.headers) headers.addUnsafeNonAscii(header.name, header.value)
        // OkHttp would ask for an encoding of its own, and hide it.
        if (request.headers.none { it.name == "accept-encoding" }) headers.add("accept-encoding", "identity")
        val call = carrier(request).newCall(
            Request.Builder().url(url).headers(headers.build()).method(request.method, sent)
                .tag(Trace::class.java, trace).build(),
        )
        exchange.onCancel(call::cancel)
        call.enqueue(Reader(exchange, trace))
    }

    override fun suspect() {
        client = client.newBuilder().connectionPool(ConnectionPool()).build()
    }

    /** A client for one request, which may want other connections than most. */
    private fun carrier(request: HttpRequest): OkHttpClient {
        val priorKnowledge = request.mustBeHttp2 && request.url.startsWith("http:")
        if (!priorKnowledge && !request.onFreshConnection) return client
        val builder = client.newBuilder()
        if (priorKnowledge) builder.protocols(listOf(Protocol.H2_PRIOR_KNOWLEDGE))
        if (request.onFreshConnection) builder.connectionPool(ConnectionPool(0, 1, TimeUnit.NANOSECONDS))
        return builder.build()
    }

    private fun carrier(base: OkHttpClient): OkHttpClient {
        val dispatcher = Dispatcher(THREADS)
        // Streams stay open: the runtime bounds how many calls there are.
        dispatcher.maxRequests = Int.MAX_VALUE
        dispatcher.maxRequestsPerHost = Int.MAX_VALUE
        val builder = base.newBuilder()
            .dispatcher(dispatcher)
            .cache(null)
            .cookieJar(CookieJar.NO_COOKIES)
            .authenticator(Authenticator.NONE)
            .followRedirects(false)
            .followSslRedirects(false)
            .retryOnConnectionFailure(false)
            .callTimeout(0, TimeUnit.MILLISECONDS)
            .readTimeout(0, TimeUnit.MILLISECONDS)
            .writeTimeout(0, TimeUnit.MILLISECONDS)
            .addNetworkInterceptor(Interceptor(::watch))
        builder.eventListenerFactory { call -> call.request().tag(Trace::class.java) ?: EventListener.NONE }
        return builder.build()
    }

    /** The last step before anything of a request leaves, on its connection. */
    private fun watch(chain: Interceptor.Chain): Response {
        val trace = chain.request().tag(Trace::class.java) ?: return chain.proceed(chain.request())
        val connection = chain.connection()
        if (trace.mustBeHttp2 && connection?.protocol() !in HTTP_2) {
            throw NotHttp2("the server does not speak HTTP/2, which this call needs; use Connect or gRPC-Web")
        }
        trace.isReused = connection != null && !seen.add(connection)
        trace.mayHaveLeft = true
        return chain.proceed(chain.request())
    }

    /** Reads a response on a thread of the dispatcher's, no faster than it is wanted. */
    private class Reader(private val exchange: HttpExchange, private val trace: Trace) : Callback {
        override fun onFailure(call: Call, e: IOException) {
            exchange.failed(Failures.of(e, trace))
        }

        override fun onResponse(call: Call, response: Response) {
            try {
                response.use(::read)
            } catch (error: IOException) {
                exchange.failed(Failures.of(error, trace))
            } catch (error: IllegalStateException) {
                exchange.failed(HttpFailure(HttpFailure.Kind.PROTOCOL, "OkHttp cannot read the response: ${error.message}"))
            }
        }

        private fun read(response: Response) {
            exchange.head(response.code, list(response.headers), trace.connecting, trace.tls)
            val source = checkNotNull(response.body) { "there is no body" }.byteStream()
            val buffer = ByteArray(AT_ONCE)
            while (true) {
                val room = exchange.awaitRoom()
                if (room == 0) return
                val count = source.read(buffer, 0, minOf(room, buffer.size))
                if (count < 0) break
                exchange.chunk(buffer, 0, count)
            }
            exchange.end(list(response.trailers()))
        }

        private fun list(headers: Headers) = headers.map { (name, value) -> HttpHeader(name.lowercase(), value) }
    }

    /** A body that is there. It is sent once, whatever the server says. */
    private class Whole(private val bytes: ByteArray) : RequestBody() {
        override fun contentType(): MediaType? = null

        override fun contentLength(): Long = bytes.size.toLong()

        override fun isOneShot(): Boolean = true

        override fun writeTo(sink: BufferedSink) {
            sink.write(bytes)
        }
    }

    /** A body that is made while it is sent: over HTTP/2 beside the response, and before it elsewhere. */
    private class Made(
        private val exchange: HttpExchange,
        private val isDuplex: Boolean,
        private val threads: (Runnable) -> Unit,
    ) : RequestBody() {
        override fun contentType(): MediaType? = null

        override fun isOneShot(): Boolean = true

        override fun isDuplex(): Boolean = isDuplex

        override fun writeTo(sink: BufferedSink) {
            if (isDuplex) threads(Runnable { beside(sink) }) else pump(sink)
        }

        private fun beside(sink: BufferedSink) {
            try {
                sink.use(::pump)
            } catch (_: IOException) {
                // Whoever reads the response hears of it.
            }
        }

        private fun pump(sink: BufferedSink) {
            while (true) {
                sink.write(exchange.nextPiece() ?: break)
                sink.flush()
            }
        }
    }

    private companion object {
        private const val AT_ONCE = 16 * 1024
        private const val IDLE_SECONDS = 30L
        private val HTTP_2 = setOf(Protocol.HTTP_2, Protocol.H2_PRIOR_KNOWLEDGE)

        /** Threads that keep no process from ending. */
        private val THREADS = ThreadPoolExecutor(
            0,
            Int.MAX_VALUE,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            SynchronousQueue(),
        ) { work -> Thread(work, "holdover-okhttp").apply { isDaemon = true } }
    }
}

/** The peer does not speak HTTP/2. */
internal class NotHttp2(message: String) : IOException(message)

/** What is known of one request on its way. */
internal class Trace(val mustBeHttp2: Boolean) : EventListener() {
    /** Its connection is there, so something may have been written. */
    @Volatile
    var mayHaveLeft: Boolean = false

    /** The connection had carried another request before. */
    @Volatile
    var isReused: Boolean = false

    /** How long the connection took that was made for it. */
    @Volatile
    var connecting: Duration? = null

    /** The part of that which TLS took. */
    @Volatile
    var tls: Duration? = null

    private var began = 0L
    private var secured = 0L

    override fun connectStart(call: Call, inetSocketAddress: InetSocketAddress, proxy: Proxy) {
        began = System.nanoTime()
    }

    override fun secureConnectStart(call: Call) {
        secured = System.nanoTime()
    }

    override fun secureConnectEnd(call: Call, handshake: Handshake?) {
        tls = (System.nanoTime() - secured).nanoseconds
    }

    override fun connectEnd(call: Call, inetSocketAddress: InetSocketAddress, proxy: Proxy, protocol: Protocol?) {
        connecting = (System.nanoTime() - began).nanoseconds
    }
}
