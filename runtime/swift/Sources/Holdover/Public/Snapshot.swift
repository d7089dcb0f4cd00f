/// An answer: the value, where it came from, and what was withheld from it.
public struct Snapshot<Value: Sendable>: Sendable {
    /// The answer.
    public var value: Value
    /// Where the value came from and how far it can be trusted.
    public var provenance: Provenance
    /// What generated accessors read the value with: `quote.value.enriched(quote.withheld).promo`.
    public let withheld: Withheld<Value>

    init(_ value: Value, _ provenance: Provenance, _ withheld: Withheld<Value>) {
        self.value = value
        self.provenance = provenance
        self.withheld = withheld
    }

    /// An answer of any provenance, nothing of it withheld: for fakes and previews. By default fresh, as if from the
    /// server, now.
    public init(_ value: Value, provenance: Provenance = Provenance()) {
        self.init(value, provenance, .nothing)
    }

    /// From the server or from the cache.
    public var source: Source { provenance.source }

    /// By the windows of the method's policy.
    public var freshness: Freshness { provenance.freshness }

    /// How old the value was when the snapshot was made.
    public var age: Duration { provenance.age }

    /// Whether parts may have been left out to save bytes.
    public var detail: Detail { provenance.detail }

    /// Whether a newer value is being fetched.
    public var isRefreshing: Bool { provenance.isRefreshing }

    /// Of a stream: whether messages may be missing before this one.
    public var gap: Bool { provenance.gap }

    /// Why the last attempt to fetch a newer value failed.
    public var error: HoldoverError? { provenance.error }

    /// The fields that may have been left out, as paths such as `promo` or `stops.photo`; none of a full answer.
    public var withheldPaths: [String] { withheld.plan?.paths ?? [] }

    /// Makes what a screen shows out of the answer; provenance is kept. Accessors are used inside, with the view that is
    /// passed, because the result has no view of its own.
    public func map<Mapped: Sendable, Failure: Error>(
        _ change: (Value, Withheld<Value>) throws(Failure) -> Mapped
    ) throws(Failure) -> Snapshot<Mapped> {
        Snapshot<Mapped>(try change(value, withheld), provenance, .nothing)
    }
}

extension Snapshot {
    /// An answer as a poor network gets it: for fakes and previews of what a screen shows without the parts that were left
    /// out. `value` lacks them already; `lastKnown` is what was seen in full before, if anything was. The policy is the
    /// generated client's, the method's name as in errors of fakes:
    ///
    ///     Snapshot(reduced: quote, policy: Pricing_V1_PricingClient.policy, method: "pricing.v1.Pricing/GetQuote")
    ///
    /// Throws MISUSE when the policy has no such method, or the method no `detail`.
    public init(
        reduced value: Value, policy: [UInt8], method: String, lastKnown: Value? = nil
    ) throws(HoldoverError) {
        let plan = try WithheldPlan(policy: policy, method: method)
        let known: LastKnown<Value>? = lastKnown.map { LastKnown($0) }
        self.init(value, Provenance(detail: .reduced), Withheld(plan: plan, node: 0, last: known))
    }
}

/// Equal value and provenance.
extension Snapshot: Equatable where Value: Equatable {
    public static func == (one: Self, other: Self) -> Bool {
        one.value == other.value && one.provenance == other.provenance
    }
}

/// What an observed answer is now. States, not a log: only the newest counts (rule B3).
public enum Observed<Value: Sendable>: Sendable {
    /// Nothing to show yet.
    case loading
    /// The newest answer. A refresh that failed is said in it: see ``Snapshot/error``.
    case value(Snapshot<Value>)
    /// There is no answer that could be shown, and the last attempt to get one failed. Another one follows.
    case failed(HoldoverError)

    /// The newest answer, if there is one.
    public var snapshot: Snapshot<Value>? {
        if case .value(let snapshot) = self { snapshot } else { nil }
    }
}

extension Observed: Equatable where Value: Equatable {}
