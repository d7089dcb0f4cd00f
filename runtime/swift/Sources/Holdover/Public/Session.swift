/// One account at one endpoint, bound for life (rule A1). Generated clients are built on it. Cheap to copy; it closes with
/// its last copy and the last client on it.
public struct Session: Sendable {
    let core: any SessionCore

    /// A session over an engine. Apps get theirs from ``Runtime/session(account:credentials:endpoint:metadata:)``.
    public init(core: any SessionCore) {
        self.core = core
    }

    /// Makes every stored answer that carries the tag outdated, for this account and for the device. Returns when that
    /// outlives a crash.
    public func invalidate(_ tag: Tag) async throws(HoldoverError) {
        try await core.invalidate(tag)
    }

    /// Replaces metadata of this name that is sent with every call, such as `accept-language`. Throws MISUSE when it cannot be
    /// sent.
    public func setMetadata(_ name: String, _ value: String) throws(HoldoverError) {
        try core.setMetadata(name, Array(value.utf8))
    }

    /// Replaces all metadata that is sent with every call. Throws MISUSE when it cannot be sent.
    public func replaceMetadata(_ metadata: Metadata) throws(HoldoverError) {
        try core.replaceMetadata(metadata)
    }

    /// The account has new credentials: kept ones are forgotten, and what waits for a sign-in is tried again.
    public func credentialsChanged() {
        core.credentialsChanged()
    }

    /// Ends the account on this device: its answers are deleted, and its calls and observers end with SIGNED_OUT. Returns
    /// when the deletion outlives a crash.
    public func signOut(outbox: OutboxChoice = .discard) async throws(HoldoverError) {
        try await core.signOut(outbox)
    }
}

/// What becomes of parked calls when their account signs out.
public enum OutboxChoice: Sendable, Hashable {
    /// They are deleted.
    case discard
    /// They wait until the account signs in again.
    case hold
}
