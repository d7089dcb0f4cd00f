/// Writes a message of the boundary. What is proto3's default is left out, unless the field is `optional`.
struct WireWriter {
    private(set) var encoded: [UInt8] = []

    /// A message.
    static func message(_ body: (inout WireWriter) -> Void) -> [UInt8] {
        var writer = WireWriter()
        body(&writer)
        return writer.encoded
    }

    mutating func varint(_ number: UInt32, _ value: UInt64) {
        if value != 0 { optional(number, value) }
    }

    mutating func optional(_ number: UInt32, _ value: UInt64?) {
        guard let value else { return }
        key(number, 0)
        raw(value)
    }

    mutating func bool(_ number: UInt32, _ value: Bool) {
        varint(number, value ? 1 : 0)
    }

    mutating func fixed64(_ number: UInt32, _ value: UInt64) {
        key(number, 1)
        for shift in stride(from: UInt64(0), to: 64, by: 8) { encoded.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    mutating func bytes(_ number: UInt32, _ value: some Collection<UInt8>) {
        if !value.isEmpty { present(number, value) }
    }

    mutating func string(_ number: UInt32, _ value: String) {
        bytes(number, value.utf8)
    }

    /// Bytes or a text of a `oneof`, or of an `optional` or repeated field: written even if they are empty.
    mutating func present(_ number: UInt32, _ value: some Collection<UInt8>) {
        key(number, 2)
        raw(UInt64(value.count))
        encoded.append(contentsOf: value)
    }

    /// A message in a field: written even if it is empty.
    mutating func message(_ number: UInt32, _ body: (inout WireWriter) -> Void = { _ in }) {
        present(number, WireWriter.message(body))
    }

    private mutating func key(_ number: UInt32, _ type: UInt64) {
        raw(UInt64(number) << 3 | type)
    }

    private mutating func raw(_ value: UInt64) {
        var rest = value
        while rest > 0x7f {
            encoded.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        encoded.append(UInt8(rest))
    }
}
