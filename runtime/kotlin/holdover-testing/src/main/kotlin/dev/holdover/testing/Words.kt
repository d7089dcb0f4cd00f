package dev.holdover.testing

import dev.holdover.Account
import dev.holdover.CacheMode
import dev.holdover.CallOptions
import dev.holdover.DetailMode
import dev.holdover.Estimate
import dev.holdover.Metadata
import dev.holdover.Platform
import dev.holdover.Platform.Connection
import dev.holdover.Platform.Reachability
import dev.holdover.Priority
import dev.holdover.Quality
import dev.holdover.Switch
import dev.holdover.Tag
import kotlin.time.Duration
import kotlin.time.Duration.Companion.nanoseconds
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.booleanOrNull
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.long
import kotlinx.serialization.json.longOrNull

// The parts of actions, as the package's types.

internal fun JsonObject.known(name: String): JsonElement? = this[name].takeUnless { it is JsonNull }

internal fun JsonObject.text(name: String): String = getValue(name).jsonPrimitive.content

internal fun JsonObject.textOrNull(name: String): String? = known(name)?.jsonPrimitive?.content

internal fun JsonObject.texts(name: String): List<String> = getValue(name).jsonArray.map { it.jsonPrimitive.content }

internal fun JsonObject.flag(name: String): Boolean = known(name)?.jsonPrimitive?.boolean ?: false

internal fun JsonObject.bytes(name: String): ByteArray = Hex.bytes(text(name))

internal fun JsonObject.account(): Account = textOrNull("user")?.let(Account::user) ?: Account.guest

internal fun JsonObject.metadata(name: String): Metadata =
    Metadata.of(*getValue(name).jsonObject.map { (key, value) -> key to value.jsonPrimitive.content }.toTypedArray())

internal fun JsonObject.options(): CallOptions = CallOptions(
    timeout = duration("timeout"),
    metadata = metadata("metadata"),
    cache = when (val mode = text("cache")) {
        "default" -> CacheMode.Default
        "cache_only" -> CacheMode.CacheOnly
        "network_only" -> CacheMode.NetworkOnly
        "max_age" -> CacheMode.MaxAge(checkNotNull(duration("max_age")))
        else -> error("stories have a new cache mode: $mode")
    },
    detail = if (flag("full")) DetailMode.FULL else DetailMode.DEFAULT,
    priority = textOrNull("priority")?.let(Priority::valueOf),
)

private fun JsonObject.duration(name: String): Duration? = known(name)?.jsonPrimitive?.long?.nanoseconds

/** The JSON text of a value is the value. */
internal fun JsonObject.tag(): Tag {
    val parts = getValue("tag").jsonArray.map { part ->
        val (kind, text) = part.jsonObject.entries.single()
        if (kind == "literal") return@map Tag.literal(text.jsonPrimitive.content)
        val value = Json.parseToJsonElement(text.jsonPrimitive.content).jsonPrimitive
        val number = value.longOrNull
        val truth = value.booleanOrNull
        when {
            value.isString -> Tag.value(value.content)
            truth != null -> Tag.value(truth)
            number != null -> Tag.value(number)
            else -> Tag.value(value.content.toULong())
        }
    }
    return Tag(*parts.toTypedArray())
}

internal fun JsonObject.switches(): List<Switch> = getValue("switches").jsonArray.map { element ->
    val switch = element.jsonObject
    val methods = switch.known("methods")?.let { _ -> switch.texts("methods") }
    Switch(Switch.Feature.valueOf(switch.text("part").uppercase()), methods)
}

internal fun JsonObject.quality(): Quality = textOrNull("class")?.let(Quality::valueOf) ?: Quality.UNSPECIFIED

internal fun JsonObject.estimate(): Estimate? = known("numbers")?.jsonObject?.let {
    Estimate(requestTime = it.duration("request_time"), downlinkKbps = it.known("downlink")?.jsonPrimitive?.int)
}

internal fun JsonObject.platform(): Platform = Platform(
    reachability = when (known("reachable")?.jsonPrimitive?.boolean) {
        null -> Reachability.UNKNOWN
        true -> Reachability.REACHABLE
        false -> Reachability.UNREACHABLE
    },
    connection = Connection.valueOf(text("interface")),
    path = getValue("path").jsonPrimitive.long,
    savesData = flag("data_saver"),
)
