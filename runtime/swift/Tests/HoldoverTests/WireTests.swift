import Testing

@testable import Holdover

@Suite struct WireTests {
    @Test func whatIsWrittenIsRead() throws {
        let bytes = WireWriter.message {
            $0.varint(1, 300)
            $0.optional(2, 0)
            $0.varint(3, 0)
            $0.fixed64(4, 0x0102_0304_0506_0708)
            $0.string(5, "ride")
            $0.message(6) { $0.bool(1, true) }
        }
        var fields = WireFields(bytes[...])
        var numbers: [UInt64] = []
        while let field = try fields.next() {
            numbers.append(field.number)
            switch field {
            case (1, .varint(let value)): #expect(value == 300)
            case (2, .varint(let value)): #expect(value == 0)
            case (4, .fixed(let value)): #expect(value == 0x0102_0304_0506_0708)
            case (5, .bytes(let text)): #expect(String(wire: text) == "ride")
            case (6, .bytes(let bytes)): #expect(Array(bytes) == [8, 1])
            default: Issue.record("a field that was not written")
            }
        }
        #expect(numbers == [1, 2, 4, 5, 6])
    }

    @Test(arguments: [[0x08], [0x0a, 5, 1], [0x09, 1, 2], [0x0b], Array(repeating: 0xff, count: 12)] as [[UInt8]])
    func whatIsDamagedIsRefused(bytes: [UInt8]) {
        #expect(throws: WireFields.Damaged.self) {
            var fields = WireFields(bytes[...])
            while try fields.next() != nil {}
        }
    }
}
