import java.io.File
import kotlin.time.Duration
import kotlin.time.DurationUnit

/** The terminal view: what happens, why, how long it took and what it cost. Plain lines where there is no terminal. */
class Narrator {
    private enum class Ink(val code: String) { TITLE("1"), QUIET("2"), GOOD("32"), BAD("1;31") }

    private val isColoured = System.console() != null && System.getenv("NO_COLOR") == null
    private var steps = 0
    private val broken = mutableListOf<String>()

    /** The annotated API, shown where it explains a step. */
    private val api = System.getProperty("pricing.proto")?.let { File(it).readLines() }.orEmpty()

    /** A line of plain text. */
    fun say(text: String) = println("   $text")

    /** Begins a step, and shows the policy line that makes it so: the first with `words` from the one with `element` on. */
    fun step(title: String, element: String, words: String) {
        steps += 1
        println("\n${paint(Ink.TITLE, "%2d %s".format(steps, title))}")
        val start = api.indexOfFirst { element in it }
        val line = api.withIndex().drop(maxOf(start, 0)).firstOrNull { words in it.value } ?: return
        println("   ${paint(Ink.QUIET, "pricing.proto:${line.index + 1}   ${line.value.trim()}")}")
    }

    /** One observation: where an answer came from and what it says, with its time and its bytes. */
    fun show(what: String, took: Duration, bytes: Long) {
        val cost = if (bytes == 0L) "no bytes" else "$bytes bytes on the wire"
        println("   → $what")
        println("     ${paint(Ink.QUIET, "${took.toString(DurationUnit.MILLISECONDS, 2)}, $cost")}")
    }

    /** A promise of the step: shown, and remembered if it was not kept. */
    fun check(kept: Boolean, promise: String) {
        if (kept) {
            println("   ${paint(Ink.GOOD, "✓")} $promise")
        } else {
            println("   ${paint(Ink.BAD, "✗ NOT SO:")} $promise")
            broken += "step $steps: $promise"
        }
    }

    /** Ends the story. Whether every step did what it says. */
    fun end(): Boolean {
        println()
        if (broken.isEmpty()) {
            println(paint(Ink.GOOD, "All $steps steps did what they say."))
        } else {
            println(paint(Ink.BAD, "${broken.size} promise(s) were not kept:\n  ${broken.joinToString("\n  ")}"))
        }
        return broken.isEmpty()
    }

    private fun paint(ink: Ink, text: String) = if (isColoured) "\u001b[${ink.code}m$text\u001b[0m" else text
}
