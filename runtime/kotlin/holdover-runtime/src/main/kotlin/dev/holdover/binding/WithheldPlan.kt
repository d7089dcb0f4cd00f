package dev.holdover.binding

import dev.holdover.ErrorKind
import dev.holdover.HoldoverException

/**
 * What a prune plan does to the fields of the messages of one answer: nodes by index, node 0 is the answer. Read from the
 * policy that the generated client embeds, once per client; every index is checked there.
 */
public class WithheldPlan internal constructor(
    /** 32 lower-case hex digits: names the plan in requests and in the cache. */
    public val hash: String,
    /** The dropped fields as paths, such as `promo` or `stops.photo`, sorted; a recursive type is listed once. */
    public val paths: List<String>,
    private val nodes: List<Map<Int, Int>>,
) {
    internal fun drops(node: Int, number: Int): Boolean = nodes[node][number] == DROP

    /**
     * The node below a field. None below a field that the plan drops and that is here all the same: the answer is full
     * there (rule F5).
     */
    internal fun descends(node: Int, number: Int): Int? = nodes[node][number]?.takeIf { it != DROP }

    internal companion object {
        internal const val DROP: Int = -1

        /** The plan of a method that is named in full, such as `pricing.v1.Pricing/GetQuote`. */
        internal fun of(policy: ByteArray, method: String): WithheldPlan {
            val methods = PolicyReader.read(policy)
            val found = methods.find { it.name == method } ?: throw misuse(
                "the policy has no method $method; name it in full, such as " +
                    (methods.firstOrNull()?.name ?: "pricing.v1.Pricing/GetQuote"),
            )
            return found.plan ?: throw misuse("$method has no `detail`, so nothing of its answers is withheld")
        }

        private fun misuse(message: String) = HoldoverException(ErrorKind.MISUSE, message)
    }
}
