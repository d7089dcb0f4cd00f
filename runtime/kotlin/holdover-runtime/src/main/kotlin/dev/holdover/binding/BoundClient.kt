package dev.holdover.binding

import dev.holdover.BidiStream
import dev.holdover.CallOptions
import dev.holdover.ClientStream
import dev.holdover.ErrorKind
import dev.holdover.HoldoverException
import dev.holdover.Observation
import dev.holdover.Observed
import dev.holdover.Session
import dev.holdover.Snapshot
import dev.holdover.Withheld
import java.io.ByteArrayOutputStream
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.withContext

/** A method as generated clients know it: its index in their policy, and how its messages are written and read. */
public class BoundMethod<Request, Response>(
    internal val index: Int,
    internal val encode: (Request) -> ByteArray,
    internal val decode: (ByteArray) -> Response,
)

/** What generated clients are made of: a session that knows the policy of a service. Apps use the generated client. */
public class BoundClient(session: Session, policy: ByteArray) {
    private val plans: List<WithheldPlan?>
    private val bound: ClientCore?
    private val refused: HoldoverException?

    init {
        // What is wrong with a policy is told by the first call.
        var bound: ClientCore? = null
        var plans = emptyList<WithheldPlan?>()
        var refused: HoldoverException? = null
        try {
            bound = session.core.bind(policy)
            plans = PolicyReader.read(policy).map { it.plan }
        } catch (error: HoldoverException) {
            refused = error
        }
        this.bound = bound
        this.plans = plans
        this.refused = refused
    }

    private val core: ClientCore get() = refused?.let { throw it } ?: checkNotNull(bound)

    /** Calls a method. A hit in memory does not suspend, unless it is large. */
    public suspend fun <Request, Response> unary(
        method: BoundMethod<Request, Response>,
        request: Request,
        options: CallOptions,
    ): Snapshot<Response> {
        val bytes = method.encode(request)
        val raw = core.probe(method.index, bytes, options) ?: core.call(method.index, bytes, options)
        return snapshot(method, raw)
    }

    /** Watches the answer to a request. */
    public fun <Request, Response> observe(
        method: BoundMethod<Request, Response>,
        request: Request,
        options: CallOptions,
    ): Observation<Response> = Observation.bound(
        start = { core.observe(method.index, method.encode(request), options) },
        read = { raw -> observed(method, raw) },
    )

    /** What memory has, at once, for the first frame. What is stale is refreshed behind. */
    public fun <Request, Response> cached(
        method: BoundMethod<Request, Response>,
        request: Request,
        options: CallOptions = CallOptions.DEFAULT,
    ): Snapshot<Response>? {
        val raw = bound?.probe(method.index, method.encode(request), options) ?: return null
        return try {
            read(method, raw)
        } catch (_: HoldoverException) {
            null
        }
    }

    /** Fetches the answer in the background unless there is a fresh one. */
    public suspend fun <Request, Response> prefetch(method: BoundMethod<Request, Response>, request: Request) {
        core.prefetch(method.index, method.encode(request))
    }

    /** Stores an answer that the app has from elsewhere, as stale: shown at once, and refreshed. */
    public suspend fun <Request, Response> put(
        method: BoundMethod<Request, Response>,
        request: Request,
        value: ByteArray,
    ) {
        core.put(method.index, method.encode(request), value)
    }

    /** The messages of a server. Nothing is sent before the flow is collected. */
    public fun <Request, Response> serverStream(
        method: BoundMethod<Request, Response>,
        request: Request,
        options: CallOptions,
    ): Flow<Snapshot<Response>> = flow {
        core.open(method.index, method.encode(request), options).use { stream ->
            while (true) emit(snapshot(method, stream.next() ?: break))
        }
    }

    /** Many requests, one response. Nothing is sent before something is sent. */
    public fun <Request, Response> clientStream(
        method: BoundMethod<Request, Response>,
        options: CallOptions,
    ): ClientStream<Request, Response> = ClientStream(exchange(method, options))

