// What SwiftProtobuf's plugin makes of this case, without values: names and types are its own.

public import Foundation
public import SwiftProtobuf

public struct Shop_Item: StandIn {
    public init() {}
    public var price: Common_Money { get { noValue() } set {} }
    public var hasPrice: Bool { noValue() }
    public var labels: Dictionary<String,String> { get { noValue() } set {} }
    public var picture: Data { get { noValue() } set {} }
    public var hasPicture: Bool { noValue() }
    public var color: Common_Color { get { noValue() } set {} }
    public var hasColor: Bool { noValue() }
    public var pictures: [Data] { get { noValue() } set {} }
}
