package dev.holdover

import dev.holdover.binding.BoundClient
import dev.holdover.binding.BoundMethod
import java.util.concurrent.atomic.AtomicInteger
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertNull
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.yield
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable

@EnabledIfEnvironmentVariable(named = "HOLDOVER_LIBRARY", matches = ".+", disabledReason = "names no library")
class LifetimeTest {
    @Test
    fun `wrong configurations are refused and say why`() {
        val wrong = listOf(
            Runtime.builder(),
            Runtime.builder().endpoint("prod", "not a url"),
            Runtime.builder().endpoint("prod", "http://example.invalid"),
            Runtime.builder().endpoint("prod", "https://a.invalid").endpoint("prod", "https://b.invalid"),
        )
        for (builder in wrong) {
            val error = assertFailsWith<HoldoverException> { builder.transport(Transport.Rust()).build() }
            assertEquals(ErrorKind.MISUSE, error.kind)
            assertTrue(error.message.isNotEmpty())
        }
    }

    @Test
    fun `wrong sessions and policies are told by the first call`(): Unit = runBlocking {
        val runtime = runtime()
        val nowhere = BoundClient(runtime.session(Account.guest, endpoint = "elsewhere"), Api.policy)
        val error = failure { nowhere.unary(Api.quote, Api.ride("r"), CallOptions.DEFAULT) }
        assertEquals(ErrorKind.MISUSE, error.kind)
        assertTrue("elsewhere" in error.message)
        val states = nowhere.observe(Api.quote, Api.ride("r"), CallOptions.DEFAULT).toList()
        assertEquals(listOf<Observed<ByteArray>>(Observed.Failed(error)), states)

        val session = runtime.session(Account.guest)
        val damaged = BoundClient(session, byteArrayOf(1, 2, 3))
        assertEquals(ErrorKind.MISUSE, failure { damaged.prefetch(Api.quote, Api.ride("r")) }.kind)
        val unknown = BoundMethod<ByteArray, ByteArray>(999, { it }, { it })
        val client = BoundClient(session, Api.policy)
        assertEquals(ErrorKind.MISUSE, failure { client.prefetch(unknown, Api.ride("r")) }.kind)
        assertNull(client.cached(unknown, Api.ride("r")))
        runtime.shutdown()
    }

    @Test
    fun `calls after the end are MISUSE and the end may come twice`(): Unit = runBlocking {
        val runtime = runtime()
        val client = runtime.client()
        val waiting = async { failure { client.unary(Api.quote, Api.ride("r"), CallOptions.DEFAULT) } }
        yield()
        runtime.shutdown()
        runtime.shutdown()
        runtime.close()
        assertEquals(ErrorKind.MISUSE, waiting.await().kind)
        assertEquals(ErrorKind.MISUSE, failure { client.unary(Api.quote, Api.ride("r"), CallOptions.DEFAULT) }.kind)
        assertNull(client.cached(Api.quote, Api.ride("r")))
        runtime.setAppState(AppState.BACKGROUND)
        runtime.memoryPressure()
        assertEquals(ErrorKind.MISUSE, failure { runtime.pause() }.kind)
        assertTrue(runtime.stats().measures.isEmpty())
    }

    /** Every operation ends, whether its cancellation or its answer is first. */
    @Test
    fun `cancellation and answers race without losing anybody`(): Unit = runBlocking {
        val runtime = runtime(Stack.answering(Api.ride("answer")))
        val client = runtime.client()
        val options = CallOptions(cache = CacheMode.NetworkOnly)
        val ended = AtomicInteger()
        withTimeout(60.seconds) {
            coroutineScope {
                List(COUNT) { number ->
                    val call = launch(Dispatchers.Default) {
                        try {
                            client.unary(Api.quote, Api.ride("r${number % 100}"), options)
                        } finally {
                            ended.incrementAndGet()
                        }
                    }
                    if (number % 3 == 0) call.cancel()
                    if (number % 3 == 1) launch(Dispatchers.Default) { call.cancel() }
                    call
                }.joinAll()
            }
        }
        // A coroutine that was cancelled before it began never began.
        assertTrue(ended.get() in COUNT / 3..COUNT)
        runtime.shutdown()
    }

    private companion object {
        private const val COUNT = 3_000
    }
}
