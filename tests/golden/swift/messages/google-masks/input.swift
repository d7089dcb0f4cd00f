// What SwiftProtobuf's plugin makes of this case, without values: names and types are its own.

public import SwiftProtobuf

public struct Masks_V1_ComputeRouteRequest: StandIn {
    public init() {}
    public var from: String { get { noValue() } set {} }
    public var to: String { get { noValue() } set {} }
}

public struct Masks_V1_GetRouteRequest: StandIn {
    public init() {}
    public var name: String { get { noValue() } set {} }
    public var readMask: SwiftProtobuf.Google_Protobuf_FieldMask { get { noValue() } set {} }
    public var hasReadMask: Bool { noValue() }
}

public struct Masks_V1_Route: StandIn {
    public init() {}
    public var durationSeconds: Int64 { get { noValue() } set {} }
    public var hasDurationSeconds: Bool { noValue() }
    public var legs: [Masks_V1_Leg] { get { noValue() } set {} }
    public var polyline: String { get { noValue() } set {} }
    public var hasPolyline: Bool { noValue() }
}

public struct Masks_V1_Leg: StandIn {
    public init() {}
    public var name: String { get { noValue() } set {} }
    public var hasName: Bool { noValue() }
    public var polyline: String { get { noValue() } set {} }
    public var hasPolyline: Bool { noValue() }
}
