// `RuntimeConfig`, `SessionConfig` and `CallOptions` of boundary.proto.

extension Runtime.Configuration {
    /// `RuntimeConfig`
    func encoded() -> [UInt8] {
        WireWriter.message { message in
            for endpoint in endpoints { message.message(1) { endpoint.write(&$0) } }
            for name in varies { message.present(2, name.utf8) }
            message.optional(3, UInt64(clamping: limits.messageBytes))
            message.optional(4, UInt64(clamping: limits.metadataBytes))
            message.optional(5, UInt64(clamping: memoryBytes))
            message.optional(6, gracePeriod.wholeMilliseconds)
            message.string(7, storeDirectory?.path ?? "")
            message.varint(8, transport == .urlSession ? 1 : 0)
            message.bool(9, keyProvider != nil)
            message.bool(10, onEvent != nil)
            message.bool(11, onQualityChange != nil)
            if case .rustTrusting(let pem) = transport { message.bytes(12, pem) }
            // URLSession hands over no trailers, cannot be relied on to send while it receives, and chooses the version of
            // HTTP by itself: all of `HostHttp` is false.
            if transport == .urlSession { message.message(13) }
            if story != 0 { message.fixed64(15, story) }
        }
    }
}

extension Endpoint {
    fileprivate func write(_ message: inout WireWriter) {
        message.string(1, name)
        message.string(2, url)
        message.varint(3, UInt64(wireProtocol.rawValue))
        message.bool(4, isPlainText)
    }
}

extension Account {
    /// `Account`
    func write(_ message: inout WireWriter) {
        if case .user(let id) = self { message.present(1, id.utf8) }
    }

    init(_ bytes: ArraySlice<UInt8>) throws(WireFields.Damaged) {
        self = .guest
        var fields = WireFields(bytes)
        while let field = try fields.next() {
            if case (1, .bytes(let id)) = field { self = .user(String(wire: id)) }
        }
    }
}

extension Metadata {
    /// Repeated `Header`s.
    func write(_ number: UInt32, _ message: inout WireWriter) {
        for entry in entries {
            message.message(number) {
                $0.string(1, entry.name)
                $0.bytes(2, entry.value)
            }
        }
    }

    /// Adds a `Header`.
    mutating func add(header bytes: ArraySlice<UInt8>) throws(WireFields.Damaged) {
        var name = ""
        var value: [UInt8] = []
        var fields = WireFields(bytes)
        while let field = try fields.next() {
            switch field {
            case (1, .bytes(let text)): name = String(wire: text)
            case (2, .bytes(let bytes)): value = Array(bytes)
            default: break
            }
        }
        add(name, bytes: value)
    }
}

/// `SessionConfig`
func encodedSession(
    _ account: Account, endpoint: String?, asksForCredentials: Bool, _ metadata: Metadata
) -> [UInt8] {
    WireWriter.message { message in
        message.string(1, endpoint ?? "")
        message.message(2) { account.write(&$0) }
        message.bool(3, asksForCredentials)
        metadata.write(4, &message)
    }
}

extension CallOptions {
    /// `CallOptions`: no bytes at all for the defaults, which most calls have.
    func encoded() -> [UInt8] {
        if timeout == nil && metadata.entries.isEmpty && cache == .default && detail == .default && priority == nil {
            return []
        }
        return WireWriter.message { message in
            message.optional(1, timeout?.wholeMilliseconds)
            metadata.write(2, &message)
            switch cache {
            case .default: break
            case .cacheOnly: message.varint(3, 1)
            case .networkOnly: message.varint(3, 2)
            case .maxAge(let age):
                message.varint(3, 3)
                message.varint(4, age.wholeMilliseconds)
            }
            message.bool(5, detail == .full)
            switch priority {
            case nil: break
            case .background: message.varint(6, 1)
            case .interactive: message.varint(6, 2)
            }
        }
    }
}

extension Duration {
    /// Rounded down; what is negative is 0.
    var wholeMilliseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let (whole, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000)
        return overflow ? .max : whole.addingReportingOverflow(UInt64(attoseconds / 1_000_000_000_000_000)).partialValue
    }

    /// Rounded down; what is negative is 0.
    var wholeMicroseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let (whole, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000)
        return overflow ? .max : whole.addingReportingOverflow(UInt64(attoseconds / 1_000_000_000_000)).partialValue
    }

    /// What does not fit is as much as fits.
    static func of(milliseconds: UInt64) -> Duration {
        .milliseconds(Int64(clamping: milliseconds))
    }
}
