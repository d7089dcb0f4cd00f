// What SwiftProtobuf's plugin makes of this case, without values: names and types are its own.

public import SwiftProtobuf

public struct Invalidates_V1_GetRideRequest: StandIn {
    public init() {}
    public var rideID: String { get { noValue() } set {} }
}

public struct Invalidates_V1_ChangeRideRequest: StandIn {
    public init() {}
    public var rideID: String { get { noValue() } set {} }
    public var stop: UInt32 { get { noValue() } set {} }
}

public struct Invalidates_V1_Ride: StandIn {
    public init() {}
    public var driver: Invalidates_V1_Driver { get { noValue() } set {} }
    public var hasDriver: Bool { noValue() }
    public var stops: [Invalidates_V1_Stop] { get { noValue() } set {} }
}

public struct Invalidates_V1_Driver: StandIn {
    public init() {}
    public var id: Int64 { get { noValue() } set {} }
    public var active: Bool { get { noValue() } set {} }
}

public struct Invalidates_V1_Stop: StandIn {
    public init() {}
    public var number: UInt32 { get { noValue() } set {} }
}
