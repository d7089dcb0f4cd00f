// What SwiftProtobuf's plugin makes of this case, without values: names and types are its own.

public import SwiftProtobuf

public enum Common_Color: Sendable {
    public var rawValue: Int { noValue() }
    case unspecified
    case red
    case UNRECOGNIZED(Int)
}

public struct Common_Money: StandIn {
    public init() {}
    public var currency: String { get { noValue() } set {} }
    public var hasCurrency: Bool { noValue() }
    public struct Kind: StandIn {
        public init() {}
        public var name: String { get { noValue() } set {} }
    }
}
