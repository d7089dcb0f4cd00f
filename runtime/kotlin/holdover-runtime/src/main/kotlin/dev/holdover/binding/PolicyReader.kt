package dev.holdover.binding

import dev.holdover.ErrorKind
import dev.holdover.HoldoverException
import dev.holdover.internal.WireFields
import java.util.TreeSet

/**
 * What bound clients need of a `holdover.policy.v1.PolicySet`: the names of its methods, and what their plans withhold. The
 * core reads the rest.
 */
internal object PolicyReader {
    /** @property name `pricing.v1.Pricing/GetQuote` */
    class Method(val name: String, val plan: WithheldPlan?)

    private class Node(val type: Int, val actions: Map<Int, Int>)

    fun read(policy: ByteArray): List<Method> = try {
        val types = mutableListOf<Map<Int, String>>()
        val methods = mutableListOf<WireFields>()
        val fields = WireFields(policy)
        while (fields.next()) {
            when (fields.number) {
                2 -> types += type(fields.message())
                3 -> methods += fields.message()
            }
        }
        methods.map { method(it, types) }
    } catch (damaged: WireFields.Damaged) {
        throw HoldoverException(
            ErrorKind.MISUSE,
            "the policy cannot be read; generate the client again",
            cause = damaged,
        )
    }

    /** The names of a type's fields, by their numbers. */
    private fun type(fields: WireFields): Map<Int, String> {
        val names = mutableMapOf<Int, String>()
        while (fields.next()) {
            if (fields.number != 2) continue
            val field = fields.message()
            var number = 0
            var name = ""
            while (field.next()) {
                when (field.number) {
                    1 -> number = field.int()
                    2 -> name = field.text()
                }
            }
            names[number] = name
        }
        return names
    }

    private fun method(fields: WireFields, types: List<Map<Int, String>>): Method {
        var service = ""
        var name = ""
        var plan: WithheldPlan? = null
        while (fields.next()) {
            when (fields.number) {
                1 -> service = fields.text()
                2 -> name = fields.text()
                10 -> {
                    val detail = fields.message()
                    while (detail.next()) {
                        if (detail.number == 6) plan = plan(detail.message(), types)
                    }
                }
            }
        }
        return Method("$service/$name", plan)
    }

    private fun plan(fields: WireFields, types: List<Map<Int, String>>): WithheldPlan {
        val nodes = mutableListOf<Node>()
        var hash = ""
        while (fields.next()) {
            when (fields.number) {
                1 -> nodes += node(fields.message())
                2 -> hash = fields.text()
            }
        }
        for (node in nodes) {
            val whole = node.type in types.indices &&
                node.actions.values.all { it == WithheldPlan.DROP || it in nodes.indices }
            if (!whole) throw WireFields.Damaged()
        }
        if (nodes.isEmpty()) throw WireFields.Damaged()
        return WithheldPlan(hash, paths(nodes, types), nodes.map { it.actions })
    }

    private fun node(fields: WireFields): Node {
        var type = 0
        val actions = sortedMapOf<Int, Int>()
        while (fields.next()) {
            when (fields.number) {
                1 -> type = fields.int()
                2 -> {
                    val field = fields.message()
                    var number = 0
                    var action: Int? = null
                    while (field.next()) {
                        when (field.number) {
                            1 -> number = field.int()
                            2 -> if (field.int() != 0) action = WithheldPlan.DROP
                            3 -> action = field.int()
                        }
                    }
                    action?.let { actions[number] = it }
                }
            }
        }
        return Node(type, actions)
    }

    /** The dropped fields as people write them. Every node is walked once, so that recursive types come to an end. */
    private fun paths(nodes: List<Node>, types: List<Map<Int, String>>): List<String> {
        val paths = TreeSet<String>()
        val seen = mutableSetOf<Int>()
        val open = mutableListOf(0 to "")
        while (open.isNotEmpty()) {
            val (index, prefix) = open.removeAt(open.lastIndex)
            if (!seen.add(index)) continue
            val names = types[nodes[index].type]
            for ((number, action) in nodes[index].actions) {
                val name = names[number] ?: continue
                if (action == WithheldPlan.DROP) paths += prefix + name else open += action to "$prefix$name."
            }
        }
        return paths.toList()
    }
}
