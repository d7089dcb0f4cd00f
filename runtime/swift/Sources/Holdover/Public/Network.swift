/// How good the network is held to be, by the app's own traffic (rule H1).
public enum Quality: UInt32, Sendable, Hashable, Comparable {
    /// Nothing is known yet.
    case unspecified = 0
    /// There is none.
    case offline
    /// Requests take several seconds.
    case veryPoor
    /// Requests take seconds, or little comes in a second.
    case poor
    /// It works, noticeably.
    case moderate
    /// Nobody notices it.
    case good

    public static func < (one: Quality, other: Quality) -> Bool { one.rawValue < other.rawValue }
}

/// What the platform knows of the network. On Apple's systems the runtime asks for it by itself: see
/// ``Runtime/Configuration/observesPlatform``.
public struct Platform: Sendable, Hashable {
    /// Whether anything can be reached.
    public enum Reachability: UInt32, Sendable, Hashable {
        /// The platform does not say.
        case unknown
        /// There is a way out.
        case reachable
        /// There is none.
        case unreachable
    }

    /// What connects the device.
    public enum Interface: UInt32, Sendable, Hashable {
        /// The platform does not say.
        case unknown
        /// A cable.
        case ethernet
        /// A wireless network nearby.
        case wifi
        /// A mobile network of the second generation.
        case cellular2G
        /// Of the third.
        case cellular3G
        /// Of the fourth.
        case cellular4G
        /// Of the fifth.
        case cellular5G
        /// Another device, by Bluetooth.
        case bluetooth
    }

    /// Whether anything can be reached.
    public var reachability: Reachability
    /// What connects the device.
    public var interface: Interface
    /// Another number for another network: connections of the one before are not trusted any more.
    public var path: UInt64
    /// The user wants to save data.
    public var savesData: Bool

    /// By default nothing is known.
    public init(
        reachability: Reachability = .unknown, interface: Interface = .unknown, path: UInt64 = 0, savesData: Bool = false
    ) {
        self.reachability = reachability
        self.interface = interface
        self.path = path
        self.savesData = savesData
    }
}

/// What the app has measured of the network by itself (rule H3).
public struct Estimate: Sendable, Hashable {
    /// How long a small request takes.
    public var requestTime: Duration?
    /// How much comes in a second, in kilobits.
    public var downlinkKbps: UInt32?

    /// What is `nil` was not measured.
    public init(requestTime: Duration? = nil, downlinkKbps: UInt32? = nil) {
        self.requestTime = requestTime
        self.downlinkKbps = downlinkKbps
    }
}

/// Whether somebody sees the app.
public enum AppState: UInt32, Sendable, Hashable {
    /// Somebody does.
    case foreground
    /// Nobody does: after a grace period, nothing happens by itself.
    case background
}
