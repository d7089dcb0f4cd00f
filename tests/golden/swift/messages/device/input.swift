// What SwiftProtobuf's plugin makes of this case, without values: names and types are its own.

public import SwiftProtobuf

public struct Device_V1_GetConfigRequest: StandIn {
    public init() {}
    public var appVersion: String { get { noValue() } set {} }
    public var traceID: String { get { noValue() } set {} }
}

public struct Device_V1_AppConfig: StandIn {
    public init() {}
    public var text: String { get { noValue() } set {} }
}
