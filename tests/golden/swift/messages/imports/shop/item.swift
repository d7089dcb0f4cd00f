// What SwiftProtobuf's plugin makes of this case, without values: names and types are its own.

public import SwiftProtobuf

public struct Shop_V1_Item: StandIn {
    public init() {}
    public var price: Common_Money { get { noValue() } set {} }
    public var hasPrice: Bool { noValue() }
    public var earlier: [Common_Money] { get { noValue() } set {} }
    public var sameName: Shop_V1_Item.Money { get { noValue() } set {} }
    public var hasSameName: Bool { noValue() }
    public var root: Root { get { noValue() } set {} }
    public var hasRoot: Bool { noValue() }
    public struct Money: StandIn {
        public init() {}
        public var inner: Common_Money { get { noValue() } set {} }
        public var hasInner: Bool { noValue() }
    }
}
