import Foundation

/// Where a value came from and how far it can be trusted (rule B1).
public struct Provenance: Sendable, Hashable {
    /// From the server or from the cache.
    public var source: Source
    /// By the windows of the method's policy.
    public var freshness: Freshness
    /// When the server gave it, by the wall clock.
    public var asOf: Date
    /// How long ago that was, by the boot clock, when the snapshot was made.
    public var age: Duration
    /// Whether parts may have been left out to save bytes.
    public var detail: Detail
    /// Whether a newer value is being fetched.
    public var isRefreshing: Bool
    /// Of a stream: messages may be missing before this one (rules G3, G5).
    public var gap: Bool
    /// Why the last attempt to fetch a newer one failed.
    public var error: HoldoverError? {
        get { failure?.error }
        set { failure = newValue.map(Failure.init) }
    }

    /// Apart, because it is large and mostly absent, and snapshots are copied on their way.
    private var failure: Failure?

    private final class Failure: Sendable, Hashable {
        let error: HoldoverError

        init(_ error: HoldoverError) {
            self.error = error
        }

        static func == (one: Failure, other: Failure) -> Bool { one.error == other.error }

        func hash(into hasher: inout Hasher) { hasher.combine(error) }
    }

    /// By default as if from the server, now.
    public init(
        source: Source = .network, freshness: Freshness = .fresh, asOf: Date = Date(), age: Duration = .zero,
        detail: Detail = .full, isRefreshing: Bool = false, gap: Bool = false, error: HoldoverError? = nil
    ) {
        self.source = source
        self.freshness = freshness
        self.asOf = asOf
        self.age = age
        self.detail = detail
        self.isRefreshing = isRefreshing
        self.gap = gap
        self.error = error
    }
}

/// Where a value came from.
public enum Source: Sendable, Hashable {
    /// The answer to a request that this delivery waited for.
    case network
    /// Memory or disk.
    case cache
    /// The kept last message of a stream.
    case replay
}

/// Where an answer is in its windows.
public enum Freshness: Sendable, Hashable {
    /// Younger than `fresh_for`.
    case fresh
    /// Older, or known to be outdated, but still worth showing.
    case stale
    /// Past every window.
    case expired
}

/// How much of an answer a value is.
public enum Detail: Sendable, Hashable {
    /// All of it.
    case full
    /// What the method's prune plan keeps.
    case reduced
}
