package dev.holdover.internal

import dev.holdover.Account
import dev.holdover.CacheMode
import dev.holdover.CallOptions
import dev.holdover.Credentials
import dev.holdover.CredentialsRequest
import dev.holdover.DetailMode
import dev.holdover.Estimate
import dev.holdover.Metadata
import dev.holdover.OutboxChoice
import dev.holdover.Platform
import dev.holdover.Priority
import dev.holdover.Quality
import dev.holdover.RuntimeEvent
import dev.holdover.Stats
import dev.holdover.Switch
import dev.holdover.Tag

/** The messages of `boundary.proto`, but for those about HTTP. */
internal object Messages {
    fun session(account: Account, hasCredentials: Boolean, endpoint: String?, metadata: Metadata): ByteArray =
        WireWriter().text(1, endpoint).message(2) { account(account) }.flag(3, hasCredentials).metadata(4, metadata).done()

    /** No bytes are the defaults. */
    fun options(options: CallOptions): ByteArray? {
        if (options == CallOptions.DEFAULT) return null
        val cache = when (options.cache) {
            CacheMode.Default -> 0
            CacheMode.CacheOnly -> 1
            CacheMode.NetworkOnly -> 2
            is CacheMode.MaxAge -> 3
        }
        val priority = when (options.priority) {
            null -> 0
            Priority.BACKGROUND -> 1
            Priority.INTERACTIVE -> 2
        }
        val maxAge = (options.cache as? CacheMode.MaxAge)?.age?.inWholeMilliseconds?.coerceAtLeast(0)
        return WireWriter()
            .number(1, options.timeout?.inWholeMilliseconds?.coerceAtLeast(0))
            .metadata(2, options.metadata)
            .number(3, cache)
            .number(4, maxAge)
            .flag(5, options.detail == DetailMode.FULL)
            .number(6, priority)
            .done()
    }

    // Commands.

    fun signOut(session: Long, outbox: OutboxChoice): ByteArray =
        WireWriter().message(1) { fixed(1, session).flag(2, outbox == OutboxChoice.HOLD) }.done()

    fun erase(account: Account): ByteArray = WireWriter().message(2) { account(account) }.done()

    fun invalidate(session: Long, tag: Tag): ByteArray = WireWriter().message(3) {
        fixed(1, session)
        for (part in tag.parts) {
            message(2) {
                when (part) {
                    is Tag.Part.Literal -> text(1, part.text)
                    is Tag.Part.Text -> text(2, part.value)
                    is Tag.Part.Signed -> number(3, part.value)
                    is Tag.Part.Unsigned -> number(4, part.bits)
                    is Tag.Part.Bool -> flag(5, part.value)
                }
            }
        }
    }.done()

    fun pause(): ByteArray = WireWriter().message(4) {}.done()

    fun disable(switches: List<Switch>): ByteArray = WireWriter().message(5) {
        for (switch in switches) {
            message(1) {
                number(1, switch.feature.ordinal)
                switch.methods?.forEach { text(2, it) }
                flag(3, switch.methods != null)
            }
        }
    }.done()

    fun refresh(observer: Long): ByteArray = WireWriter().message(6) { fixed(1, observer) }.done()

    fun shutdown(): ByteArray = WireWriter().message(7) {}.done()

    // Hints.

    fun platform(platform: Platform): ByteArray = WireWriter().message(1) {
        number(1, platform.reachability.ordinal)
        number(2, platform.connection.ordinal)
        number(3, platform.path)
        flag(4, platform.savesData)
    }.done()

    fun appState(ordinal: Int): ByteArray = WireWriter().number(2, ordinal).done()

    fun quality(quality: Quality): ByteArray = WireWriter().number(3, quality.ordinal).done()

    fun estimate(estimate: Estimate?): ByteArray = WireWriter().message(4) {
        flag(1, estimate == null)
        number(2, estimate?.requestTime?.inWholeMicroseconds?.coerceAtLeast(0))
        number(3, estimate?.downlinkKbps?.coerceAtLeast(0))
    }.done()

    fun savesData(saves: Boolean): ByteArray = WireWriter().flag(5, saves).done()

    fun memoryPressure(): ByteArray = WireWriter().message(6) {}.done()

    fun resume(): ByteArray = WireWriter().message(7) {}.done()

    fun setMetadata(session: Long, name: String, value: ByteArray): ByteArray =
        WireWriter().message(8) { fixed(1, session).text(2, name).bytes(3, value) }.done()

    fun replaceMetadata(session: Long, metadata: Metadata): ByteArray =
        WireWriter().message(10) { fixed(1, session).metadata(2, metadata) }.done()

    fun credentialsChanged(session: Long): ByteArray = WireWriter().fixed(9, session).done()

    // What the core asks, and the answers.

