package dev.holdover.internal

import dev.holdover.http.HttpExchange
import dev.holdover.http.HttpFailure
import dev.holdover.http.HttpHeader
import dev.holdover.http.HttpRequest
import dev.holdover.http.HttpService
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock
import kotlin.time.Duration

/** The HTTP exchanges that the core has the app's stack carry. */
internal class HttpExchanges(private val service: HttpService) {
    private val running = ConcurrentHashMap<Long, Exchange>()

    @Suppress("TooGenericExceptionCaught")
    fun hear(runtime: Long, event: Event) {
        when (event.kind) {
            Abi.HTTP_REQUEST -> {
                val (request, window) = request(event.body)
                val exchange = Exchange(runtime, event.op, window)
                running[event.op] = exchange
                try {
                    service.send(request, exchange)
                } catch (error: Throwable) {
                    exchange.failed(HttpFailure(HttpFailure.Kind.RESET, "the HTTP service threw: $error"))
                }
            }
            Abi.HTTP_BODY -> running[event.op]?.give(event.body, event.isLast)
            Abi.HTTP_PULL -> running[event.op]?.pull(event.count)
            Abi.HTTP_CANCEL -> running.remove(event.op)?.cancel()
            Abi.HTTP_SUSPECT -> service.suspect()
        }
    }

    /** The runtime has ended. */
    fun over() {
        for (request in running.keys.toList()) running.remove(request)?.cancel()
    }

    private inner class Exchange(private val runtime: Long, private val request: Long, private var room: Long) :
        HttpExchange {
        private val lock = ReentrantLock()
        private val changed = lock.newCondition()
        private val pieces = ArrayDeque<ByteArray>()
        private var bodyIsComplete = false
        private var asked = false
        private var isOver = false
        private var stop: (() -> Unit)? = null

        override val isCancelled: Boolean get() = lock.withLock { isOver }

        override fun head(status: Int, headers: List<HttpHeader>, connecting: Duration?, tls: Duration?) {
            val head = WireWriter().number(1, status).headers(2, headers)
                .number(3, connecting?.inWholeMicroseconds?.coerceAtLeast(1))
                .number(4, tls?.inWholeMicroseconds)
            reply(Abi.REPLY_HTTP_HEAD, head.done())
        }

        override fun chunk(bytes: ByteArray, offset: Int, length: Int) {
            lock.withLock { room -= length }
            Native.reply(runtime, request, Abi.REPLY_HTTP_CHUNK, bytes, offset, length, null)
        }

        override fun end(trailers: List<HttpHeader>) {
            finish()
            reply(Abi.REPLY_HTTP_END, if (trailers.isEmpty()) ByteArray(0) else WireWriter().headers(1, trailers).done())
        }

        override fun failed(failure: HttpFailure) {
            finish()
            val message = WireWriter().number(1, failure.kind.ordinal).flag(2, failure.unsent).flag(3, failure.reused)
            reply(Abi.REPLY_HTTP_FAILED, message.text(4, failure.message).done())
        }

        override fun awaitRoom(): Int = lock.withLock {
            while (room <= 0 && !isOver) changed.await()
            if (isOver) 0 else room.coerceAtMost(Int.MAX_VALUE.toLong()).toInt()
        }

        override fun nextPiece(): ByteArray? = lock.withLock {
            while (pieces.isEmpty() && !bodyIsComplete && !isOver) {
                if (!asked) {
                    asked = true
                    Native.credit(runtime, request, 1)
                }
                changed.await()
            }
            if (isOver) null else pieces.removeFirstOrNull()
        }

        override fun onCancel(stop: () -> Unit) {
            val now = lock.withLock {
                this.stop = stop
                isOver
            }
            if (now) stop()
        }

        fun give(piece: ByteArray, isLast: Boolean) = lock.withLock {
            asked = false
            if (isLast) bodyIsComplete = true
            if (piece.isNotEmpty()) pieces += piece
            changed.signalAll()
        }

        fun pull(bytes: Int) = lock.withLock {
            room += bytes.toLong() and 0xffffffffL
            changed.signalAll()
        }

        fun cancel() {
            val stop = lock.withLock {
                isOver = true
                changed.signalAll()
                stop
            }
            stop?.invoke()
        }

        private fun finish() {
            running -= request
            lock.withLock {
                isOver = true
                changed.signalAll()
            }
        }

        private fun reply(kind: Int, bytes: ByteArray) {
            Native.reply(runtime, request, kind, bytes, 0, bytes.size, null)
        }
    }

    private companion object {
        /** The request, and how much of the response's body may come before more is asked for. */
        fun request(bytes: ByteArray): Pair<HttpRequest, Long> {
            var method = "POST"
            var url = ""
            val headers = mutableListOf<HttpHeader>()
            var mustBeHttp2 = false
            var body = ByteArray(0)
            var isStreamed = false
            var onFreshConnection = false
            var window = 0L
            val fields = WireFields(bytes)
            while (fields.next()) {
                when (fields.number) {
                    1 -> method = fields.text()
                    2 -> url = fields.text()
                    3 -> {
                        val (name, value) = Messages.header(fields.message())
                        headers += HttpHeader(name, value.decodeToString())
                    }
                    4 -> mustBeHttp2 = fields.flag()
                    5 -> body = fields.bytes()
                    6 -> isStreamed = fields.flag()
                    7 -> onFreshConnection = fields.flag()
                    8 -> window = fields.long()
                }
            }
            val whole = body.takeUnless { isStreamed }
            return HttpRequest(method, url, headers, mustBeHttp2, whole, onFreshConnection) to window
        }

        fun WireWriter.headers(field: Int, headers: List<HttpHeader>): WireWriter {
            for (header in headers) message(field) { text(1, header.name.lowercase()).text(2, header.value) }
            return this
        }
    }
}
