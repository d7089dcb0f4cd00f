/// What was withheld from one message, and what it last was in full. ``Snapshot/withheld`` is the view of the answer itself;
/// the views of messages inside it come from their parent's accessors.
///
/// Generated accessors pass field numbers, and closures that pick the field of a message, nothing else.
public struct Withheld<Message: Sendable>: Sendable {
    let plan: WithheldPlan?
    let node: Int
    let last: LastKnown<Message>?

    init(plan: WithheldPlan?, node: Int, last: LastKnown<Message>?) {
        self.plan = plan
        self.node = node
        self.last = last
    }

    /// Nothing is withheld: for messages that did not come from a snapshot.
    public static var nothing: Withheld { Withheld(plan: nil, node: 0, last: nil) }

    /// Whether nothing in this message or below can be withheld.
    public var isNothing: Bool { plan == nil }

    /// The same message as it was last seen in full.
    public var lastKnown: Message? { last?.message }

    /// A field that may be dropped.
    public func field<Value>(
        _ number: UInt32, of message: Message, _ pick: (Message) -> Value?
    ) -> Enriching<Value> {
        oneof([number], of: message, pick)
    }

    /// A oneof that may be dropped: it is withheld when any of its members is.
    public func oneof<Value>(
        _ members: [UInt32], of message: Message, _ pick: (Message) -> Value?
    ) -> Enriching<Value> {
        if let value = pick(message) { return .present(value) }
        return members.contains(where: drops) ? .withheld(lastKnown: lastKnown.flatMap(pick)) : .absent
    }

    /// A message that may be dropped and has accessors of its own: the message and the view to read it with. A last known
    /// message was seen in full, so that nothing of it is withheld.
    public func message<Inner: Sendable>(
        _ number: UInt32, of message: Message, _ pick: (Message) -> Inner?
    ) -> Enriching<(value: Inner, withheld: Withheld<Inner>)> {
        if let value = pick(message) { return .present((value, child(number, pick))) }
        guard drops(number) else { return .absent }
        return .withheld(lastKnown: lastKnown.flatMap(pick).map { ($0, .nothing) })
    }

    /// A message that is never dropped, and has accessors of its own.
    public func part<Inner: Sendable>(
        _ number: UInt32, of message: Message, _ pick: (Message) -> Inner?
    ) -> (value: Inner, withheld: Withheld<Inner>)? {
        pick(message).map { ($0, child(number, pick)) }
    }

    /// A list that may be dropped, of messages with accessors of their own. An empty list counts as absent. A last known
    /// list was seen in full, so that nothing of its items is withheld.
    public func list<Item: Sendable>(
        _ number: UInt32, of message: Message, _ pick: (Message) -> [Item]
    ) -> Enriching<EnrichedItems<Item>> {
        let items = pick(message)
        if !items.isEmpty { return .present(EnrichedItems(items, below(number))) }
        guard drops(number) else { return .absent }
        let known = lastKnown.map(pick).flatMap { $0.isEmpty ? nil : $0 }
        return .withheld(lastKnown: known.map { EnrichedItems($0, .nothing) })
    }

    /// The items of a list that is never dropped itself. They have no last known values.
    public func items<Item: Sendable>(
        _ number: UInt32, of message: Message, _ pick: (Message) -> [Item]
    ) -> EnrichedItems<Item> {
        EnrichedItems(pick(message), below(number))
    }

    /// A map that may be dropped, whose values have accessors; all are read with the same view.
    public func map<Key: Hashable & Sendable, Value: Sendable>(
        _ number: UInt32, of message: Message, _ pick: (Message) -> [Key: Value]
    ) -> Enriching<(values: [Key: Value], withheld: Withheld<Value>)> {
        let values = pick(message)
        if !values.isEmpty { return .present((values, mapValue(number))) }
        guard drops(number) else { return .absent }
        let known = lastKnown.map(pick).flatMap { $0.isEmpty ? nil : $0 }
        return .withheld(lastKnown: known.map { ($0, .nothing) })
    }

    /// A map that is never dropped itself. Its values have no last known values.
    public func values<Key: Hashable & Sendable, Value: Sendable>(
        _ number: UInt32, of message: Message, _ pick: (Message) -> [Key: Value]
    ) -> (values: [Key: Value], withheld: Withheld<Value>) {
        (pick(message), mapValue(number))
    }

    private func child<Inner: Sendable>(_ number: UInt32, _ pick: (Message) -> Inner?) -> Withheld<Inner> {
        guard let plan, let node = plan.descends(node, number) else { return .nothing }
        return Withheld<Inner>(plan: plan, node: node, last: lastKnown.flatMap(pick).map { LastKnown($0) })
    }

    private func below<Inner: Sendable>(_ number: UInt32) -> Withheld<Inner> {
        guard let plan, let node = plan.descends(node, number) else { return .nothing }
        return Withheld<Inner>(plan: plan, node: node, last: nil)
    }

    private func mapValue<Inner: Sendable>(_ number: UInt32) -> Withheld<Inner> {
        // The value of a map's entry has number 2.
        let entry: Withheld<Inner> = below(number)
        return entry.below(2)
    }

    private func drops(_ number: UInt32) -> Bool {
        plan?.drops(node, number) ?? false
    }
}

/// The items of a list, each with the view to read it with: `for (stop, withheld) in trip.enriched(view).stops { … }`.
public struct EnrichedItems<Item: Sendable>: RandomAccessCollection, Sendable {
    private let items: [Item]
    private let withheld: Withheld<Item>

    init(_ items: [Item], _ withheld: Withheld<Item>) {
        self.items = items
        self.withheld = withheld
    }

    public var startIndex: Int { items.startIndex }

    public var endIndex: Int { items.endIndex }

    public subscript(position: Int) -> (value: Item, withheld: Withheld<Item>) { (items[position], withheld) }
}

/// The full answer that a trimmed one stands in for: decoded when an accessor asks for it, at most once.
final class LastKnown<Message: Sendable>: Sendable {
    private enum State: Sendable {
        case encoded([UInt8], @Sendable ([UInt8]) throws -> Message)
        case decoded(Message?)
    }

    private let state: Guarded<State>

    init(_ message: Message) {
        state = Guarded(.decoded(message))
    }

    init(_ bytes: [UInt8], _ decode: @escaping @Sendable ([UInt8]) throws -> Message) {
        state = Guarded(.encoded(bytes, decode))
    }

    var message: Message? {
        state.with { state in
            switch state {
            case .decoded(let message):
                return message
            case .encoded(let bytes, let decode):
                let message = try? decode(bytes)
                state = .decoded(message)
                return message
            }
        }
    }
}
