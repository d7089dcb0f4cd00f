// What SwiftProtobuf's plugin makes of this case, without values: names and types are its own.

public import SwiftProtobuf

public struct Common_Money: StandIn {
    public init() {}
    public var currency: String { get { noValue() } set {} }
    public var units: Int64 { get { noValue() } set {} }
    public var note: Common_Money.Note { get { noValue() } set {} }
    public var hasNote: Bool { noValue() }
    public struct Note: StandIn {
        public init() {}
        public var text: String { get { noValue() } set {} }
    }
}
