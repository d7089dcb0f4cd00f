/// A field that a poor network may have left out.
///
/// `absent` is the server's word: there is none. `withheld` is ours: nobody asked, so nobody knows, but the value that was
/// last seen in full is offered, so that entering a tunnel does not blank what is already on the screen (rule F9).
public enum Enriching<Value> {
    /// The answer has the field.
    case present(Value)
    /// The answer was complete here, and does not have the field.
    case absent
    /// The field was left out to save bytes. Carries the last known value, if the full answer is still stored and had one;
    /// inside lists and maps there is none.
    case withheld(lastKnown: Value?)

    /// The value of this very answer.
    public var present: Value? {
        if case .present(let value) = self { value } else { nil }
    }

    /// The value of this answer, or else the last known one.
    public var known: Value? {
        switch self {
        case .present(let value): value
        case .absent: nil
        case .withheld(let lastKnown): lastKnown
        }
    }

    /// Whether the field was left out to save bytes.
    public var isWithheld: Bool {
        if case .withheld = self { true } else { false }
    }

    /// Changes the value, not what is known about it.
    public func map<Mapped, Failure: Error>(
        _ change: (Value) throws(Failure) -> Mapped
    ) throws(Failure) -> Enriching<Mapped> {
        switch self {
        case .present(let value): return .present(try change(value))
        case .absent: return .absent
        case .withheld(let lastKnown):
            guard let lastKnown else { return .withheld(lastKnown: nil) }
            return .withheld(lastKnown: try change(lastKnown))
        }
    }
}

extension Enriching: Sendable where Value: Sendable {}
extension Enriching: Equatable where Value: Equatable {}
extension Enriching: Hashable where Value: Hashable {}
