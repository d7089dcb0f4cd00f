import Foundation

@testable import Holdover

/// What came to an operation, as stories read it.
struct Report {
    private(set) var members: [String: Any]

    private init(_ op: String, _ members: [String: Any]) {
        self.members = members
        self.members["to"] = op
    }

    static func loading(_ op: String) -> Report { Report(op, ["loading": true]) }
    static func done(_ op: String) -> Report { Report(op, ["done": true]) }
    static func ended(_ op: String) -> Report { Report(op, ["ended": true]) }
    static func failed(_ op: String, _ error: HoldoverError) -> Report { Report(op, ["failed": error.report]) }

    static func value(_ op: String, _ snapshot: Snapshot<[UInt8]>) -> Report {
        var members: [String: Any] = [
            "value": snapshot.value.hex, "source": "\(snapshot.source)".uppercased(),
            "freshness": "\(snapshot.freshness)".uppercased(), "age": snapshot.age.wholeNanoseconds,
            "as_of": Int64((snapshot.provenance.asOf.timeIntervalSince1970 * 1_000).rounded()),
            "gap": snapshot.gap, "refreshing": snapshot.isRefreshing,
        ]
        if snapshot.detail == .reduced {
            members["reduced"] = true
            members["plan"] = snapshot.withheld.isNothing ? "unknown" : "own"
        }
        if let known = snapshot.withheld.lastKnown { members["last_known"] = known.hex }
        if let error = snapshot.error { members["error"] = error.report }
        return Report(op, members)
    }

    static func state(_ op: String, _ state: Observed<[UInt8]>) -> Report {
        switch state {
        case .loading: loading(op)
        case .value(let snapshot): value(op, snapshot)
        case .failed(let error): failed(op, error)
        }
    }
}

extension HoldoverError {
    fileprivate var report: [String: Any] {
        var members: [String: Any] = ["kind": kind.name, "paths": paths, "will_retry": willRetry]
        if let status {
            members["code"] = status.code.name
            members["message"] = status.message
        }
        if let retryAfter { members["retry_after"] = retryAfter.wholeNanoseconds }
        return members
    }
}

extension HoldoverError.Code {
    /// `RESOURCE_EXHAUSTED`
    fileprivate var name: String {
        "\(self)".reduce(into: "") { name, letter in
            if letter.isUppercase { name.append("_") }
            name.append(letter.uppercased())
        }
    }
}

extension Duration {
    fileprivate var wholeNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
    }
}
