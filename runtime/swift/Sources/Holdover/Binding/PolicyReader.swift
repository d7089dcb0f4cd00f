/// What bound clients need of a `holdover.policy.v1.PolicySet`: the names of its methods, and what their plans withhold. The
/// core reads the rest.
enum PolicyReader {
    struct Method: Sendable {
        /// `pricing.v1.Pricing/GetQuote`
        var name: String
        var plan: WithheldPlan?
    }

    /// The names of a type's fields, by their numbers.
    private typealias MessageType = [UInt32: String]

    private struct Node {
        var type = 0
        var actions: [UInt32: WithheldPlan.Action] = [:]
    }

    static func read(_ policy: [UInt8]) throws(HoldoverError) -> [Method] {
        do {
            var types: [MessageType] = []
            var methods: [ArraySlice<UInt8>] = []
            var fields = WireFields(policy[...])
            while let field = try fields.next() {
                switch field {
                case (2, .bytes(let bytes)): types.append(try type(bytes))
                case (3, .bytes(let bytes)): methods.append(bytes)
                default: break
                }
            }
            var read: [Method] = []
            for bytes in methods { read.append(try method(bytes, types)) }
            return read
        } catch {
            throw HoldoverError(.misuse, "the policy cannot be read; generate the client again")
        }
    }

    private static func type(_ bytes: ArraySlice<UInt8>) throws(WireFields.Damaged) -> MessageType {
        var type: MessageType = [:]
        var fields = WireFields(bytes)
        while let field = try fields.next() {
            guard case (2, .bytes(let bytes)) = field else { continue }
            var number: UInt32 = 0
            var name = ""
            var inner = WireFields(bytes)
            while let field = try inner.next() {
                switch field {
                case (1, .varint(let value)): number = UInt32(truncatingIfNeeded: value)
                case (2, .bytes(let text)): name = String(decoding: text, as: UTF8.self)
                default: break
                }
            }
            type[number] = name
        }
        return type
    }

    private static func method(
        _ bytes: ArraySlice<UInt8>, _ types: [MessageType]
    ) throws(WireFields.Damaged) -> Method {
        var service = ""
        var name = ""
        var plan: WithheldPlan?
        var fields = WireFields(bytes)
        while let field = try fields.next() {
            switch field {
            case (1, .bytes(let text)): service = String(decoding: text, as: UTF8.self)
            case (2, .bytes(let text)): name = String(decoding: text, as: UTF8.self)
            case (10, .bytes(let detail)):
                var inner = WireFields(detail)
                while let field = try inner.next() {
                    if case (6, .bytes(let response)) = field { plan = try self.plan(response, types) }
                }
            default: break
            }
        }
        return Method(name: "\(service)/\(name)", plan: plan)
    }

    private static func plan(
        _ bytes: ArraySlice<UInt8>, _ types: [MessageType]
    ) throws(WireFields.Damaged) -> WithheldPlan {
        var hash = ""
        var nodes: [Node] = []
        var fields = WireFields(bytes)
        while let field = try fields.next() {
            switch field {
            case (1, .bytes(let bytes)): nodes.append(try node(bytes))
            case (2, .bytes(let text)): hash = String(decoding: text, as: UTF8.self)
            default: break
            }
        }
        for node in nodes {
            guard types.indices.contains(node.type) else { throw WireFields.Damaged() }
            for case .descend(let below) in node.actions.values where !nodes.indices.contains(below) {
                throw WireFields.Damaged()
            }
        }
        guard !nodes.isEmpty else { throw WireFields.Damaged() }
        let paths = paths(nodes, types)
        return WithheldPlan(hash: hash, paths: paths, nodes: nodes.map(\.actions))
    }

    private static func node(_ bytes: ArraySlice<UInt8>) throws(WireFields.Damaged) -> Node {
        var node = Node()
        var fields = WireFields(bytes)
        while let field = try fields.next() {
            switch field {
            case (1, .varint(let value)): node.type = Int(truncatingIfNeeded: value)
            case (2, .bytes(let bytes)):
                var number: UInt32 = 0
                var action: WithheldPlan.Action?
                var inner = WireFields(bytes)
                while let field = try inner.next() {
                    switch field {
                    case (1, .varint(let value)): number = UInt32(truncatingIfNeeded: value)
                    case (2, .varint(let value)): if value != 0 { action = .drop }
                    case (3, .varint(let value)): action = .descend(Int(truncatingIfNeeded: value))
                    default: break
                    }
                }
                if let action { node.actions[number] = action }
            default: break
            }
        }
        return node
    }

    /// The dropped fields as people write them. Every node is walked once, so that recursive types come to an end.
    private static func paths(_ nodes: [Node], _ types: [MessageType]) -> [String] {
        var paths: Set<String> = []
        var seen: Set<Int> = []
        var open = [(0, "")]
        while let (index, prefix) = open.popLast() {
            guard seen.insert(index).inserted else { continue }
            let names = types[nodes[index].type]
            for (number, action) in nodes[index].actions.sorted(by: { $0.key < $1.key }) {
                guard let name = names[number] else { continue }
                switch action {
                case .drop: paths.insert(prefix + name)
                case .descend(let below): open.append((below, "\(prefix)\(name)."))
                }
            }
        }
        return paths.sorted()
    }
}
