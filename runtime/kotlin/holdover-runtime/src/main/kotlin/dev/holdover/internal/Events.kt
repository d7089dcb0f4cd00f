package dev.holdover.internal

import dev.holdover.Detail
import dev.holdover.ErrorKind
import dev.holdover.Freshness
import dev.holdover.HoldoverException
import dev.holdover.Provenance
import dev.holdover.Source
import dev.holdover.binding.RawSnapshot
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.nanoseconds

/** Something that the core tells; it is read before the next one is taken. */
internal class Event(private val facts: LongArray, private val at: Int, private val bytes: ByteArray?) {
    val kind: Int get() = facts[at].toInt()
    val isLast: Boolean get() = (facts[at] ushr 32).toInt() and Abi.FLAG_LAST != 0
    val op: Long get() = facts[at + 1]
    val token: Long get() = facts[at + 2]
    val code: Int get() = facts[at + 3].toInt()
    val count: Int get() = (facts[at + 3] ushr 32).toInt()
    val body: ByteArray get() = bytes ?: NOTHING

    fun snapshot(): RawSnapshot = RawSnapshots.read(facts, at + 4, body)

    /** Why it failed. */
    fun error(): HoldoverException = Errors.of(code, bytes)

    private companion object {
        private val NOTHING = ByteArray(0)
    }
}

/** Snapshots as they cross: some facts, and the bytes one after the other. */
internal object RawSnapshots {
    private val sources = Source.entries
    private val freshnesses = Freshness.entries
    private val details = Detail.entries

    fun read(facts: LongArray, at: Int, bytes: ByteArray): RawSnapshot {
        val tells = facts[at + 2].toInt()
        val flags = tells ushr 24
        val value = facts[at + 3].toInt()
        val lastKnown = value + facts[at + 4].toInt()
        val error = lastKnown + facts[at + 5].toInt()
        val provenance = Provenance(
            source = sources[(tells and 0xff) - 1],
            freshness = freshnesses[(tells ushr 8 and 0xff) - 1],
            asOfMillis = facts[at],
            age = facts[at + 1].nanoseconds,
            detail = details[(tells ushr 16 and 0xff) - 1],
            isRefreshing = flags and Abi.SNAPSHOT_REFRESHING != 0,
            gap = flags and Abi.SNAPSHOT_GAP != 0,
            error = if (error > lastKnown) Errors.read(bytes.copyOfRange(lastKnown, error)) else null,
        )
        return RawSnapshot(
            value = if (value == bytes.size) bytes else bytes.copyOfRange(0, value),
            provenance = provenance,
            isWithheld = flags and Abi.SNAPSHOT_WITHHELD != 0,
            lastKnown = if (flags and Abi.SNAPSHOT_LAST_KNOWN != 0) bytes.copyOfRange(value, lastKnown) else null,
        )
    }
}

/** Errors as they cross. */
internal object Errors {
    /** By the code that a function or an event gave, and an encoded `Error`, if there is one. */
    fun of(code: Int, error: ByteArray?): HoldoverException = when {
        error != null && error.isNotEmpty() -> read(error)
        code == Abi.BUG -> bug()
        code == Abi.CANCELLED -> ended()
        else -> HoldoverException(
            ErrorKind.of(code) ?: ErrorKind.MISUSE,
            "the runtime or its session has ended; make a new one",
        )
    }

    fun read(bytes: ByteArray): HoldoverException = try {
        read(WireFields(bytes))
    } catch (damaged: WireFields.Damaged) {
        HoldoverException(ErrorKind.MISUSE, "an error of the core cannot be read; report this bug", cause = damaged)
    }

    /** Of what is used after the end of its runtime. */
    fun ended(): HoldoverException = HoldoverException(ErrorKind.MISUSE, "the runtime has ended; make a new one")

    private fun bug() = HoldoverException(
        ErrorKind.MISUSE,
        "a bug of Holdover's was caught, and the call was not made; report it with the log",
    )

    private fun read(fields: WireFields): HoldoverException {
        var kind = 0
        var message = ""
        var status: HoldoverException.Status? = null
        var retryAfter: Long? = null
        val paths = mutableListOf<String>()
        var willRetry = false
        while (fields.next()) {
            when (fields.number) {
                1 -> kind = fields.int()
                2 -> message = fields.text()
                3 -> status = status(fields.message())
                4 -> retryAfter = fields.long()
                5 -> paths += fields.text()
                6 -> willRetry = fields.flag()
            }
        }
        return HoldoverException(
            ErrorKind.of(kind) ?: ErrorKind.MISUSE,
            message,
            status,
            retryAfter?.milliseconds,
            paths,
            willRetry,
        )
    }

    private fun status(fields: WireFields): HoldoverException.Status {
        var code = 0
        var message = ""
        var details = ByteArray(0)
        while (fields.next()) {
            when (fields.number) {
                1 -> code = fields.int()
                2 -> message = fields.text()
                3 -> details = fields.bytes()
            }
        }
        return HoldoverException.Status(code, message, details)
    }
}
