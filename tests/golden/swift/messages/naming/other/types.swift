// What SwiftProtobuf's plugin makes of this case, without values: names and types are its own.

public import SwiftProtobuf

public struct Elsewhere_V1_Snapshot: StandIn {
    public init() {}
    public var id: String { get { noValue() } set {} }
    public var note: String { get { noValue() } set {} }
    public var hasNote: Bool { noValue() }
}

public struct Elsewhere_V1_Session: StandIn {
    public init() {}
    public var id: String { get { noValue() } set {} }
}
