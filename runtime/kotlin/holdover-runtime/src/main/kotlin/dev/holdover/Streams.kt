package dev.holdover

import dev.holdover.binding.Exchange
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.ClosedSendChannelException
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.consumeAsFlow
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.firstOrNull
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.toList

/**
 * A call with many requests and one response: [send] messages, then [finish]. Nothing is sent before that; closing it ends
 * the stream.
 */
public class ClientStream<Request, Response> internal constructor(
    private val exchange: Exchange<Request, Response>,
) : AutoCloseable {
    /**
     * Sends a message, and suspends while the network is slower than the caller.
     *
     * @throws HoldoverException when the stream has ended, or the server has answered already: [finish] says what.
     */
    public suspend fun send(message: Request) {
        exchange.send(message)
    }

    /**
     * Says that there is no other message, and waits for the answer. The stream is closed then.
     *
     * @throws HoldoverException as of a unary call.
     */
    public suspend fun finish(): Snapshot<Response> = exchange.use {
        exchange.halfClose()
        exchange.responses.firstOrNull() ?: throw HoldoverException(
            ErrorKind.UNUSABLE,
            "the stream ended without an answer; report this bug",
        )
    }

    /** Ends the stream. */
    override fun close() {
        exchange.close()
    }

    public companion object {
        /** Answers when the sequence is complete, by what was sent: what fakes return. */
        public fun <Request, Response> of(
            answer: suspend (List<Request>) -> Snapshot<Response>,
        ): ClientStream<Request, Response> = ClientStream(Script { sent -> flow { emit(answer(sent.toList())) } })
    }
}

/**
 * A call with many requests and many responses, in any order: [send], and collect [responses], in one coroutine or in two.
 * Nothing is sent before that; closing it, or ending the collection, ends the stream.
 */
public class BidiStream<Request, Response> internal constructor(
    private val exchange: Exchange<Request, Response>,
) : AutoCloseable {
    /** What the server says. May be collected once. */
    public val responses: Flow<Snapshot<Response>> = flow { exchange.use { emitAll(it.responses) } }

    /**
     * Sends a message, and suspends while the network or the server is slower than the caller.
     *
     * @throws HoldoverException when the stream has ended, or was closed.
     */
    public suspend fun send(message: Request) {
        exchange.send(message)
    }

    /** Says that there is no other message. The server may go on. */
    public fun halfClose() {
        exchange.halfClose()
    }

    /** Ends the stream. */
    override fun close() {
        exchange.close()
    }

    public companion object {
        /** Says what a flow gives that is made of the messages that are sent: what fakes return. */
        public fun <Request, Response> of(
            talk: (Flow<Request>) -> Flow<Snapshot<Response>>,
        ): BidiStream<Request, Response> = BidiStream(Script(talk))
    }
}

/** The server's side of a fake. */
private class Script<Request, Response>(talk: (Flow<Request>) -> Flow<Snapshot<Response>>) : Exchange<Request, Response> {
    private val sent = Channel<Request>(Channel.UNLIMITED)

    override val responses: Flow<Snapshot<Response>> = talk(sent.consumeAsFlow())

    override suspend fun send(message: Request) {
        try {
            sent.send(message)
        } catch (error: ClosedSendChannelException) {
            throw HoldoverException(
                ErrorKind.MISUSE,
                "the sequence was closed; send before `halfClose`",
                cause = error,
            )
        }
    }

    override fun halfClose() {
        sent.close()
    }

    override fun close() {
        sent.close()
    }
}
