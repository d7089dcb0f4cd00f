package dev.holdover

import dev.holdover.binding.ObserverCore
import dev.holdover.binding.RawObserved
import java.util.concurrent.CopyOnWriteArrayList
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.FlowCollector
import kotlinx.coroutines.flow.asFlow
import kotlinx.coroutines.flow.flow

/**
 * The states of one answer, for screens: `pricing.observeGetQuote(request).collect { state -> … }`. It starts when it is
 * collected, never throws, and ends when the session or the runtime does. Cancelling the collector stops watching. Every
 * collector watches by itself.
 */
public class Observation<out Value> private constructor(
    private val states: Flow<Observed<Value>>,
    private val refreshed: suspend () -> Unit,
) : Flow<Observed<Value>> by states {
    /**
     * Pull to refresh: asks the network now, for every collector. Returns when that attempt has ended.
     *
     * @throws HoldoverException why that attempt failed.
     */
    public suspend fun refresh() {
        refreshed()
    }

    public companion object {
        /** Goes through these states and ends: what fakes return. */
        public fun <Value> of(vararg states: Observed<Value>): Observation<Value> = of(states.asList().asFlow())

        /** Goes through the states of a flow: what fakes return. */
        public fun <Value> of(states: Flow<Observed<Value>>): Observation<Value> = Observation(states) {}

        /** Is loading, and then what a call answers: what a fake shows that was told what to answer and not what to show. */
        public fun <Value> answeredBy(answer: suspend () -> Snapshot<Value>): Observation<Value> = of(
            flow {
                emit(Observed.Loading)
                emit(
                    try {
                        Observed.Value(answer())
                    } catch (error: HoldoverException) {
                        Observed.Failed(error)
                    },
                )
                awaitCancellation()
            },
        )

        internal fun <Value> bound(
            start: () -> ObserverCore,
            read: suspend (RawObserved) -> Observed<Value>,
        ): Observation<Value> {
            val running = CopyOnWriteArrayList<ObserverCore>()
            val states = flow {
                val observer = try {
                    start()
                } catch (error: HoldoverException) {
                    emit(Observed.Failed(error))
                    return@flow
                }
                observer.use {
                    running += observer
                    try {
                        pass(observer, read)
                    } finally {
                        running -= observer
                    }
                }
            }
            return Observation(states) {
                val observer = running.firstOrNull()
                if (observer != null) observer.refresh() else start().use { it.refresh() }
            }
        }

        private suspend fun <Value> FlowCollector<Observed<Value>>.pass(
            observer: ObserverCore,
            read: suspend (RawObserved) -> Observed<Value>,
        ) {
            while (true) emit(read(observer.next() ?: break))
        }
    }
}
