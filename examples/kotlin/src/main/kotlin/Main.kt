import java.io.File
import kotlin.io.path.createTempDirectory
import kotlin.system.exitProcess
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.runBlocking

/**
 * A ride-pricing app on a bad network: breaks a real server on loopback, step by step, and ends with an error if a step did
 * not do what it says.
 */
fun main(arguments: Array<String>) {
    val kept = runBlocking {
        if (arguments.firstOrNull() == "--restarted") {
            // How the story starts the app a second time, in a process of its own.
            restarted(arguments[1], File(arguments[2]))
            true
        } else {
            story()
        }
    }
    if (!kept) exitProcess(1)
}

/** What happens to Ada's screens in half a minute of bad luck. */
private suspend fun story(): Boolean {
    val folder = createTempDirectory("ride-pricing").toFile()
    try {
        return Server().use { server -> coroutineScope { Stage(server, folder, this).tell() } }
    } finally {
        folder.deleteRecursively()
    }
}

private suspend fun Stage.tell(): Boolean {
    app.runtime.setPlatform(WIFI)
    narrator.say("ride-pricing: a tonic server at ${server.url}, a Holdover client over OkHttp, a disk cache.")
    narrator.say("Each answer says: where it came from, how old it may be called, how complete it is, and what it says.")
    coldCall()
    repeatFromMemory()
    staleThenRefreshed()
    readYourWrites()
    serverDown()
    captivePortal()
    tokenRefresh()
    requiredFieldMissing()
    val prices = opened()
    putAway(prices)
    cut(prices)
    openedAgain(prices)
    noticed()
    withheld()
    restored()
    val flight = airplaneMode()
    expired(flight)
    nothingToShow()
    landed(flight)
    processRestart()
    signOut()
    app.runtime.shutdown()
    return narrator.end()
}
