// What SwiftProtobuf's plugin makes of this case, without values: names and types are its own.

public import SwiftProtobuf

public struct Shop_V1_Api_Money: StandIn {
    public init() {}
    public var money: Shop_V1_Item.Money { get { noValue() } set {} }
    public var hasMoney: Bool { noValue() }
}
