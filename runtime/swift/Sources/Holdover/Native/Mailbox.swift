/// What has come and was not taken, and who waits for it.
struct Mailbox<Item: Sendable> {
    typealias Waiter = CheckedContinuation<Item?, Never>

    private var items: [Item] = []
    /// What was taken of `items`, from the front.
    private var taken = 0
    private var waiters: [Waiter] = []
    private var hasEnded = false

    /// Adds an item. Whoever is returned is to be given it, when no lock is held.
    mutating func put(_ item: Item) -> Waiter? {
        if !waiters.isEmpty { return waiters.removeFirst() }
        items.append(item)
        return nil
    }

    /// Replaces what nobody has taken.
    mutating func replace(by item: Item) -> Waiter? {
        forget()
        return put(item)
    }

    /// Forgets what nobody has taken.
    mutating func forget() {
        items = []
        taken = 0
    }

    /// Nothing more will come. Who is returned is to be told so.
    mutating func end() -> [Waiter] {
        hasEnded = true
        defer { waiters = [] }
        return waiters
    }

    /// What is there; otherwise, unless nothing will come, `waiter` waits.
    mutating func take(_ waiter: Waiter) -> Item?? {
        if taken < items.count {
            let item = items[taken]
            taken += 1
            if taken == items.count { forget() }
            return .some(item)
        }
        if hasEnded { return .some(nil) }
        waiters.append(waiter)
        return nil
    }
}

extension Guarded {
    /// Takes the next item out of a mailbox, or waits for it. `nil`: nothing will come.
    func next<Item>() async -> Item? where Value == Mailbox<Item> {
        await withCheckedContinuation { continuation in
            if let ready = with({ $0.take(continuation) }) { continuation.resume(returning: ready) }
        }
    }
}
