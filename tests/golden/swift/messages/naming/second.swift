// What SwiftProtobuf's plugin makes of this case, without values: names and types are its own.

public import SwiftProtobuf

public struct NMPart: StandIn {
    public init() {}
    public var snapshot: NMSnapshot { get { noValue() } set {} }
    public var hasSnapshot: Bool { noValue() }
}
