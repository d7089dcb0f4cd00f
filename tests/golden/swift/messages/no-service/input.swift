// What SwiftProtobuf's plugin makes of this case, without values: names and types are its own.

public import SwiftProtobuf

public enum No_Service_Kind: Sendable {
    public var rawValue: Int { noValue() }
    case unspecified
    case small
    case UNRECOGNIZED(Int)
}

public struct No_Service_Event: StandIn {
    public init() {}
    public var at: SwiftProtobuf.Google_Protobuf_Timestamp { get { noValue() } set {} }
    public var hasAt: Bool { noValue() }
    public var name: SwiftProtobuf.Google_Protobuf_StringValue { get { noValue() } set {} }
    public var hasName: Bool { noValue() }
    public var nothing: SwiftProtobuf.Google_Protobuf_Empty { get { noValue() } set {} }
    public var hasNothing: Bool { noValue() }
    public var kind: No_Service_Kind { get { noValue() } set {} }
    public var note: String { get { noValue() } set {} }
    public var hasNote: Bool { noValue() }
}
