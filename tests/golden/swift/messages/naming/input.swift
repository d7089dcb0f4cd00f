// What SwiftProtobuf's plugin makes of this case, without values: names and types are its own.

public import Foundation
public import OtherProtos
public import SwiftProtobuf

public struct NMSession: StandIn {
    public init() {}
    public var id: String { get { noValue() } set {} }
}

public struct NMSnapshot: StandIn {
    public init() {}
    public var other: OtherProtos.Elsewhere_V1_Snapshot { get { noValue() } set {} }
    public var hasOther: Bool { noValue() }
    public var note: String { get { noValue() } set {} }
    public var hasNote: Bool { noValue() }
    public var lists: [NMList] { get { noValue() } set {} }
    public var one: NMSnapshot.OneOf_One? { get { noValue() } set {} }
    public var string: String { get { noValue() } set {} }
    public var list: NMList { get { noValue() } set {} }
    public var session: OtherProtos.Elsewhere_V1_Session { get { noValue() } set {} }
    public var byteString: Data { get { noValue() } set {} }
    public indirect enum OneOf_One: Sendable {
        case string(String)
        case list(NMList)
        case session(OtherProtos.Elsewhere_V1_Session)
        case byteString(Data)
    }
}

public struct NMList: StandIn {
    public init() {}
    public var items: [String] { get { noValue() } set {} }
}

public struct NMFlow: StandIn {
    public init() {}
}

public struct NMTag: StandIn {
    public init() {}
}

public struct NMTags: StandIn {
    public init() {}
}

public struct NMWithheld: StandIn {
    public init() {}
}

public struct NMEnriching: StandIn {
    public init() {}
}

public struct NMObservation: StandIn {
    public init() {}
}

public struct NMFields: StandIn {
    public init() {}
}

public struct NMBoundClient: StandIn {
    public init() {}
}

public struct NMCallOptions: StandIn {
    public init() {}
}

public struct NMUnit: StandIn {
    public init() {}
}

public struct NMEnrichedSnapshot: StandIn {
    public init() {}
}

public struct NMActor: StandIn {
    public init() {}
}

public struct NMSendable: StandIn {
    public init() {}
}
