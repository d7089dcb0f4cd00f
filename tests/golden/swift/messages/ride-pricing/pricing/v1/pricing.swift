// What SwiftProtobuf's plugin makes of this case, without values: names and types are its own.

public import Foundation
public import SwiftProtobuf

public struct Pricing_V1_GetQuoteRequest: StandIn {
    public init() {}
    public var rideID: String { get { noValue() } set {} }
}

public struct Pricing_V1_Quote: StandIn {
    public init() {}
    public var quoteID: String { get { noValue() } set {} }
    public var hasQuoteID: Bool { noValue() }
    public var total: Pricing_V1_Money { get { noValue() } set {} }
    public var hasTotal: Bool { noValue() }
    public var destination: String { get { noValue() } set {} }
    public var breakdown: Pricing_V1_Breakdown { get { noValue() } set {} }
    public var hasBreakdown: Bool { noValue() }
    public var cars: [Pricing_V1_Car] { get { noValue() } set {} }
    public var promo: Pricing_V1_Banner { get { noValue() } set {} }
    public var hasPromo: Bool { noValue() }
}

public struct Pricing_V1_Money: StandIn {
    public init() {}
    public var currency: String { get { noValue() } set {} }
    public var minorUnits: Int64 { get { noValue() } set {} }
}

public struct Pricing_V1_Breakdown: StandIn {
    public init() {}
    public var base: Pricing_V1_Money { get { noValue() } set {} }
    public var hasBase: Bool { noValue() }
    public var distance: Pricing_V1_Money { get { noValue() } set {} }
    public var hasDistance: Bool { noValue() }
    public var surge: Pricing_V1_Money { get { noValue() } set {} }
    public var hasSurge: Bool { noValue() }
    public var explanation: String { get { noValue() } set {} }
}

public struct Pricing_V1_Car: StandIn {
    public init() {}
    public var carID: String { get { noValue() } set {} }
    public var minutesAway: Int32 { get { noValue() } set {} }
    public var picture: Data { get { noValue() } set {} }
    public var hasPicture: Bool { noValue() }
}

public struct Pricing_V1_Banner: StandIn {
    public init() {}
    public var headline: String { get { noValue() } set {} }
    public var body: String { get { noValue() } set {} }
    public var image: Data { get { noValue() } set {} }
}

public struct Pricing_V1_GetProfileRequest: StandIn {
    public init() {}
}

public struct Pricing_V1_Profile: StandIn {
    public init() {}
    public var name: String { get { noValue() } set {} }
    public var phone: String { get { noValue() } set {} }
}

public struct Pricing_V1_GetReceiptRequest: StandIn {
    public init() {}
    public var rideID: String { get { noValue() } set {} }
}

public struct Pricing_V1_Receipt: StandIn {
    public init() {}
    public var receiptID: String { get { noValue() } set {} }
    public var hasReceiptID: Bool { noValue() }
    public var total: Pricing_V1_Money { get { noValue() } set {} }
    public var hasTotal: Bool { noValue() }
}

public struct Pricing_V1_UpdateDestinationRequest: StandIn {
    public init() {}
    public var rideID: String { get { noValue() } set {} }
    public var destination: String { get { noValue() } set {} }
}

public struct Pricing_V1_UpdateDestinationResponse: StandIn {
    public init() {}
    public var destination: String { get { noValue() } set {} }
}

public struct Pricing_V1_WatchPricesRequest: StandIn {
    public init() {}
    public var rideID: String { get { noValue() } set {} }
}

public struct Pricing_V1_PriceUpdate: StandIn {
    public init() {}
    public var number: UInt64 { get { noValue() } set {} }
    public var total: Pricing_V1_Money { get { noValue() } set {} }
    public var hasTotal: Bool { noValue() }
    public var cars: [Pricing_V1_Car] { get { noValue() } set {} }
    public var breakdown: Pricing_V1_Breakdown { get { noValue() } set {} }
    public var hasBreakdown: Bool { noValue() }
    public var chart: Data { get { noValue() } set {} }
    public var hasChart: Bool { noValue() }
}
