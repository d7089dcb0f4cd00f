// What SwiftProtobuf's plugin makes of this case, without values: names and types are its own.

public import SwiftProtobuf

public struct SelfMessage: StandIn {
    public init() {}
    public var type: String { get { noValue() } set {} }
    public var hasType: Bool { noValue() }
    public var match: Int64 { get { noValue() } set {} }
    public var hasMatch: Bool { noValue() }
    public var self_p: Bool { get { noValue() } set {} }
    public var hasSelf_p: Bool { noValue() }
    public var age: String { get { noValue() } set {} }
    public var hasAge: Bool { noValue() }
    public var source: String { get { noValue() } set {} }
    public var hasSource: Bool { noValue() }
    public var error: String { get { noValue() } set {} }
    public var hasError: Bool { noValue() }
    public var view: String { get { noValue() } set {} }
    public var hasView: Bool { noValue() }
    public var message: String { get { noValue() } set {} }
    public var hasMessage: Bool { noValue() }
    public var enriched: String { get { noValue() } set {} }
    public var hasEnriched: Bool { noValue() }
    public var clone: String { get { noValue() } set {} }
    public var hasClone: Bool { noValue() }
    public var tags: Tags { get { noValue() } set {} }
    public var hasTags: Bool { noValue() }
    public var camelCase: String { get { noValue() } set {} }
    public var hasCamelCase: Bool { noValue() }
    public var last: String { get { noValue() } set {} }
    public var hasLast: Bool { noValue() }
    public var ofType: SelfMessage.TypeMessage { get { noValue() } set {} }
    public var hasOfType: Bool { noValue() }
    public var of: SelfMessage.OneOf_Of? { get { noValue() } set {} }
    public var crate: String { get { noValue() } set {} }
    public var `in`: Tags { get { noValue() } set {} }
    public indirect enum OneOf_Of: Sendable {
        case crate(String)
        case `in`(Tags)
    }
    public struct TypeMessage: StandIn {
        public init() {}
        public var self_p: SelfMessage.TypeMessage.Super { get { noValue() } set {} }
        public var hasSelf_p: Bool { noValue() }
        public struct Super: StandIn {
            public init() {}
            public var `super`: String { get { noValue() } set {} }
            public var hasSuper: Bool { noValue() }
        }
    }
}

public struct EvilClient: StandIn {
    public init() {}
}

public struct FakeEvil: StandIn {
    public init() {}
}

public struct EnrichedSelf: StandIn {
    public init() {}
}

public struct Tags: StandIn {
    public init() {}
    public var tag: Tags.Tag { get { noValue() } set {} }
    public enum Tag: Sendable {
        public var rawValue: Int { noValue() }
        case unspecified
        case self_
        case UNRECOGNIZED(Int)
    }
}

public struct Option: StandIn {
    public init() {}
    public var result: Result { get { noValue() } set {} }
    public var hasResult: Bool { noValue() }
    public var string: Dictionary<String,StringMessage> { get { noValue() } set {} }
}

public struct Result: StandIn {
    public init() {}
    public var vec: Vec { get { noValue() } set {} }
    public var hasVec: Bool { noValue() }
}

public struct Vec: StandIn {
    public init() {}
    public var option: Option { get { noValue() } set {} }
    public var hasOption: Bool { noValue() }
}

public struct StringMessage: StandIn {
    public init() {}
    public var some: [Option] { get { noValue() } set {} }
}

public struct SwiftMessage: StandIn {
    public init() {}
    public var sendable: SwiftMessage.SendableMessage { get { noValue() } set {} }
    public var hasSendable: Bool { noValue() }
    public var hashable: HashableMessage { get { noValue() } set {} }
    public var hasHashable: Bool { noValue() }
    public struct SendableMessage: StandIn {
        public init() {}
    }
}

public struct SendableMessage: StandIn {
    public init() {}
}

public struct HashableMessage: StandIn {
    public init() {}
}

public struct EquatableMessage: StandIn {
    public init() {}
}

public struct Actor: StandIn {
    public init() {}
}

public struct UInt8: StandIn {
    public init() {}
}

public struct Void: StandIn {
    public init() {}
}

