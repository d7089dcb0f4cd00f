import com.example.pricing.v1.GetProfileRequest
import dev.holdover.CacheMode
import dev.holdover.CallOptions
import java.io.File
import kotlin.time.Duration.Companion.nanoseconds
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext

// The app is killed and started again, and at last Ada signs out.

private val LOOK = CallOptions(cache = CacheMode.CacheOnly)

suspend fun Stage.processRestart() {
    narrator.step("The app is started again, without a server", "rpc GetQuote", "stale_if_error")
    app.runtime.shutdown()
    server.tell("stop")
    val quote = withContext(Dispatchers.IO) { anotherProcess(server.url, folder) }
    val (micros, told) = quote.trim().split('\t').let { it[0] to it.getOrElse(1) { "" } }
    narrator.show(told, (micros.toLongOrNull() ?: 0).nanoseconds, 0)
    narrator.check("Central Station" in told, "a new process shows the quote that the old one left on disk")
    server.tell("start")
    app = App(server.url, folder, tokens)
}

/** Runs this program as the app's second life, and gives what it prints. */
private fun anotherProcess(url: String, folder: File): String {
    val java = File(System.getProperty("java.home"), "bin/java").path
    val classes = System.getProperty("java.class.path")
    return ProcessBuilder(java, "-cp", classes, "MainKt", "--restarted", url, folder.path)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start()
        .inputStream.bufferedReader().readText()
}

/** The app's second life: prints the quote that the disk has, or fails. */
suspend fun restarted(url: String, folder: File) {
    val started = System.nanoTime()
    val quote = App(url, folder, Tokens()).pricing.getQuote(quoteOf())
    println("${System.nanoTime() - started}\t${describe(quote)}")
}

suspend fun Stage.signOut() {
    narrator.step("Ada signs out", "rpc GetProfile", "scope")
    val profile = GetProfileRequest.getDefaultInstance()
    app.pricing.getProfile(profile)
    narrator.check(attempt { app.pricing.getQuote(quoteOf(), LOOK) }.isSuccess, "her quote is in the cache before")
    app.session.signOut()
    app.runtime.shutdown()
    app = App(server.url, folder, tokens)
    narrator.say("The app starts again, and may only look into its cache.")
    val quote = show { app.pricing.getQuote(quoteOf(), LOOK) }
    narrator.check(
        quote.isFailure && attempt { app.pricing.getProfile(profile, LOOK) }.isFailure,
        "nothing of hers is left, in memory or on disk",
    )
}
