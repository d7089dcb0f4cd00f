import java.util.Base64
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import kotlinx.coroutines.withContext

/** The ride-pricing service in a process of its own: `tests/e2e/src/bin/rides.rs` says what it can be told. */
internal class RidesServer(vararg arguments: String) : AutoCloseable {
    private val process = ProcessBuilder(listOf(program()) + arguments)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start()
    private val commands = process.outputStream.bufferedWriter()
    private val answers = process.inputStream.bufferedReader()
    private val turn = Mutex()

    /** Where it is, and, if it speaks TLS, the PEM of its root. */
    val url: String
    val root: ByteArray?

    init {
        val words = line().split(' ')
        url = words[0]
        root = words.getOrNull(1)?.let { Base64.getDecoder().decode(it) }
    }

    /** Tells it a command, and waits for the answer on a thread that may wait. */
    suspend fun tell(command: String): String = turn.withLock {
        withContext(Dispatchers.IO) {
            commands.appendLine(command)
            commands.flush()
            line()
        }
    }

    /** How many calls have arrived. */
    suspend fun calls(): Int = tell("calls").toInt()

    /** The end of its input ends it. */
    override fun close() {
        commands.close()
        process.waitFor()
    }

    private fun line(): String = answers.readLine() ?: error("the server has ended")

    private companion object {
        private const val VARIABLE = "HOLDOVER_RIDES_SERVER"

        private fun program(): String =
            System.getenv(VARIABLE) ?: error("$VARIABLE names no server; run these tests by `cargo xtask test --only kotlin`")
    }
}
