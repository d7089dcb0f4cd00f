/// What stored answers are about, such as one ride. Generated code has a constructor for every shape that a policy has.
public struct Tag: Sendable, Hashable {
    /// A part of a tag's template. Values are kept apart from text, so that no value can pass for a literal.
    public enum Part: Sendable, Hashable {
        /// Text of the template.
        case literal(String)
        /// A string that stands for a `{path}`.
        case text(String)
        /// A signed integer, or the number of an enum's value.
        case signed(Int64)
        /// An unsigned integer.
        case unsigned(UInt64)
        /// A boolean.
        case boolean(Bool)
    }

    /// The parts, in order.
    public let parts: [Part]

    /// Generated code calls this.
    public init(_ parts: [Part]) {
        self.parts = parts
    }
}

extension Tag.Part {
    /// A string.
    public static func of(_ value: String) -> Tag.Part { .text(value) }

    /// A boolean.
    public static func of(_ value: Bool) -> Tag.Part { .boolean(value) }

    /// An integer, or the number of an enum's value.
    public static func of<Value: FixedWidthInteger>(_ value: Value) -> Tag.Part {
        Value.isSigned ? .signed(Int64(value)) : .unsigned(UInt64(value))
    }
}
