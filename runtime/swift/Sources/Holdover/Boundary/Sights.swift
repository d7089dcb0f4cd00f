// `Registered`, `Stats` and `Decision` of boundary.proto.

/// A method as the core knows it.
struct RegisteredMethod: Sendable {
    /// What the core calls it by. 0 is no method, which the core says.
    var id: UInt32 = 0
    /// The last message of the stream is kept, and a reader may skip to it.
    var replays = false

    /// The methods of a `Registered`, in the order of the policy.
    static func all(_ bytes: ArraySlice<UInt8>) throws(WireFields.Damaged) -> [RegisteredMethod] {
        var methods: [RegisteredMethod] = []
        var fields = WireFields(bytes)
        while let field = try fields.next() {
            guard case (1, .bytes(let bytes)) = field else { continue }
            var method = RegisteredMethod()
            var inner = WireFields(bytes)
            while let field = try inner.next() {
                switch field {
                case (1, .varint(let id)): method.id = UInt32(truncatingIfNeeded: id)
                case (4, .varint(let replays)): method.replays = replays != 0
                default: break
                }
            }
            methods.append(method)
        }
        return methods
    }
}

extension Quality {
    /// What is not known is nothing.
    init(wire: UInt64) {
        self = Quality(rawValue: UInt32(truncatingIfNeeded: wire)) ?? .unspecified
    }
}

extension Stats {
    init(_ bytes: ArraySlice<UInt8>) throws(WireFields.Damaged) {
        self.init(quality: .unspecified, measures: [])
        var fields = WireFields(bytes)
        while let field = try fields.next() {
            switch field {
            case (1, .varint(let number)): quality = Quality(wire: number)
            case (2, .bytes(let bytes)): measures.append(try Measure(bytes))
            default: break
            }
        }
    }
}

extension Stats.Measure {
    fileprivate init(_ bytes: ArraySlice<UInt8>) throws(WireFields.Damaged) {
        self.init(name: "", unit: "", description: "", isCounter: false, attribute: nil, value: 0)
        var attribute = Stats.Attribute(name: "", value: "")
        var fields = WireFields(bytes)
        while let field = try fields.next() {
            switch field {
            case (1, .bytes(let text)): name = String(wire: text)
            case (2, .bytes(let text)): unit = String(wire: text)
            case (3, .bytes(let text)): description = String(wire: text)
            case (4, .varint(let value)): isCounter = value != 0
            case (5, .bytes(let text)): attribute.name = String(wire: text)
            case (6, .bytes(let text)): attribute.value = String(wire: text)
            case (7, .varint(let number)): value = number
            default: break
            }
        }
        if !attribute.name.isEmpty { self.attribute = attribute }
    }
}

extension RuntimeEvent {
    /// A `Decision`.
    init(_ bytes: ArraySlice<UInt8>) throws(WireFields.Damaged) {
        self.init(name: "", method: nil, attributes: [:])
        var fields = WireFields(bytes)
        while let field = try fields.next() {
            switch field {
            case (1, .bytes(let text)): name = String(wire: text)
            case (2, .bytes(let text)): method = text.isEmpty ? nil : String(wire: text)
            case (3, .bytes(let bytes)): try add(attribute: bytes)
            default: break
            }
        }
    }

    private mutating func add(attribute bytes: ArraySlice<UInt8>) throws(WireFields.Damaged) {
        var name = ""
        // A number that is 0 may be left out.
        var value = Value.number(0)
        var fields = WireFields(bytes)
        while let field = try fields.next() {
            switch field {
            case (1, .bytes(let text)): name = String(wire: text)
            case (2, .varint(let number)): value = .number(number)
            case (3, .bytes(let text)): value = .text(String(wire: text))
            default: break
            }
        }
        attributes[name] = value
    }
}
