// What SwiftProtobuf's plugin makes of this case, without values: names and types are its own.

public import SwiftProtobuf

public enum Deprecation_V1_Kind: Sendable {
    public var rawValue: Int { noValue() }
    case unspecified
    case old
    case UNRECOGNIZED(Int)
}

public struct Deprecation_V1_GetRequest: StandIn {
    public init() {}
    public var id: String { get { noValue() } set {} }
    public var oldID: String { get { noValue() } set {} }
}

public struct Deprecation_V1_Thing: StandIn {
    public init() {}
    public var old: String { get { noValue() } set {} }
    public var hasOld: Bool { noValue() }
    public var kind: Deprecation_V1_Kind { get { noValue() } set {} }
    public var value: Deprecation_V1_Thing.OneOf_Value? { get { noValue() } set {} }
    public var text: String { get { noValue() } set {} }
    public var number: Int32 { get { noValue() } set {} }
    public indirect enum OneOf_Value: Sendable {
        case text(String)
        case number(Int32)
    }
}
