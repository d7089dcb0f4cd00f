/// Something that the runtime decided, for logs and meters. Holds no payloads, keys, account ids or credentials.
public struct RuntimeEvent: Sendable, Hashable {
    /// A number or a word of an event.
    public enum Value: Sendable, Hashable {
        /// A number; a time is in microseconds, and its name ends in `_us`.
        case number(UInt64)
        /// A word.
        case text(String)
    }

    /// What happened: `hit`. Stable.
    public var name: String
    /// `pricing.v1.Pricing/GetQuote`, if it is about a method.
    public var method: String?
    /// What else is known, by name: `row`, `age_us`.
    public var attributes: [String: Value]
}

/// Counters of a runtime: see ``Runtime/stats()``.
public struct Stats: Sendable, Hashable {
    /// One counter.
    public struct Measure: Sendable, Hashable {
        /// `holdover.cache.hits`
        public var name: String
        /// In UCUM.
        public var unit: String
        /// For people.
        public var description: String
        /// It only grows. Otherwise: how much there is now.
        public var isCounter: Bool
        /// What tells it from others of the same name: the attribute's name and value.
        public var attribute: Attribute?
        /// How many, or how much.
        public var value: UInt64
    }

    /// What tells measures of one name apart.
    public struct Attribute: Sendable, Hashable {
        /// `row`
        public var name: String
        /// `1`
        public var value: String
    }

    /// How good the network is held to be.
    public var quality: Quality
    /// All counters.
    public var measures: [Measure]

    /// The sum of a counter over its attributes; 0 if there is none of this name.
    public subscript(_ name: String) -> UInt64 {
        measures.reduce(0) { $1.name == name ? $0 + $1.value : $0 }
    }
}

/// A part of policies that is turned off: see ``Runtime/disable(_:)``.
public struct Switch: Sendable, Hashable {
    /// What can be turned off.
    public enum Part: UInt32, Sendable, Hashable {
        /// Answers are neither served from the cache nor stored.
        case cache
        /// Answers are always asked for in full.
        case detail
        /// Calls are not parked.
        case outbox
        /// Streams do not begin with a replay.
        case replay
    }

    /// What is turned off.
    public var part: Part
    /// For these methods, named in full; `nil`: for all.
    public var methods: [String]?

    /// Turns a part off, for all methods unless some are named.
    public init(_ part: Part, methods: [String]? = nil) {
        self.part = part
        self.methods = methods
    }
}
