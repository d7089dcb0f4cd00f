package dev.holdover

import dev.holdover.http.HttpAbilities
import dev.holdover.http.HttpService
import dev.holdover.internal.Hosts
import dev.holdover.internal.Listeners
import dev.holdover.internal.NativeRuntime
import dev.holdover.internal.WireWriter
import dev.holdover.okhttp.OkHttpService
import java.io.File
import kotlin.time.Duration

/** What is spoken at an endpoint. */
public enum class Protocol {
    /** <https://connectrpc.com/docs/protocol> */
    CONNECT,

    /** gRPC over HTTP/2. */
    GRPC,

    /** <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md> */
    GRPC_WEB,
}

/** Whose HTTP stack carries calls. */
public sealed interface Transport {
    /**
     * Holdover's own, over HTTP/1.1 and HTTP/2: all protocols and all kinds of streams.
     *
     * @property trustOnlyPem PEM certificates that are trusted instead of the system's: private roots, and tests.
     */
    public class Rust(public val trustOnlyPem: ByteArray? = null) : Transport

    /** The app's, such as [OkHttpService]: its trust, its proxies and its debugging tools apply. */
    public class Http(public val service: HttpService) : Transport
}

/** What a runtime is made of. At least one endpoint is needed. */
public class RuntimeBuilder internal constructor() {
    private val config = WireWriter()
    private var transport: Transport? = null
    private var keys: KeyProvider? = null
    private var onEvent: ((RuntimeEvent) -> Unit)? = null
    private var onQuality: ((Quality) -> Unit)? = null

    /** A place that calls go to, by TLS. The first one is the default of sessions. The name enters every cache key. */
    @JvmOverloads
    public fun endpoint(name: String, url: String, protocol: Protocol = Protocol.CONNECT): RuntimeBuilder =
        endpoint(name, url, protocol, isPlainText = false)

    /** A place that calls go to without TLS: everybody on the way can read and change what is sent. */
    @JvmOverloads
    public fun plainTextEndpoint(name: String, url: String, protocol: Protocol = Protocol.CONNECT): RuntimeBuilder =
        endpoint(name, url, protocol, isPlainText = true)

    private fun endpoint(name: String, url: String, protocol: Protocol, isPlainText: Boolean) = also {
        config.message(1) { text(1, name).text(2, url).number(3, protocol.ordinal).flag(4, isPlainText) }
    }

    /**
     * The folder of the cache, which the runtime makes, and which it must have for itself: on Android one below
     * `context.cacheDir`. Unset: everything stays in memory.
     */
    public fun store(directory: File): RuntimeBuilder = also { config.text(7, directory.path) }

    /** Names of session metadata, such as `accept-language`, whose values enter every cache key (rule A2). */
    public fun varies(vararg names: String): RuntimeBuilder = also { names.forEach { config.text(2, it) } }

    /** The longest message in bytes, 4 MB if unset, and the most metadata as HTTP/2 counts it, 16 kB if unset. */
    public fun limits(messageBytes: Long? = null, metadataBytes: Long? = null): RuntimeBuilder = also {
        config.number(3, messageBytes?.coerceAtLeast(0)).number(4, metadataBytes?.coerceAtLeast(0))
    }

    /** How many bytes of answers are kept in memory, keys included. 8 MB if unset. */
    public fun memory(bytes: Long): RuntimeBuilder = also { config.number(5, bytes.coerceAtLeast(0)) }

    /**
     * How long the app may be in the background before its streams leave the wire and its observers rest (rules G4, J1).
     * 30 s if unset.
     */
    public fun gracePeriod(period: Duration): RuntimeBuilder = also {
        config.number(6, period.inWholeMilliseconds.coerceAtLeast(0))
    }

    /** Whose HTTP stack carries calls. Unset: OkHttp's where the app has it, or else [Transport.Rust]. */
    public fun transport(transport: Transport): RuntimeBuilder = also { this.transport = transport }

    /** Seals what is stored. */
    public fun keyProvider(keys: KeyProvider): RuntimeBuilder = also { this.keys = keys }

    /**
     * Hears of every decision, in order, on a thread of `Dispatchers.Default`. A slow listener holds nothing up, and misses
     * events.
     */
    public fun onEvent(listener: (RuntimeEvent) -> Unit): RuntimeBuilder = also { onEvent = listener }

    /** Hears how good the network is held to be, each time that has changed (rule H5); as [onEvent]. */
    public fun onQuality(listener: (Quality) -> Unit): RuntimeBuilder = also { onQuality = listener }

    /** Plays in a story of `holdover-testing`, which has the clock, the network, the store and the credentials. */
    @HoldoverInternalApi
    public fun story(handle: Long): RuntimeBuilder = also { config.fixed(15, handle) }

    /**
     * Checks all of it. Does no input or output; the cache is opened on first use.
     *
     * @throws HoldoverException MISUSE, naming what is wrong; or that there is no native library.
     */
    public fun build(): Runtime {
        val transport = transport ?: default()
        val service = (transport as? Transport.Http)?.service
        val whole = WireWriter()
            .number(8, if (service == null) RUST else HOST)
            .flag(9, keys != null)
            .flag(10, onEvent != null)
            .flag(11, onQuality != null)
            .bytes(12, (transport as? Transport.Rust)?.trustOnlyPem)
        service?.let { whole.message(13) { abilities(it.abilities) } }
        val hosts = Hosts(keys, service, Listeners(onEvent, onQuality))
        return Runtime(NativeRuntime.open(config.done() + whole.done(), hosts), hosts::credentials)
    }

    private fun WireWriter.abilities(abilities: HttpAbilities) {
        flag(1, abilities.trailers).flag(2, abilities.streamedBodies).flag(3, abilities.http2)
    }

    private fun default(): Transport = try {
        Transport.Http(OkHttpService())
    } catch (_: NoClassDefFoundError) {
        Transport.Rust()
    }

    private companion object {
        private const val RUST = 0
        private const val HOST = 1
    }
}
