package dev.holdover.internal

import dev.holdover.ErrorKind
import dev.holdover.HoldoverException
import dev.holdover.binding.ObserverCore
import dev.holdover.binding.RawObserved
import dev.holdover.binding.RawSnapshot
import dev.holdover.binding.StreamCore
import kotlin.coroutines.resume
import kotlin.coroutines.resumeWithException
import kotlinx.coroutines.CancellableContinuation
import kotlinx.coroutines.channels.Channel

/** Whoever waits for the events of an operation. Called on the runtime's thread, so it must not block. */
internal interface Operation {
    fun hear(event: Event)

    /** There will be no event any more. */
    fun lost(error: HoldoverException)
}

/** An operation that ends with one event. */
internal class Awaited<T>(
    private val waiting: CancellableContinuation<T>,
    private val read: (Event) -> T,
) : Operation {
    override fun hear(event: Event) {
        if (!event.isLast) return
        // Of a coroutine that was cancelled this does nothing.
        if (event.code == Abi.OK) waiting.resume(read(event)) else waiting.resumeWithException(event.error())
    }

    override fun lost(error: HoldoverException) {
        waiting.resumeWithException(error)
    }
}

/** An observer: only its newest state waits (rule B3). */
internal class NativeObserver(private val runtime: NativeRuntime, private val op: Long) : ObserverCore, Operation {
    private val states = Channel<RawObserved>(Channel.CONFLATED)

    override fun hear(event: Event) {
        if (event.kind == Abi.STATE) states.trySend(state(event))
        if (event.isLast) states.close()
    }

    private fun state(event: Event): RawObserved = when (event.count) {
        Abi.STATE_LOADING -> RawObserved.Loading
        Abi.STATE_VALUE -> RawObserved.Value(event.snapshot())
        else -> RawObserved.Failed(event.error())
    }

    override fun lost(error: HoldoverException) {
        states.trySend(RawObserved.Failed(error))
        states.close()
    }

    override suspend fun next(): RawObserved? = states.receiveCatching().getOrNull()

    override suspend fun refresh() {
        runtime.command(Messages.refresh(op))
    }

    override fun close() {
        runtime.cancel(op)
    }
}

/**
 * A stream: no more items come than were asked for. So many are asked for ahead, and half as many again whenever that many
 * were taken, because asking costs more than taking.
 */
internal class NativeStream(private val runtime: NativeRuntime, private val op: Long, private val ahead: Int) :
    StreamCore, Operation {
    private val items = Channel<RawSnapshot>(Channel.UNLIMITED)
    private var taken = 0
    private val mayBeSent = Channel<Unit>(Channel.UNLIMITED)

    override fun hear(event: Event) {
        when (event.kind) {
            Abi.ITEM -> items.trySend(event.snapshot())
            Abi.ANSWER -> if (event.code == Abi.OK) items.trySend(event.snapshot())
            Abi.CREDIT -> repeat(event.count) { mayBeSent.trySend(Unit) }
        }
        if (!event.isLast) return
        // A stream that was closed by its reader has just ended for whoever still looks.
        end(if (event.code == Abi.OK || event.code == Abi.CANCELLED) null else event.error())
    }

    override fun lost(error: HoldoverException) {
        end(error)
    }

    private fun end(error: HoldoverException?) {
        items.close(error)
        mayBeSent.close(error)
    }

    /** Lets the first items come. */
    fun begin() {
        runtime.credit(op, ahead)
    }

    override suspend fun next(): RawSnapshot? {
        val next = items.receiveCatching()
        next.exceptionOrNull()?.let { throw it }
        if (next.isSuccess) take()
        return next.getOrNull()
    }

    private fun take() {
        taken += 1
        if (taken < ahead / 2) return
        runtime.credit(op, taken)
        taken = 0
    }

    override suspend fun send(message: ByteArray) {
        val allowed = mayBeSent.receiveCatching()
        allowed.exceptionOrNull()?.let { throw it }
        if (!allowed.isSuccess) {
            throw HoldoverException(
                ErrorKind.MISUSE,
                "the stream has ended, so nothing can be sent any more; read its responses to learn how",
            )
        }
        runtime.check(Native.send(runtime.handle, op, message))
    }

    override fun halfClose() {
        runtime.check(Native.halfClose(runtime.handle, op))
    }

    override fun close() {
        runtime.cancel(op)
    }

    internal companion object {
        /** How many items are asked for ahead: what waits here of a stream that keeps its last cannot be skipped any more. */
        fun ahead(method: NativeMethod): Int = if (method.replay) 2 else 16
    }
}
