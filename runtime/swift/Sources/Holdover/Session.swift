/// One account at one endpoint, bound for life (rule A1). Generated clients are built on it. Cheap to copy.
public struct Session: Sendable {
    let core: any SessionCore

    /// A session over an engine. Apps get theirs from the runtime.
    public init(core: any SessionCore) {
        self.core = core
    }

    /// Makes every stored answer that carries the tag outdated, for this account and for the device. Returns when that
    /// outlives a crash.
    public func invalidate(_ tag: Tag) async throws(HoldoverError) {
        try await core.invalidate(tag)
    }
}
