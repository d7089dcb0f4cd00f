package dev.holdover.testing

import dev.holdover.HoldoverInternalApi
import dev.holdover.internal.NativeLibrary
import dev.holdover.internal.NativeStory
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.withTimeoutOrNull
import kotlinx.coroutines.yield
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.long

/**
 * Replays vectors, which are timed inputs with the outputs that they must have, through the package as apps use it: over a
 * real runtime whose clock, network, store and credentials are played by the vector.
 *
 * Needs a native library that was built for tests: `cargo xtask package kotlin --testing`.
 *
 * @param policy The compiled policy of the API that the vectors speak.
 */
public class VectorReplay(private val policy: ByteArray) {
    /**
     * Replays one vector, given as JSON.
     *
     * @throws AssertionError with what did not come out as the vector says.
     */
    @OptIn(HoldoverInternalApi::class)
    public suspend fun replay(vector: String) {
        NativeLibrary.ensure()
        val error = arrayOfNulls<ByteArray>(1)
        val story = try {
            NativeStory.storyNew(policy, vector.encodeToByteArray(), error)
        } catch (missing: UnsatisfiedLinkError) {
            throw IllegalStateException(
                "Holdover's native library was built for apps, and not for tests: `cargo xtask package kotlin --testing`",
                missing,
            )
        }
        require(story != 0L) { "the story cannot begin: ${error[0]?.decodeToString()}" }
        try {
            coroutineScope {
                val host = StoryHost(this, policy, story)
                try {
                    follow(story, host)
                } finally {
                    host.end()
                }
            }
        } finally {
            NativeStory.storyFree(story)
        }
    }

    private suspend fun follow(story: Long, host: StoryHost) {
        while (true) {
            val reports = JsonArray(host.reports()).toString()
            val next = checkNotNull(NativeStory.storyNext(story, reports.encodeToByteArray())) { "the story is gone" }
            val instruction = Json.parseToJsonElement(next.decodeToString()) as JsonObject
            val (word, parts) = instruction.entries.single()
            when (word) {
                "do" -> host.act(parts.jsonObject)
                "wait" -> await(host, parts.jsonPrimitive.long)
                "passed" -> return
                "failed" -> throw AssertionError(parts.jsonPrimitive.content)
                else -> error("stories have a new instruction: $word")
            }
        }
    }

    /** What has not come by then never comes, and the story says what is missing. */
    private suspend fun await(host: StoryHost, deliveries: Long) {
        if (deliveries == 0L) yield() else withTimeoutOrNull(PATIENCE) { host.awaitReports(deliveries) }
    }

    private companion object {
        private val PATIENCE = 20.seconds
    }
}
