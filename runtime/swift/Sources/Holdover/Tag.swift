/// What stored answers are about, such as one ride. Generated code has a constructor for every shape that a policy has.
public struct Tag: Sendable, Hashable {
    /// A part of a tag's template.
    public enum Part: Sendable, Hashable {
        /// Text of the template.
        case literal(String)
        /// A value that stands for a `{path}`: its JSON text.
        case value(String)
    }

    public let parts: [Part]

    /// Generated code calls this.
    public init(_ parts: [Part]) {
        self.parts = parts
    }
}

extension Tag.Part {
    /// A string, as JSON.
    public static func of(_ value: String) -> Tag.Part {
        var text = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\u{8}": text += "\\b"
            case "\u{C}": text += "\\f"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.value < 0x20:
                let hex = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: text.unicodeScalars.append(scalar)
            }
        }
        return .value(text + "\"")
    }

    /// A boolean.
    public static func of(_ value: Bool) -> Tag.Part { .value(value ? "true" : "false") }

    /// An integer, or the number of an enum's value.
    public static func of(_ value: some FixedWidthInteger) -> Tag.Part { .value(String(value)) }
}