public struct Words: StandIn {
    public init() {}
    public var `in`: String { get { noValue() } set {} }
    public var hasIn: Bool { noValue() }
    public var object: UInt32 { get { noValue() } set {} }
    public var hasObject: Bool { noValue() }
    public var `class`: Bool { get { noValue() } set {} }
    public var hasClass: Bool { noValue() }
    public var number: UInt64 { get { noValue() } set {} }
    public var hasNumber: Bool { noValue() }
    public var fun: String { get { noValue() } set {} }
    public var hasFun: Bool { noValue() }
    public var val: String { get { noValue() } set {} }
    public var hasVal: Bool { noValue() }
    public var init_p: String { get { noValue() } set {} }
    public var hasInit_p: Bool { noValue() }
    public var description_p: String { get { noValue() } set {} }
    public var hasDescription_p: Bool { noValue() }
    public var hashValue_p: Int32 { get { noValue() } set {} }
    public var hasHashValue_p: Bool { noValue() }
    public var unknownFields_p: String { get { noValue() } set {} }
    public var hasUnknownFields_p: Bool { noValue() }
    public var hasPromo_p: String { get { noValue() } set {} }
    public var hasHasPromo_p: Bool { noValue() }
    public var clearAll_p: String { get { noValue() } set {} }
    public var hasClearAll_p: Bool { noValue() }
    public var imageURL: String { get { noValue() } set {} }
    public var hasImageURL: Bool { noValue() }
    public var url: String { get { noValue() } set {} }
    public var hasURL: Bool { noValue() }
    public var isOpen: String { get { noValue() } set {} }
    public var hasIsOpen: Bool { noValue() }
    public var `open`: String { get { noValue() } set {} }
    public var hasOpen: Bool { noValue() }
    public var getClass: String { get { noValue() } set {} }
    public var hasGetClass: Bool { noValue() }
    public var item: [String] { get { noValue() } set {} }
    public var itemList: String { get { noValue() } set {} }
    public var hasItemList: Bool { noValue() }
    public var fields: String { get { noValue() } set {} }
    public var hasFields: Bool { noValue() }
    public var withheld: String { get { noValue() } set {} }
    public var hasWithheld: Bool { noValue() }
    public var serializedSize: String { get { noValue() } set {} }
    public var hasSerializedSize: Bool { noValue() }
    public var leading: String { get { noValue() } set {} }
    public var hasLeading: Bool { noValue() }
    public var a1B2: String { get { noValue() } set {} }
    public var hasA1B2: Bool { noValue() }
    public var kept: Bool { get { noValue() } set {} }
    public var `enum`: Words.Enum { get { noValue() } set {} }
    public var hasEnum: Bool { noValue() }
    public var when: OneOf_When? { get { noValue() } set {} }
    public var `is`: String { get { noValue() } set {} }
    public var this: Words { get { noValue() } set {} }
    public var `typealias`: Words.Enum { get { noValue() } set {} }
    public indirect enum OneOf_When: Sendable {
        case `is`(String)
        case this(Words)
        case `typealias`(Words.Enum)
    }
    public enum Enum: Sendable {
        public var rawValue: Int { noValue() }
        case unspecified
        case `in`
        case UNRECOGNIZED(Int)
    }
}

public struct Deep: StandIn {
    public init() {}
    public var deeper: Deep.Deep1 { get { noValue() } set {} }
    public var hasDeeper: Bool { noValue() }
    public struct Deep1: StandIn {
        public init() {}
        public var deeper: Deep.Deep1.Deep2 { get { noValue() } set {} }
        public var hasDeeper: Bool { noValue() }
        public struct Deep2: StandIn {
            public init() {}
            public var way: Deep.Deep1.Deep2.OneOf_Way? { get { noValue() } set {} }
            public var deeper: Deep.Deep1.Deep2.Deep3 { get { noValue() } set {} }
            public var shallow: String { get { noValue() } set {} }
            public indirect enum OneOf_Way: Sendable {
                case deeper(Deep.Deep1.Deep2.Deep3)
                case shallow(String)
            }
            public struct Deep3: StandIn {
                public init() {}
                public var deeper: Dictionary<String,Deep.Deep1.Deep2.Deep3.Deep4> { get { noValue() } set {} }
                public struct Deep4: StandIn {
                    public init() {}
                    public var deeper: [Deep.Deep1.Deep2.Deep3.Deep4.Deep5] { get { noValue() } set {} }
                    public struct Deep5: StandIn {
                        public init() {}
                        public var bottom: Deep.Deep1.Deep2.Deep3.Deep4.Deep5.Deep6 { get { noValue() } set {} }
                        public var hasBottom: Bool { noValue() }
                        public enum Deep6: Sendable {
                            public var rawValue: Int { noValue() }
                            case unspecified
                            case UNRECOGNIZED(Int)
                        }
                    }
                }
            }
        }
    }
}
