package dev.holdover.testing

import dev.holdover.AppState
import dev.holdover.BidiStream
import dev.holdover.CallOptions
import dev.holdover.HoldoverException
import dev.holdover.HoldoverInternalApi
import dev.holdover.Observation
import dev.holdover.Observed
import dev.holdover.OutboxChoice
import dev.holdover.Runtime
import dev.holdover.Session
import dev.holdover.Transport
import dev.holdover.binding.BoundClient
import dev.holdover.binding.BoundMethod
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.launch
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.longOrNull

/** Does what a story asks of an app, by what the package offers to apps, and reports what comes of it. */
internal class StoryHost(private val scope: CoroutineScope, private val policy: ByteArray, private val story: Long) {
    private var process: Process? = null

    /** What has come since the last time. */
    fun reports(): List<JsonObject> = process?.reports().orEmpty()

    /** Returns when so many reports are there. */
    suspend fun awaitReports(count: Long) {
        process?.awaitReports(count)
    }

    /** Lets go of everything. */
    fun end() {
        process?.end()
    }

    suspend fun act(action: JsonObject) {
        val (name, value) = action.entries.single()
        val parts = value.jsonObject
        if (name == "start") {
            process?.end()
            process = Process(parts)
        } else {
            checkNotNull(process) { "a story begins with the start of a process" }.act(name, parts)
        }
    }

