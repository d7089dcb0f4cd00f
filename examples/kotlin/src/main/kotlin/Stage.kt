import com.example.pricing.v1.Money
import com.example.pricing.v1.PriceUpdate
import com.example.pricing.v1.Quote
import dev.holdover.HoldoverException
import dev.holdover.Observation
import dev.holdover.Observed
import dev.holdover.Quality
import dev.holdover.Snapshot
import java.io.File
import kotlin.time.Duration.Companion.nanoseconds
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeout

/** Everything that the steps act on. */
class Stage(val server: Server, val folder: File, private val scope: CoroutineScope) {
    val narrator: Narrator = Narrator()
    val tokens: Tokens = Tokens()
    var app: App = App(server.url, folder, tokens)

    /** Somebody looks at a flow. */
    fun <T> look(flow: Flow<T>): Screen<T> = Screen(scope, flow)

    /** Waits for a quote, and shows it with its time and its bytes. */
    suspend fun show(call: suspend () -> Snapshot<Quote>): Result<Snapshot<Quote>> = timed(
        { attempt(call) },
        { quote -> quote.fold(::describe) { "no answer: ${(it as HoldoverException).kind}" } },
    )

    /** Waits until an observed quote is as wanted, and shows it. */
    suspend fun awaitQuote(
        quotes: Screen<Observed<Quote>>,
        wanted: (Snapshot<Quote>) -> Boolean,
    ): Snapshot<Quote> = timed(
        { quotes.first { it is Observed.Value && wanted(it.snapshot) } as Observed.Value },
        { describe(it.snapshot) },
    ).snapshot

    /** Waits until a price is as wanted, and shows it. */
    suspend fun awaitPrice(
        prices: Screen<Snapshot<PriceUpdate>>,
        wanted: (Snapshot<PriceUpdate>) -> Boolean = { true },
    ): Snapshot<PriceUpdate> = timed({ prices.first(wanted) }, ::describePrice)

    /** Waits until the app is told of a quality as wanted. */
    suspend fun awaitQuality(wanted: (Quality) -> Boolean): Quality =
        timed({ withTimeout(PATIENCE) { app.quality.first(wanted) } }, { "the app is told: $it" })

    /** Awaits something, and shows it with its time and its bytes. */
    suspend fun <T> timed(what: suspend () -> T, describe: (T) -> String): T {
        val bytes = server.count("bytes")
        val started = System.nanoTime()
        val outcome = what()
        val took = (System.nanoTime() - started).nanoseconds
        narrator.show(describe(outcome), took, server.count("bytes") - bytes)
        return outcome
    }
}

/** What somebody looks at: a flow that is collected as it is read. */
class Screen<T>(scope: CoroutineScope, flow: Flow<T>) {
    private val items = Channel<T>()
    private val looking = scope.launch {
        flow.collect { items.send(it) }
        items.close()
    }

    /** Waits for something that must come, but not for ever. */
    suspend fun first(wanted: (T) -> Boolean): T = withTimeout(PATIENCE) {
        var item = items.receive()
        while (!wanted(item)) item = items.receive()
        item
    }

    /** Nobody looks any more. */
    suspend fun leave() = looking.cancelAndJoin()
}

private val PATIENCE = 30.seconds

/** What a call comes to. Being cancelled is no failure of the call's. */
suspend fun <T> attempt(call: suspend () -> T): Result<T> = try {
    Result.success(call())
} catch (error: HoldoverException) {
    Result.failure(error)
}

/** Why it failed, if it did. */
val Result<*>.why: HoldoverException? get() = exceptionOrNull() as? HoldoverException

suspend fun Observation<Quote>.attemptRefresh(): HoldoverException? = attempt { refresh() }.why

/** A quote in one line: where it came from, and what it says. */
fun describe(quote: Snapshot<Quote>): String {
    val error = quote.error?.let { " after ${it.kind}" }.orEmpty()
    return "${quote.source} ${quote.freshness} ${quote.detail}$error: ${price(quote.value.total)} to ${quote.value.destination}"
}

private fun describePrice(update: Snapshot<PriceUpdate>): String {
    val gap = if (update.gap) " after a gap" else ""
    return "${update.source} ${update.freshness} ${update.detail}$gap: price no. ${update.value.number}, ${price(update.value.total)}"
}

/** A price in one line. */
fun price(money: Money): String = "%d.%02d %s".format(money.minorUnits / 100, money.minorUnits % 100, money.currency)
