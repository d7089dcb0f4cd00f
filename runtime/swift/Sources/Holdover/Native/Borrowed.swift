import CHoldover
import Foundation

extension Array<UInt8> {
    /// Lends the bytes to a function of the core, which reads them before it returns.
    @inline(__always)
    func lent<Result>(_ body: (HoldoverBytes) -> Result) -> Result {
        withUnsafeBufferPointer { body(HoldoverBytes(ptr: $0.baseAddress, len: $0.count)) }
    }
}

extension HoldoverBytes {
    /// A copy, while they are readable.
    var copied: [UInt8] { Array(UnsafeBufferPointer(start: ptr, count: len)) }
}

extension HoldoverBuffer {
    /// Copies the bytes, and gives the buffer back.
    func taken() -> [UInt8] {
        defer { holdover_release(owner) }
        return bytes.copied
    }
}

extension HoldoverSnapshot {
    /// A copy, while the bytes are readable.
    var copied: RawSnapshot {
        let flags = Int32(flags)
        var withheld: RawWithheld?
        if flags & HOLDOVER_SNAPSHOT_WITHHELD != 0 {
            withheld = RawWithheld(lastKnown: flags & HOLDOVER_SNAPSHOT_LAST_KNOWN != 0 ? last_known.copied : nil)
        }
        let source: Source =
            switch Int32(self.source) {
            case HOLDOVER_SOURCE_NETWORK: .network
            case HOLDOVER_SOURCE_REPLAY: .replay
            default: .cache
            }
        let freshness: Freshness =
            switch Int32(self.freshness) {
            case HOLDOVER_FRESH: .fresh
            case HOLDOVER_STALE: .stale
            default: .expired
            }
        let provenance = Provenance(
            source: source, freshness: freshness, asOf: Date(timeIntervalSince1970: Double(as_of_ms) / 1_000),
            age: .nanoseconds(Int64(clamping: age_ns)), detail: Int32(detail) == HOLDOVER_DETAIL_REDUCED ? .reduced : .full,
            isRefreshing: flags & HOLDOVER_SNAPSHOT_REFRESHING != 0, gap: flags & HOLDOVER_SNAPSHOT_GAP != 0,
            error: error.len == 0 ? nil : HoldoverError(error.copied[...]))
        return RawSnapshot(value: value.copied, provenance: provenance, withheld: withheld)
    }
}

extension HoldoverEvent {
    /// Whether it is of this kind.
    func isKind(_ kind: Int32) -> Bool { self.kind == UInt32(bitPattern: kind) }

    /// Whether nothing comes after it.
    var isLast: Bool { flags & UInt32(HOLDOVER_FLAG_LAST) != 0 }

    /// What failed, if something did.
    var failure: HoldoverError? {
        code == HOLDOVER_OK ? nil : HoldoverError(code: code, bytes.copied[...])
    }

    /// The answer, or what failed.
    var answer: Result<RawSnapshot, HoldoverError> {
        if let failure { return .failure(failure) }
        guard let snapshot else {
            return .failure(HoldoverError(.bug, "the core told of an answer without one; please report it"))
        }
        return .success(snapshot.pointee.copied)
    }
}
