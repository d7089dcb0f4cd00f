// What SwiftProtobuf's plugin makes of this case, without values: names and types are its own.

public import SwiftProtobuf

public struct Primitives_Root: StandIn {
    public init() {}
    public var on: Bool { get { noValue() } set {} }
    public var text: String { get { noValue() } set {} }
    public var hasText: Bool { noValue() }
}