    /** The session's handle, and what is asked. */
    fun credentialsAsk(bytes: ByteArray): Pair<Long, CredentialsRequest> {
        var session = 0L
        var account: Account = Account.Guest
        var endpoint = ""
        var method = ""
        var rejected = Metadata.EMPTY
        var hasRejected = false
        val fields = WireFields(bytes)
        while (fields.next()) {
            when (fields.number) {
                1 -> session = fields.long()
                2 -> {
                    val inner = fields.message()
                    while (inner.next()) if (inner.number == 1) account = Account.User(inner.text())
                }
                3 -> endpoint = fields.text()
                4 -> method = fields.text()
                5 -> {
                    val (name, value) = header(fields.message())
                    rejected = rejected.plus(name, value)
                }
                6 -> hasRejected = fields.flag()
            }
        }
        return session to CredentialsRequest(account, endpoint, method, rejected.takeIf { hasRejected })
    }

    fun credentials(answer: Credentials): ByteArray = when (answer) {
        is Credentials.Use -> WireWriter().message(1) {
            metadata(1, answer.metadata).number(2, answer.expiresIn?.inWholeMilliseconds?.coerceAtLeast(0))
        }
        Credentials.SignInRequired -> WireWriter().message(2) {}
    }.done()

    fun credentialsFailed(message: String): ByteArray = WireWriter().text(3, message).done()

    /** Whether to wrap, and what. */
    fun keyAsk(bytes: ByteArray): Pair<Boolean, ByteArray> {
        val fields = WireFields(bytes)
        var ask = false to ByteArray(0)
        while (fields.next()) if (fields.number in 1..2) ask = (fields.number == 1) to fields.bytes()
        return ask
    }

    fun key(key: ByteArray): ByteArray = WireWriter().bytes(1, key).done()

    fun keyFailed(message: String, isLost: Boolean): ByteArray = WireWriter().text(if (isLost) 3 else 2, message).done()

    // Sight.

    fun event(bytes: ByteArray): RuntimeEvent {
        var name = ""
        var method: String? = null
        val attributes = mutableMapOf<String, Any>()
        val fields = WireFields(bytes)
        while (fields.next()) {
            when (fields.number) {
                1 -> name = fields.text()
                2 -> method = fields.text()
                3 -> {
                    val attribute = fields.message()
                    var key = ""
                    var value: Any = 0L
                    while (attribute.next()) {
                        when (attribute.number) {
                            1 -> key = attribute.text()
                            2 -> value = attribute.long()
                            3 -> value = attribute.text()
                        }
                    }
                    attributes[key] = value
                }
            }
        }
        return RuntimeEvent(name, method, attributes)
    }

    fun qualityOf(number: Int): Quality = Quality.entries.getOrElse(number) { Quality.UNSPECIFIED }

    fun stats(bytes: ByteArray): Stats {
        var quality = Quality.UNSPECIFIED
        val measures = mutableListOf<Stats.Measure>()
        val fields = WireFields(bytes)
        while (fields.next()) {
            when (fields.number) {
                1 -> quality = qualityOf(fields.int())
                2 -> measures += measure(fields.message())
            }
        }
        return Stats(quality, measures)
    }

    private fun measure(fields: WireFields): Stats.Measure {
        val texts = mutableMapOf<Int, String>()
        var isCounter = false
        var value = 0L
        while (fields.next()) {
            when (val number = fields.number) {
                4 -> isCounter = fields.flag()
                7 -> value = fields.long()
                else -> texts[number] = fields.text()
            }
        }
        val attribute = texts[5]?.let { name -> name to texts[6].orEmpty() }
        return Stats.Measure(texts[1].orEmpty(), texts[2].orEmpty(), texts[3].orEmpty(), isCounter, attribute, value)
    }

    /** The ids of a policy's methods and whether each is replayed, in the order of the policy. */
    fun registered(bytes: ByteArray): List<NativeMethod> {
        val methods = mutableListOf<NativeMethod>()
        val fields = WireFields(bytes)
        while (fields.next()) {
            if (fields.number != 1) continue
            val method = fields.message()
            var id = 0
            var replay = false
            while (method.next()) {
                when (method.number) {
                    1 -> id = method.int()
                    4 -> replay = method.flag()
                }
            }
            methods += NativeMethod(id, replay)
        }
        return methods
    }

    fun header(fields: WireFields): Pair<String, ByteArray> {
        var name = ""
        var value = ByteArray(0)
        while (fields.next()) {
            when (fields.number) {
                1 -> name = fields.text()
                2 -> value = fields.bytes()
            }
        }
        return name to value
    }

    private fun WireWriter.account(account: Account): WireWriter = text(1, (account as? Account.User)?.id)

    private fun WireWriter.metadata(field: Int, metadata: Metadata): WireWriter {
        for (entry in metadata.entries) message(field) { text(1, entry.name).bytes(2, entry.value) }
        return this
    }
}

/** A method of a registered policy. */
internal class NativeMethod(val id: Int, val replay: Boolean)