    /** What an app holds between its start and its end. */
    private inner class Process(start: JsonObject) {
        @OptIn(HoldoverInternalApi::class)
        private val runtime: Runtime = Runtime.builder().run {
            for (name in start.texts("endpoints")) plainTextEndpoint(name, "http://rides.invalid")
            varies(*start.texts("varies").toTypedArray())
            start["memory"]?.jsonPrimitive?.longOrNull?.let(::memory)
            transport(Transport.Rust()).story(story).build()
        }
        private val heard = Channel<JsonObject>(Channel.UNLIMITED)
        private val unreported = ArrayDeque<JsonObject>()
        private val jobs = mutableMapOf<String, Job>()
        private val sessions = mutableMapOf<String, Session>()
        private val clients = mutableMapOf<String, BoundClient>()
        private val observations = mutableMapOf<String, Observation<ByteArray>>()
        private val streams = mutableMapOf<String, BidiStream<ByteArray, ByteArray>>()

        fun end() {
            jobs.values.forEach(Job::cancel)
            runtime.close()
        }

        fun reports(): List<JsonObject> {
            while (true) unreported += heard.tryReceive().getOrNull() ?: break
            return unreported.toList().also { unreported.clear() }
        }

        suspend fun awaitReports(count: Long) {
            while (unreported.size < count) unreported += heard.receive()
        }

        suspend fun act(name: String, parts: JsonObject) {
            when (name) {
                "open" -> open(parts)
                "set_metadata" -> session(parts).replaceMetadata(parts.metadata("metadata"))
                "credentials_changed" -> session(parts).credentialsChanged()
                "get", "observe", "stream", "cached", "prefetch", "put" -> call(name, parts)
                "take" -> Unit // The story holds back what the app does not take.
                "say" -> attempt { streams.getValue(parts.text("op")).send(parts.bytes("message")) }
                "close" -> attempt { streams.getValue(parts.text("op")).halfClose() }
                "refresh" -> begin(parts) { refresh(observations.getValue(parts.text("of"))) }
                "cancel" -> jobs[parts.text("op")]?.cancelAndJoin()
                "invalidate" -> begin(parts) { session(parts).invalidate(parts.tag()) }
                "sign_out" -> {
                    val outbox = if (parts.flag("hold")) OutboxChoice.HOLD else OutboxChoice.DISCARD
                    begin(parts) { session(parts).signOut(outbox) }
                }
                "erase" -> begin(parts) { runtime.erase(parts.account()) }
                "pause" -> begin(parts) { runtime.pause() }
                "disable" -> begin(parts) { runtime.disable(parts.switches()) }
                else -> tell(name, parts)
            }
        }

        /** What an app knows and says. */
        private fun tell(name: String, parts: JsonObject) {
            when (name) {
                "app" -> runtime.setAppState(if (parts.flag("foreground")) AppState.FOREGROUND else AppState.BACKGROUND)
                "resume" -> runtime.resume()
                "memory_pressure" -> runtime.memoryPressure()
                "quality" -> runtime.setQuality(parts.quality())
                "estimate" -> runtime.setEstimate(parts.estimate())
                "platform" -> runtime.setPlatform(parts.platform())
                else -> error("stories have a new action: $name")
            }
        }

        private fun open(parts: JsonObject) {
            val name = parts.text("session")
            val session = runtime.session(
                parts.account(),
                endpoint = parts.text("endpoint"),
                metadata = parts.metadata("metadata"),
            )
            sessions[name] = session
            clients[name] = BoundClient(session, policy)
        }

        private fun session(parts: JsonObject): Session = sessions.getValue(parts.text("session"))

        private fun call(form: String, parts: JsonObject) {
            val client = clients.getValue(parts.text("session"))
            val method = BoundMethod<ByteArray, ByteArray>(parts.getValue("index").jsonPrimitive.int, { it }, { it })
            val request = parts.bytes("request")
            when (form) {
                "get" -> launch(parts) { op ->
                    report(Reports.value(op, client.unary(method, request, parts.options())))
                }
                "observe" -> observe(parts, client.observe(method, request, parts.options()))
                "stream" -> stream(parts, client, method, request, parts.options())
                "cached" -> {
                    val op = parts.text("op")
                    val snapshot = client.cached(method, request, parts.options())
                    report(snapshot?.let { Reports.value(op, it) } ?: Reports.done(op))
                }
                "prefetch" -> begin(parts) { client.prefetch(method, request) }
                "put" -> begin(parts) { client.put(method, request, parts.bytes("value")) }
            }
        }

        private fun observe(parts: JsonObject, observation: Observation<ByteArray>) {
            observations[parts.text("op")] = observation
            launch(parts) { op ->
                observation.collect { state ->
                    report(
                        when (state) {
                            Observed.Loading -> Reports.loading(op)
                            is Observed.Value -> Reports.value(op, state.snapshot)
                            is Observed.Failed -> Reports.failed(op, state.error)
                        },
                    )
                }
            }
        }

        /** A sequence of the client's is answered once, or is half of a talk: both are opened by who reads the answers. */
        private fun stream(
            parts: JsonObject,
            client: BoundClient,
            method: BoundMethod<ByteArray, ByteArray>,
            request: ByteArray,
            options: CallOptions,
        ) {
            val kind = parts.text("kind")
            val items = if (kind == "SERVER_STREAM") {
                client.serverStream(method, request, options)
            } else {
                client.bidiStream(method, options).also { streams[parts.text("op")] = it }.responses
            }
            launch(parts) { op ->
                items.collect { report(Reports.value(op, it)) }
                // The answer to a sequence is its end.
                if (kind != "CLIENT_STREAM") report(Reports.ended(op))
            }
        }

        private suspend fun refresh(observation: Observation<ByteArray>) {
            observation.refresh()
        }

        /** Starts an operation that ends without a value. */
        private fun begin(parts: JsonObject, run: suspend () -> Unit) {
            launch(parts) { op ->
                run()
                report(Reports.done(op))
            }
        }

        /** Starts an operation at once; the rest of it runs when the core tells something. */
        private fun launch(parts: JsonObject, run: suspend (op: String) -> Unit) {
            val op = parts.text("op")
            jobs[op] = scope.launch(start = CoroutineStart.UNDISPATCHED) {
                try {
                    run(op)
                } catch (error: HoldoverException) {
                    report(Reports.failed(op, error))
                }
            }
        }

        private fun report(report: JsonObject) {
            heard.trySend(report)
        }

        /** What is said on a stream that has ended is lost: its end is what is reported. */
        private inline fun attempt(run: () -> Unit) {
            try {
                run()
            } catch (_: HoldoverException) {
                return
            }
        }
    }
}
