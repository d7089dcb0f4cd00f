/// What a prune plan does to the fields of the messages of one answer: nodes by index, node 0 is the answer. Read from the
/// policy that the generated client embeds, once per client; every index is checked there.
public final class WithheldPlan: Sendable {
    enum Action: Sendable, Hashable {
        case drop
        case descend(Int)
    }

    /// 32 lower-case hex digits: names the plan in requests and in the cache.
    public let hash: String
    /// The dropped fields as paths, such as `promo` or `stops.photo`, sorted; a recursive type is listed once.
    public let paths: [String]
    private let nodes: [[UInt32: Action]]

    init(hash: String, paths: [String], nodes: [[UInt32: Action]]) {
        self.hash = hash
        self.paths = paths
        self.nodes = nodes
    }

    /// The plan of a method that is named in full, such as `pricing.v1.Pricing/GetQuote`.
    convenience init(policy: [UInt8], method: String) throws(HoldoverError) {
        let methods = try PolicyReader.read(policy)
        guard let found = methods.first(where: { $0.name == method }) else {
            throw HoldoverError(
                .misuse,
                "the policy has no method \(method); name it in full, such as \(methods.first?.name ?? "pricing.v1.Pricing/GetQuote")"
            )
        }
        guard let plan = found.plan else {
            throw HoldoverError(.misuse, "\(method) has no `detail`, so nothing of its answers is withheld")
        }
        self.init(hash: plan.hash, paths: plan.paths, nodes: plan.nodes)
    }

    func drops(_ node: Int, _ number: UInt32) -> Bool {
        nodes[node][number] == .drop
    }

    /// The node below a field. None below a field that the plan drops and that is here all the same: the answer is full
    /// there (rule F5).
    func descends(_ node: Int, _ number: UInt32) -> Int? {
        if case .descend(let below) = nodes[node][number] { below } else { nil }
    }
}
