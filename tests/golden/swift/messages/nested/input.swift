// What SwiftProtobuf's plugin makes of this case, without values: names and types are its own.

public import Foundation
public import SwiftProtobuf

public struct Nested_V1_GetTripRequest: StandIn {
    public init() {}
    public var id: String { get { noValue() } set {} }
}

public struct Nested_V1_GetPlaceRequest: StandIn {
    public init() {}
    public var id: String { get { noValue() } set {} }
}

public struct Nested_V1_Trip: StandIn {
    public init() {}
    public var id: String { get { noValue() } set {} }
    public var from: Nested_V1_Place { get { noValue() } set {} }
    public var hasFrom: Bool { noValue() }
    public var stops: [Nested_V1_Place] { get { noValue() } set {} }
    public var named: Dictionary<String,Nested_V1_Place> { get { noValue() } set {} }
    public var droppedMap: Dictionary<Int32,Nested_V1_Place> { get { noValue() } set {} }
    public var droppedList: [Nested_V1_Place] { get { noValue() } set {} }
    public var droppedTexts: [String] { get { noValue() } set {} }
    public var onlyHere: String { get { noValue() } set {} }
    public var hasOnlyHere: Bool { noValue() }
    public var keptHere: String { get { noValue() } set {} }
    public var hasKeptHere: Bool { noValue() }
    public var end: Nested_V1_Trip.OneOf_End? { get { noValue() } set {} }
    public var place: Nested_V1_Place { get { noValue() } set {} }
    public var address: String { get { noValue() } set {} }
    public var extra: Nested_V1_Trip.OneOf_Extra? { get { noValue() } set {} }
    public var detour: Nested_V1_Place { get { noValue() } set {} }
    public var minutes: Int64 { get { noValue() } set {} }
    public var via: Nested_V1_Place { get { noValue() } set {} }
    public var hasVia: Bool { noValue() }
    public var kinds: [Nested_V1_Place.Kind] { get { noValue() } set {} }
    public indirect enum OneOf_End: Sendable {
        case place(Nested_V1_Place)
        case address(String)
    }
    public indirect enum OneOf_Extra: Sendable {
        case detour(Nested_V1_Place)
        case minutes(Int64)
    }
}

public struct Nested_V1_Place: StandIn {
    public init() {}
    public var name: String { get { noValue() } set {} }
    public var photo: Nested_V1_Place.Photo { get { noValue() } set {} }
    public var hasPhoto: Bool { noValue() }
    public var around: Nested_V1_Place { get { noValue() } set {} }
    public var hasAround: Bool { noValue() }
    public var inside: [Nested_V1_Place] { get { noValue() } set {} }
    public var parent: OneOf_Parent? { get { noValue() } set {} }
    public var city: Nested_V1_Place { get { noValue() } set {} }
    public var country: String { get { noValue() } set {} }
    public var latitude: Double { get { noValue() } set {} }
    public var hasLatitude: Bool { noValue() }
    public var height: Float { get { noValue() } set {} }
    public var hasHeight: Bool { noValue() }
    public var `open`: Bool { get { noValue() } set {} }
    public var hasOpen: Bool { noValue() }
    public var kind: Nested_V1_Place.Kind { get { noValue() } set {} }
    public var hasKind: Bool { noValue() }
    public var visits: UInt32 { get { noValue() } set {} }
    public var hasVisits: Bool { noValue() }
    public var hash: UInt64 { get { noValue() } set {} }
    public var hasHash: Bool { noValue() }
    public var offset: Int32 { get { noValue() } set {} }
    public var hasOffset: Bool { noValue() }
    public var seen: SwiftProtobuf.Google_Protobuf_Timestamp { get { noValue() } set {} }
    public var hasSeen: Bool { noValue() }
    public var nickname: SwiftProtobuf.Google_Protobuf_StringValue { get { noValue() } set {} }
    public var hasNickname: Bool { noValue() }
    public var rating: SwiftProtobuf.Google_Protobuf_DoubleValue { get { noValue() } set {} }
    public var hasRating: Bool { noValue() }
    public var extra: SwiftProtobuf.Google_Protobuf_Struct { get { noValue() } set {} }
    public var hasExtra: Bool { noValue() }
    public var implicit: Int32 { get { noValue() } set {} }
    public var implicitName: String { get { noValue() } set {} }
    public var implicitKind: Nested_V1_Place.Kind { get { noValue() } set {} }
    public indirect enum OneOf_Parent: Sendable {
        case city(Nested_V1_Place)
        case country(String)
    }
    public enum Kind: Sendable {
        public var rawValue: Int { noValue() }
        case unspecified
        case home
        case UNRECOGNIZED(Int)
    }
    public struct Photo: StandIn {
        public init() {}
        public var pixels: Data { get { noValue() } set {} }
        public var hasPixels: Bool { noValue() }
        public var size: Nested_V1_Place.Photo.Size { get { noValue() } set {} }
        public var hasSize: Bool { noValue() }
        public struct Size: StandIn {
            public init() {}
            public var width: Int32 { get { noValue() } set {} }
            public var hasWidth: Bool { noValue() }
        }
    }
}
