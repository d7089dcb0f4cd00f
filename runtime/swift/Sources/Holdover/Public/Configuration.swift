import Foundation

/// A place that calls go to.
public struct Endpoint: Sendable, Hashable {
    /// What is spoken there.
    public enum WireProtocol: UInt32, Sendable, Hashable {
        /// <https://connectrpc.com/docs/protocol>
        case connect
        /// gRPC over HTTP/2. Needs ``Runtime/Transport/rust``: URLSession hands over no trailers.
        case grpc
        /// <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md>
        case grpcWeb
    }

    /// Enters every cache key.
    public var name: String
    /// `https://api.example.com`
    public var url: String
    /// What is spoken there.
    public var wireProtocol: WireProtocol
    /// The url is `http`, and that is meant: everybody on the way can read and change what is sent.
    public var isPlainText: Bool

    /// By TLS and in Connect, unless told otherwise.
    public init(_ name: String, url: String, protocol wireProtocol: WireProtocol = .connect, isPlainText: Bool = false) {
        self.name = name
        self.url = url
        self.wireProtocol = wireProtocol
        self.isPlainText = isPlainText
    }
}

extension Runtime {
    /// Whose HTTP stack carries calls.
    public enum Transport: Sendable, Hashable {
        /// The platform's: its trust, its proxies and its debugging tools apply. Connect and gRPC-Web; client and bidi
        /// streams need ``rust``.
        case urlSession
        /// Holdover's own, over HTTP/1.1 and HTTP/2: all protocols and all kinds of streams.
        case rust
        /// Holdover's own, trusting these PEM certificates instead of the system's: private roots, and tests.
        case rustTrusting(pem: [UInt8])
    }

    /// Bounds on what comes from outside.
    public struct Limits: Sendable, Hashable {
        /// The longest message in bytes.
        public var messageBytes: Int
        /// The most metadata of one request or response, in bytes as HTTP/2 counts them.
        public var metadataBytes: Int

        /// 4 MB and 16 kB, unless told otherwise.
        public init(messageBytes: Int = 4 << 20, metadataBytes: Int = 16 << 10) {
            self.messageBytes = messageBytes
            self.metadataBytes = metadataBytes
        }
    }

    /// What a runtime is made of.
    public struct Configuration: Sendable {
        /// Where calls go. The first one is the default of sessions.
        public var endpoints: [Endpoint]
        /// The folder of the cache, which the runtime makes, and which it must have for itself. `nil`: everything stays
        /// in memory. On iOS, choose one below the caches directory.
        public var storeDirectory: URL?
        /// Names of session metadata, such as `accept-language`, whose values enter every cache key (rule A2).
        public var varies: [String] = []
        /// Bounds on what comes from outside.
        public var limits = Limits()
        /// How many bytes of answers are kept in memory, keys included.
        public var memoryBytes = 8 << 20
        /// How long the app may be in the background before its streams leave the wire and its observers rest (rules G4,
        /// J1). Choose less where the system suspends apps sooner.
        public var gracePeriod: Duration = .seconds(30)
        /// Whose HTTP stack carries calls.
        public var transport: Transport = .urlSession
        /// Seals what is stored.
        public var keyProvider: (any KeyProvider)?
        /// Hears of every decision, in order, on a thread that is made for listeners: a slow listener holds nothing up, and
        /// misses events.
        public var onEvent: (@Sendable (RuntimeEvent) -> Void)?
        /// Hears how good the network is held to be, each time that has changed (rule H5).
        public var onQualityChange: (@Sendable (Quality) -> Void)?
        /// On Apple's systems: asks the platform about the network, and listens to the app's coming and going and to
        /// memory warnings. Turn it off to tell the runtime yourself.
        public var observesPlatform = true

        /// In place of URLSession: see `HoldoverTesting`.
        package var httpStack: (@Sendable () -> any HttpStack)?
        /// Of this package's own tests: the story that plays the network, the clock, the store and the listener.
        package var story: UInt64 = 0

        /// A runtime for these endpoints.
        public init(endpoints: [Endpoint], storeDirectory: URL? = nil) {
            self.endpoints = endpoints
            self.storeDirectory = storeDirectory
        }
    }
}
