/// Wraps the key of what is stored by a key of the platform, such as one in the Secure Enclave. With it, everything that
/// is stored of answers is sealed, and sensitive ones are stored, too (rules E1, J4).
public protocol KeyProvider: Sendable {
    /// Wraps a key of 32 bytes, into at most 4,096.
    func wrap(_ key: [UInt8]) async throws(KeyError) -> [UInt8]

    /// Unwraps what ``wrap(_:)`` gave.
    func unwrap(_ wrapped: [UInt8]) async throws(KeyError) -> [UInt8]
}

/// Why a ``KeyProvider`` has no key.
public enum KeyError: Error, Sendable, Hashable {
    /// Not now, such as while the device is locked; in words. The cache works in memory meanwhile.
    case unavailable(String)
    /// Never again, such as on another device; in words. What is stored is given up.
    case lost(String)
}
