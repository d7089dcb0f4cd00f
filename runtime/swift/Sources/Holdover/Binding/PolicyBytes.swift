extension BoundClient {
    /// The policy that a generated client embeds, out of its base64 text. A text that is no base64 gives bytes that no core
    /// accepts.
    public static func policy(_ text: StaticString) -> [UInt8] {
        text.withUTF8Buffer { text in
            var bytes: [UInt8] = []
            bytes.reserveCapacity(text.count / 4 * 3)
            var bits: UInt32 = 0
            var count = 0
            for character in text {
                let value: UInt8
                switch character {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = character - 65
                case UInt8(ascii: "a")...UInt8(ascii: "z"): value = character - 71
                case UInt8(ascii: "0")...UInt8(ascii: "9"): value = character + 4
                case UInt8(ascii: "+"): value = 62
                case UInt8(ascii: "/"): value = 63
                default: continue
                }
                bits = bits << 6 | UInt32(value)
                count += 6
                if count >= 8 {
                    count -= 8
                    bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
                }
            }
            return bytes
        }
    }
}
