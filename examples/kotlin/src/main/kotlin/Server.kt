import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext

/**
 * The pricing server in a process of its own, and the switches with which the story breaks it: `examples/rust/src/served.rs`
 * says what it can be told.
 */
class Server : AutoCloseable {
    private val process = ProcessBuilder(program(), "--serve").redirectError(ProcessBuilder.Redirect.INHERIT).start()
    private val commands = process.outputStream.bufferedWriter()
    private val answers = process.inputStream.bufferedReader()

    /** Where it is. */
    val url: String = line()

    /** Tells it a command, and waits for the answer on a thread that may wait. */
    suspend fun tell(command: String): String = withContext(Dispatchers.IO) {
        commands.appendLine(command)
        commands.flush()
        line()
    }

    /** Asks for a number. */
    suspend fun count(what: String): Long = tell(what).toLong()

    /** The end of its input ends it. */
    override fun close() {
        commands.close()
        process.waitFor()
    }

    private fun line(): String = answers.readLine() ?: error("the server has ended")

    private companion object {
        private const val VARIABLE = "RIDE_PRICING_SERVER"

        private fun program(): String =
            System.getenv(VARIABLE) ?: error("$VARIABLE names no server; `cargo xtask example kotlin` sees to it")
    }
}
