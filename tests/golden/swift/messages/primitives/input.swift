// What SwiftProtobuf's plugin makes of this case, without values: names and types are its own.

public import SwiftProtobuf

public struct Primitives_Str_Str: StandIn {
    public init() {}
    public var text: String { get { noValue() } set {} }
    public var inner: Primitives_Str_Str.Inner { get { noValue() } set {} }
    public var hasInner: Bool { noValue() }
    public struct Inner: StandIn {
        public init() {}
        public var text: String { get { noValue() } set {} }
    }
}

public struct Primitives_Str_U32: StandIn {
    public init() {}
    public var number: UInt32 { get { noValue() } set {} }
    public var mode: Primitives_Str_Bool.Mode { get { noValue() } set {} }
    public var modes: [Primitives_Str_Bool.Mode] { get { noValue() } set {} }
    public var byName: Dictionary<String,Primitives_Str_Bool.Mode> { get { noValue() } set {} }
    public var inner: Dictionary<UInt32,Primitives_Str_Str.Inner> { get { noValue() } set {} }
    public var kind: Primitives_Str_U32.OneOf_Kind? { get { noValue() } set {} }
    public var part: Primitives_Str_Str.Inner { get { noValue() } set {} }
    public var root: Primitives_Root { get { noValue() } set {} }
    public var f64: Primitives_Str_U32.F64 { get { noValue() } set {} }
    public var hasF64: Bool { noValue() }
    public var option: Primitives_Str_Option { get { noValue() } set {} }
    public var hasOption: Bool { noValue() }
    public var above: Primitives_Root { get { noValue() } set {} }
    public var hasAbove: Bool { noValue() }
    public indirect enum OneOf_Kind: Sendable {
        case part(Primitives_Str_Str.Inner)
        case root(Primitives_Root)
    }
    public struct F64: StandIn {
        public init() {}
        public var text: String { get { noValue() } set {} }
        public var hasText: Bool { noValue() }
        public var number: UInt32 { get { noValue() } set {} }
        public var hasNumber: Bool { noValue() }
        public var one: Primitives_Str_U32.F64.I32 { get { noValue() } set {} }
        public var hasOne: Bool { noValue() }
        public enum I32: Sendable {
            public var rawValue: Int { noValue() }
            case unspecified
            case one
            case UNRECOGNIZED(Int)
        }
    }
}

public struct Primitives_Str_Bool: StandIn {
    public init() {}
    public var on: Bool { get { noValue() } set {} }
    public enum Mode: Sendable {
        public var rawValue: Int { noValue() }
        case unspecified
        case on
        case UNRECOGNIZED(Int)
    }
}

public struct Primitives_Str_Option: StandIn {
    public init() {}
    public var text: String { get { noValue() } set {} }
    public var hasText: Bool { noValue() }
    public var vecs: [Primitives_Str_Option.Vec] { get { noValue() } set {} }
    public var result: Primitives_Str_Option.OneOf_Result? { get { noValue() } set {} }
    public var some: Primitives_Str_Option.Vec { get { noValue() } set {} }
    public var none: String { get { noValue() } set {} }
    public indirect enum OneOf_Result: Sendable {
        case some(Primitives_Str_Option.Vec)
        case none(String)
    }
    public struct Vec: StandIn {
        public init() {}
        public var strings: [Primitives_Str_Option.Vec.StringMessage] { get { noValue() } set {} }
        public struct StringMessage: StandIn {
            public init() {}
            public var text: String { get { noValue() } set {} }
        }
    }
}