    /** Many requests, many responses. Nothing is sent before something is sent or collected. */
    public fun <Request, Response> bidiStream(
        method: BoundMethod<Request, Response>,
        options: CallOptions,
    ): BidiStream<Request, Response> = BidiStream(exchange(method, options))

    private fun <Request, Response> exchange(
        method: BoundMethod<Request, Response>,
        options: CallOptions,
    ): Exchange<Request, Response> = object : Exchange<Request, Response> {
        private val stream = lazy { core.open(method.index, ByteArray(0), options) }

        override suspend fun send(message: Request) = stream.value.send(method.encode(message))

        override fun halfClose() = stream.value.halfClose()

        override val responses: Flow<Snapshot<Response>> = flow {
            while (true) emit(snapshot(method, stream.value.next() ?: break))
        }

        override fun close() {
            if (stream.isInitialized()) stream.value.close()
        }
    }

    /** Reads an answer, off the caller's thread if that takes long. */
    private suspend fun <Response> snapshot(method: BoundMethod<*, Response>, raw: RawSnapshot): Snapshot<Response> =
        if (raw.value.size > DECODED_IN_PLACE) {
            withContext(Dispatchers.Default) { read(method, raw) }
        } else {
            read(method, raw)
        }

    private suspend fun <Response> observed(method: BoundMethod<*, Response>, raw: RawObserved): Observed<Response> =
        when (raw) {
            RawObserved.Loading -> Observed.Loading
            is RawObserved.Failed -> Observed.Failed(raw.error)
            is RawObserved.Value -> try {
                Observed.Value(snapshot(method, raw.snapshot))
            } catch (error: HoldoverException) {
                Observed.Failed(error)
            }
        }

    private fun <Response> read(method: BoundMethod<*, Response>, raw: RawSnapshot): Snapshot<Response> {
        val value = decode(method, raw.value)
        val plan = plans.getOrNull(method.index)?.takeIf { raw.isWithheld }
            ?: return Snapshot(value, raw.provenance, Withheld.nothing())
        val last = raw.lastKnown?.let { bytes ->
            lazy {
                try {
                    decode(method, bytes)
                } catch (_: HoldoverException) {
                    null
                }
            }
        }
        return Snapshot(value, raw.provenance, Withheld(plan, 0, last))
    }

    /** Every message library has an exception of its own for bytes that are no message. */
    @Suppress("TooGenericExceptionCaught")
    private fun <Response> decode(method: BoundMethod<*, Response>, bytes: ByteArray): Response = try {
        method.decode(bytes)
    } catch (error: Exception) {
        throw HoldoverException(
            ErrorKind.UNUSABLE,
            "the answer cannot be read as its type (${error.message}); compare the server's .proto files with the app's",
            cause = error,
        )
    }

    public companion object {
        /** Answers above this many bytes are decoded off the caller's thread. */
        private const val DECODED_IN_PLACE = 32 * 1024

        /**
         * The policy that a generated client embeds, out of its base64 text: Android has no decoder for it before API 26. A
         * text that is no base64 gives bytes that no core accepts.
         */
        @JvmStatic
        public fun policy(vararg lines: String): ByteArray {
            val bytes = ByteArrayOutputStream(lines.sumOf { it.length } / 4 * 3)
            var bits = 0
            var count = 0
            for (line in lines) {
                for (char in line) {
                    val value = when (char) {
                        in 'A'..'Z' -> char - 'A'
                        in 'a'..'z' -> char - 'a' + 26
                        in '0'..'9' -> char - '0' + 52
                        '+' -> 62
                        '/' -> 63
                        else -> continue
                    }
                    bits = (bits shl 6) or value
                    count += 6
                    if (count >= 8) {
                        count -= 8
                        bytes.write(bits shr count)
                    }
                }
            }
            return bytes.toByteArray()
        }
    }
}

/** Both sides of a stream. */
internal interface Exchange<in Request, out Response> : AutoCloseable {
    suspend fun send(message: Request)

    fun halfClose()

    val responses: Flow<Snapshot<Response>>

    override fun close()
}
