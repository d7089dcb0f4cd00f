// What SwiftProtobuf's plugin makes of this case, without values: names and types are its own.

public import SwiftProtobuf

public struct Root: StandIn {
    public init() {}
    public var id: String { get { noValue() } set {} }
}
