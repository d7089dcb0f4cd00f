/// The fields of an encoded message, one after the other.
struct WireFields {
    /// The bytes are no message.
    struct Damaged: Error {}

    /// What a field holds, by its wire type.
    enum Value {
        case varint(UInt64)
        case bytes(ArraySlice<UInt8>)
        case fixed(UInt64)
    }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    mutating func next() throws(Damaged) -> (number: UInt64, value: Value)? {
        if rest.isEmpty { return nil }
        let key = try varint()
        switch key & 7 {
        case 0: return (key >> 3, .varint(try varint()))
        case 1: return (key >> 3, .fixed(try fixed(8)))
        case 5: return (key >> 3, .fixed(try fixed(4)))
        case 2:
            guard let length = Int(exactly: try varint()), length <= rest.count else { throw Damaged() }
            let bytes = rest.prefix(length)
            rest = rest.dropFirst(length)
            return (key >> 3, .bytes(bytes))
        default: throw Damaged()
        }
    }

    private mutating func fixed(_ count: Int) throws(Damaged) -> UInt64 {
        guard count <= rest.count else { throw Damaged() }
        let value = rest.prefix(count).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        rest = rest.dropFirst(count)
        return value
    }

    private mutating func varint() throws(Damaged) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), through: 63, by: 7) {
            guard let byte = rest.popFirst() else { throw Damaged() }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
        }
        throw Damaged()
    }
}

extension String {
    /// A text field.
    init(wire: ArraySlice<UInt8>) {
        self.init(decoding: wire, as: UTF8.self)
    }
}
