package dev.holdover

import dev.holdover.binding.BoundClient
import dev.holdover.binding.BoundMethod
import dev.holdover.http.HttpAbilities
import dev.holdover.http.HttpExchange
import dev.holdover.http.HttpHeader
import dev.holdover.http.HttpRequest
import dev.holdover.http.HttpService
import java.io.File
import kotlin.test.fail

/** The API of the vectors: methods of one request and one answer, as bytes. */
internal object Api {
    val policy: ByteArray = File(System.getProperty("holdover.policy") ?: "tests/vectors/api.policy").readBytes()

    /** `Quote`, fresh for a while. */
    val quote = BoundMethod<ByteArray, ByteArray>(0, { it }, { it })

    /** An encoded `RideRequest` or `Ride` with this id. */
    fun ride(id: String): ByteArray = byteArrayOf(10, id.length.toByte()) + id.encodeToByteArray()
}

/** An HTTP stack that does what a test says; unless told, it answers nobody. */
internal class Stack(private val answer: (HttpRequest, HttpExchange) -> Unit = { _, _ -> }) : HttpService {
    override val abilities = HttpAbilities(trailers = true, streamedBodies = true, http2 = true)

    override fun send(request: HttpRequest, exchange: HttpExchange) = answer(request, exchange)

    companion object {
        /** Answers every call by this. */
        fun answering(message: ByteArray) = Stack { _, exchange ->
            exchange.head(200, listOf(HttpHeader("content-type", "application/proto")))
            exchange.chunk(message)
            exchange.end()
        }
    }
}

internal fun runtime(stack: Stack = Stack(), configure: RuntimeBuilder.() -> Unit = {}): Runtime = Runtime.builder()
    .plainTextEndpoint("prod", "http://rides.invalid")
    .transport(Transport.Http(stack))
    .apply(configure)
    .build()

internal fun Runtime.client(credentials: CredentialsProvider? = null): BoundClient =
    BoundClient(session(Account.user("u-1"), credentials), Api.policy)

/** Why something fails. */
internal suspend fun failure(call: suspend () -> Any?): HoldoverException = try {
    fail("it came to ${call()}")
} catch (error: HoldoverException) {
    error
}
