package dev.holdover.internal

import java.lang.ref.PhantomReference
import java.lang.ref.ReferenceQueue
import java.util.Collections
import java.util.concurrent.atomic.AtomicReference

/** Frees what nobody has closed, when nobody can reach it any more. Java's Cleaner is not on every Android. */
internal object Backstop {
    private val collected = ReferenceQueue<Any>()
    private val waiting: MutableSet<Registration> = Collections.synchronizedSet(mutableSetOf())

    init {
        val thread = Thread({ while (true) (collected.remove() as Registration).run() }, "holdover-backstop")
        thread.isDaemon = true
        thread.start()
    }

    /** Runs `free` once: when told to, or when nobody reaches `owner` any more, whom `free` must not reach. */
    fun register(owner: Any, free: () -> Unit): Registration = Registration(owner, free).also { waiting += it }

    class Registration internal constructor(owner: Any, free: () -> Unit) : PhantomReference<Any>(owner, collected) {
        private val free = AtomicReference<(() -> Unit)?>(free)

        fun run() {
            waiting -= this
            free.getAndSet(null)?.invoke()
        }
    }
}
