import dev.holdover.Account
import dev.holdover.HoldoverException
import dev.holdover.Observed
import dev.holdover.Runtime
import dev.holdover.Transport
import dev.holdover.okhttp.OkHttpService
import java.io.File
import kotlinx.coroutines.DelicateCoroutinesApi
import kotlinx.coroutines.GlobalScope
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import pricing.v1.PricingClient
import pricing.v1.PricingOuterClass.WatchRequest

/** An app in a process of its own: `get|busy URL STORE okhttp|rust`. */
@OptIn(DelicateCoroutinesApi::class)
fun main(arguments: Array<String>): Unit = runBlocking {
    val (what, url, store, transport) = arguments
    val runtime = Runtime.builder()
        .plainTextEndpoint("prod", url)
        .store(File(store))
        .transport(if (transport == "okhttp") Transport.Http(OkHttpService()) else Transport.Rust())
        .build()
    val pricing = PricingClient(runtime.session(Account.user("u-17")))
    if (what == "get") {
        val quote = pricing.getQuote(ride())
        println("${quote.source} ${quote.value.quoteId}")
        runtime.shutdown()
        return@runBlocking
    }
    // A call that nobody answers, an observer and a stream are under way, and nothing is closed.
    GlobalScope.launch { pricing.watch(WatchRequest.newBuilder().setRideId("r-1").build()).collect { } }
    pricing.observeGetProfile(profile()).first { it is Observed.Value }
    println("ready")
    readln()
    GlobalScope.launch {
        try {
            pricing.getQuote(ride())
        } catch (error: HoldoverException) {
            println(error)
        }
    }
    GlobalScope.launch { pricing.observeGetQuote(ride()).collect { } }
    readln()
    println("busy")
}
