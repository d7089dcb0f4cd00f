// As much of protobuf's encoding as the messages here take: see <https://protobuf.dev/programming-guides/encoding>.

/// The bytes are no message.
struct Damaged: Error {}

/// What a field holds, by its wire type.
enum WireValue {
    case number(UInt64)
    case bits(UInt64)
    case bytes([UInt8])

    var text: String {
        if case .bytes(let bytes) = self { String(decoding: bytes, as: UTF8.self) } else { "" }
    }

    var integer: Int64 {
        if case .number(let number) = self { Int64(bitPattern: number) } else { 0 }
    }

    var double: Double {
        if case .bits(let bits) = self { Double(bitPattern: bits) } else { 0 }
    }

    var raw: [UInt8] {
        if case .bytes(let bytes) = self { bytes } else { [] }
    }
}

/// The fields of a message, in order.
func wireFields(_ bytes: [UInt8]) throws -> [(number: UInt64, value: WireValue)] {
    var rest = bytes[...]
    func varint() throws -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), through: 63, by: 7) {
            guard let byte = rest.popFirst() else { throw Damaged() }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
        }
        throw Damaged()
    }
    func taken(_ count: Int) throws -> ArraySlice<UInt8> {
        guard count >= 0, count <= rest.count else { throw Damaged() }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }
    var fields: [(UInt64, WireValue)] = []
    while !rest.isEmpty {
        let key = try varint()
        switch key & 7 {
        case 0: fields.append((key >> 3, .number(try varint())))
        case 1: fields.append((key >> 3, .bits(try taken(8).reversed().reduce(0) { $0 << 8 | UInt64($1) })))
        case 2:
            guard let length = Int(exactly: try varint()) else { throw Damaged() }
            fields.append((key >> 3, .bytes(Array(try taken(length)))))
        case 5: fields.append((key >> 3, .bits(try taken(4).reversed().reduce(0) { $0 << 8 | UInt64($1) })))
        default: throw Damaged()
        }
    }
    return fields
}

/// Writes a message; what is the default is left out.
struct WireWriter {
    private(set) var bytes: [UInt8] = []

    mutating func number(_ number: UInt64, _ value: Int64) {
        if value == 0 { return }
        varint(number << 3)
        varint(UInt64(bitPattern: value))
    }

    mutating func double(_ number: UInt64, _ value: Double) {
        if value.bitPattern == 0 { return }
        varint(number << 3 | 1)
        for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> shift)) }
    }

    mutating func text(_ number: UInt64, _ value: String) {
        if !value.isEmpty { present(number, Array(value.utf8)) }
    }

    /// Written even if it is empty.
    mutating func present(_ number: UInt64, _ value: [UInt8]) {
        varint(number << 3 | 2)
        varint(UInt64(value.count))
        bytes += value
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest > 0x7f {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

func wireMessage(_ body: (inout WireWriter) throws -> Void) rethrows -> [UInt8] {
    var writer = WireWriter()
    try body(&writer)
    return writer.bytes
}
