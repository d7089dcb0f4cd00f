package dev.holdover.internal

import dev.holdover.ErrorKind
import dev.holdover.HoldoverException
import dev.holdover.HoldoverInternalApi
import dev.holdover.Quality
import dev.holdover.RuntimeEvent
import dev.holdover.Stats
import java.util.concurrent.ConcurrentHashMap
import kotlin.coroutines.resumeWithException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.suspendCancellableCoroutine

/**
 * A runtime of the native library, and the one thread that hears what it tells. The core never calls into the JVM: the thread
 * waits inside of [Native.next], resumes who is meant, and keeps no process from ending.
 */
internal class NativeRuntime private constructor(val handle: Long, private val hosts: Hosts) {
    private val operations = ConcurrentHashMap<Long, Operation>()
    private val over = CompletableDeferred<Unit>()

    private val ending by lazy {
        CoroutineScope(Dispatchers.Default).async {
            try {
                command(Messages.shutdown())
            } catch (_: HoldoverException) {
                // It has ended already.
            }
            Native.runtimeFree(handle)
            over.await()
            hosts.finish()
        }
    }

    /** Ends the runtime. Cancelling stops nothing but the wait. */
    suspend fun shutDown() {
        ending.await()
    }

    /** Ends the runtime without a wait. */
    fun free() {
        Native.runtimeFree(handle)
    }

    /** Carries out a command. */
    suspend fun command(command: ByteArray) {
        operate({ }) { op, error -> Native.command(handle, op, op, command, error) }
    }

    /** Tells the core a fact. Of a runtime that has ended, it does nothing. */
    fun hint(hint: ByteArray) {
        val error = arrayOfNulls<ByteArray>(1)
        val code = Native.hint(handle, hint, error)
        // With a reason, something is wrong with the hint; without, the handle is gone.
        if (code != Abi.OK && error[0] != null && !over.isCompleted) throw Errors.of(code, error[0])
    }

    fun stats(): Stats = Native.stats(handle)?.let(Messages::stats) ?: Stats(Quality.UNSPECIFIED, emptyList())

    /** Starts an operation and waits for the event that ends it. Cancelling the coroutine cancels the operation. */
    suspend fun <T> operate(read: (Event) -> T, start: (op: Long, error: Array<ByteArray?>) -> Int): T =
        suspendCancellableCoroutine { waiting ->
            val op = reserve()
            operations[op] = Awaited(waiting, read)
            // An operation that is cancelled before its start ends with its start.
            waiting.invokeOnCancellation { Native.cancel(handle, op) }
            refusal(op, start)?.let(waiting::resumeWithException)
        }

    /** Starts an operation that goes on. */
    fun <Running : Operation> begin(
        make: (op: Long) -> Running,
        start: (op: Long, error: Array<ByteArray?>) -> Int,
    ): Running {
        val op = reserve()
        val running = make(op)
        operations[op] = running
        refusal(op, start)?.let { throw it }
        return running
    }

    private fun reserve(): Long {
        val op = Native.opNew(handle)
        if (op == 0L) throw Errors.ended()
        return op
    }

    private fun refusal(op: Long, start: (op: Long, error: Array<ByteArray?>) -> Int): HoldoverException? {
        val error = arrayOfNulls<ByteArray>(1)
        val code = start(op, error)
        if (code == Abi.OK) return null
        operations -= op
        return Errors.of(code, error[0])
    }

    fun cancel(op: Long) {
        Native.cancel(handle, op)
    }

    fun credit(op: Long, items: Int) {
        Native.credit(handle, op, items)
    }

    fun check(code: Int) {
        if (code != Abi.OK) throw Errors.of(code, null)
    }

    /** Hears everything until the queue ends. */
    private fun listen(queue: Long) {
        val facts = LongArray(AT_ONCE * Abi.EVENT_FACTS)
        val bytes = arrayOfNulls<ByteArray>(AT_ONCE)
        while (true) {
            val count = Native.next(queue, facts, bytes)
            when {
                count > 0 -> for (index in 0 until count) {
                    hear(Event(facts, index * Abi.EVENT_FACTS, bytes[index]))
                    bytes[index] = null
                }
                // The JVM had no memory: events wait, and may fit when something was collected.
                count == NO_MEMORY -> Thread.sleep(NO_MEMORY_PAUSE_MS)
                else -> break
            }
        }
        over.complete(Unit)
        for (op in operations.keys.toList()) operations.remove(op)?.lost(Errors.ended())
        hosts.over()
    }

    /** Nothing that goes wrong with one event may keep the others from being heard. */
    @Suppress("TooGenericExceptionCaught")
    private fun hear(event: Event) {
        val operation = if (event.kind > Abi.CANCELLED_EVENT) {
            null
        } else if (event.isLast) {
            operations.remove(event.token)
        } else {
            operations[event.token]
        }
        try {
            if (event.kind > Abi.CANCELLED_EVENT) hosts.hear(handle, event) else operation?.hear(event)
        } catch (error: Throwable) {
            operation?.lost(
                HoldoverException(ErrorKind.MISUSE, "what the core told cannot be read; report this bug", cause = error),
            )
        }
    }

    /** A runtime as the app holds it: it ends when nobody holds this, a session or a client of it any more. */
    class Held(val runtime: NativeRuntime) {
        init {
            val handle = runtime.handle
            Backstop.register(this) { Native.runtimeFree(handle) }
        }
    }

    companion object {
        private const val AT_ONCE = 32
        private const val NO_MEMORY = -1
        private const val NO_MEMORY_PAUSE_MS = 10L

        /** @throws HoldoverException MISUSE when something of the configuration is wrong. */
        @OptIn(HoldoverInternalApi::class)
        fun open(config: ByteArray, hosts: Hosts): Held {
            NativeLibrary.ensure()
            val queue = LongArray(1)
            val error = arrayOfNulls<ByteArray>(1)
            val handle = Native.runtimeNew(config, queue, error)
            if (handle == 0L) throw Errors.of(ErrorKind.MISUSE.code, error[0])
            val native = NativeRuntime(handle, hosts)
            val thread = Thread({ native.listen(queue[0]) }, "holdover")
            thread.isDaemon = true
            thread.start()
            return Held(native)
        }
    }
}

/** Hears of decisions and of the network's quality. */
internal class Listeners(val onEvent: ((RuntimeEvent) -> Unit)?, val onQuality: ((Quality) -> Unit)?)
