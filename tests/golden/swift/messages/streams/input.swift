// What SwiftProtobuf's plugin makes of this case, without values: names and types are its own.

public import SwiftProtobuf

public struct Streams_V1_Request: StandIn {
    public init() {}
    public var id: String { get { noValue() } set {} }
    public var mask: SwiftProtobuf.Google_Protobuf_FieldMask { get { noValue() } set {} }
    public var hasMask: Bool { noValue() }
}

public struct Streams_V1_Response: StandIn {
    public init() {}
    public var text: String { get { noValue() } set {} }
    public var hasText: Bool { noValue() }
    public var fare: Streams_V1_Response.Fare { get { noValue() } set {} }
    public var hasFare: Bool { noValue() }
    public var promo: String { get { noValue() } set {} }
    public var hasPromo: Bool { noValue() }
    public struct Fare: StandIn {
        public init() {}
        public var id: String { get { noValue() } set {} }
        public var hasID: Bool { noValue() }
        public var note: String { get { noValue() } set {} }
        public var hasNote: Bool { noValue() }
    }
}
