package dev.holdover.testing

import dev.holdover.Detail
import dev.holdover.HoldoverException
import dev.holdover.Snapshot
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put

/** What came to an operation, as stories read it. */
internal object Reports {
    fun loading(op: String): JsonObject = of(op, "loading")

    fun done(op: String): JsonObject = of(op, "done")

    fun ended(op: String): JsonObject = of(op, "ended")

    fun failed(op: String, error: HoldoverException): JsonObject = buildJsonObject {
        put("to", op)
        put("failed", error(error))
    }

    fun value(op: String, snapshot: Snapshot<ByteArray>): JsonObject = buildJsonObject {
        val provenance = snapshot.provenance
        put("to", op)
        put("value", Hex.of(snapshot.value))
        put("source", provenance.source.name)
        put("freshness", provenance.freshness.name)
        put("age", provenance.age.inWholeNanoseconds)
        put("as_of", provenance.asOfMillis)
        put("gap", provenance.gap)
        put("refreshing", provenance.isRefreshing)
        provenance.error?.let { put("error", error(it)) }
        if (provenance.detail == Detail.REDUCED) {
            put("reduced", true)
            put("plan", if (snapshot.withheld.isNothing) "unknown" else "own")
        }
        snapshot.withheld.lastKnown?.let { put("last_known", Hex.of(it)) }
    }

    private fun of(op: String, what: String): JsonObject = buildJsonObject {
        put("to", op)
        put(what, true)
    }

    private fun error(error: HoldoverException): JsonObject = buildJsonObject {
        put("kind", error.kind.name)
        put("paths", JsonArray(error.paths.map(::JsonPrimitive)))
        put("will_retry", error.willRetry)
        error.retryAfter?.let { put("retry_after", it.inWholeNanoseconds) }
        error.status?.let {
            put("code", CODES[it.code])
            put("message", it.message)
        }
    }

    /** By gRPC's numbers. */
    private val CODES = listOf(
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
        "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
        "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
    )
}

/** Bytes as lower-case hex digits. */
internal object Hex {
    private const val DIGITS = "0123456789abcdef"

    fun of(bytes: ByteArray): String = buildString(2 * bytes.size) {
        for (byte in bytes) append(DIGITS[byte.toInt() shr 4 and 15]).append(DIGITS[byte.toInt() and 15])
    }

    fun bytes(text: String): ByteArray = ByteArray(text.length / 2) { at ->
        (DIGITS.indexOf(text[2 * at]) shl 4 or DIGITS.indexOf(text[2 * at + 1])).toByte()
    }
}
