/// The options of one call: a closed set (rule B7).
public struct CallOptions: Sendable, Hashable {
    /// How long the caller waits. Unset: the method's total timeout. It never cuts a flight that others wait for. Of a
    /// stream: how long it lasts at most, over all its openings.
    public var timeout: Duration?
    /// Metadata for this call alone.
    public var metadata: Metadata
    /// How the cache is used.
    public var cache: CacheMode
    /// How much is wanted.
    public var detail: DetailMode
    /// Unset: as the method's policy says.
    public var priority: Priority?

    /// What is not said is as the method's policy says.
    public init(
        timeout: Duration? = nil, metadata: Metadata = Metadata(), cache: CacheMode = .default,
        detail: DetailMode = .default, priority: Priority? = nil
    ) {
        self.timeout = timeout
        self.metadata = metadata
        self.cache = cache
        self.detail = detail
        self.priority = priority
    }
}

/// How a call uses the cache.
public enum CacheMode: Sendable, Hashable {
    /// As the method's policy says.
    case `default`
    /// Never touches the network; serves what is stored and has not expired.
    case cacheOnly
    /// Never reads what is stored, but stores the answer.
    case networkOnly
    /// Entries that are older than this are refreshed even if they are fresh by policy.
    case maxAge(Duration)
}

/// How much of an answer a call wants.
public enum DetailMode: Sendable, Hashable {
    /// Reduced on poor networks, as the method's policy says.
    case `default`
    /// All of it, whatever the network.
    case full
}

/// Who gets the network first when it is scarce. Not the state of the app.
public enum Priority: Sendable, Hashable {
    /// Nobody is waiting.
    case background
    /// Somebody is.
    case interactive
}

/// What is sent beside a message: names with texts or, where a name ends in `-bin`, bytes. The order is kept, and a name
/// may come more than once. Names and values are checked when a call starts; what cannot be sent ends it with MISUSE.
public struct Metadata: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    /// A name and a value.
    public struct Entry: Sendable, Hashable {
        /// Lower-case.
        public var name: String
        /// A text in UTF-8, or bytes.
        public var value: [UInt8]

        /// An entry of this name.
        public init(name: String, value: [UInt8]) {
            self.name = name
            self.value = value
        }
    }

    /// In order.
    public private(set) var entries: [Entry] = []

    /// None.
    public init() {}

    /// `["accept-language": "en"]`
    public init(dictionaryLiteral elements: (String, String)...) {
        entries = elements.map { Entry(name: $0.0, value: Array($0.1.utf8)) }
    }

    /// Adds a text.
    public mutating func add(_ name: String, _ value: String) {
        entries.append(Entry(name: name, value: Array(value.utf8)))
    }

    /// Adds bytes, to a name that ends in `-bin`.
    public mutating func add(_ name: String, bytes: [UInt8]) {
        entries.append(Entry(name: name, value: bytes))
    }
}
