import CHoldover

extension HoldoverError {
    /// An `Error` of boundary.proto, of a function or an event that has this code. A code without words is explained here.
    init(code: Int32, _ bytes: ArraySlice<UInt8>) {
        self.init(Kind(code: code), "")
        do throws(WireFields.Damaged) {
            try read(bytes)
        } catch {
            message = "what the core says of this cannot be read"
        }
        if message.isEmpty { message = kind.explanation }
    }

    /// An `Error` by itself.
    init?(_ bytes: ArraySlice<UInt8>) {
        if bytes.isEmpty { return nil }
        self.init(code: 0, bytes)
    }

    private mutating func read(_ bytes: ArraySlice<UInt8>) throws(WireFields.Damaged) {
        var fields = WireFields(bytes)
        while let field = try fields.next() {
            switch field {
            case (1, .varint(let number)): kind = Kind(code: Int32(truncatingIfNeeded: number))
            case (2, .bytes(let text)): message = String(wire: text)
            case (3, .bytes(let bytes)): status = try Status(bytes)
            case (4, .varint(let milliseconds)): retryAfter = .of(milliseconds: milliseconds)
            case (5, .bytes(let path)): paths.append(String(wire: path))
            case (6, .varint(let value)): willRetry = value != 0
            default: break
            }
        }
    }
}

extension HoldoverError.Kind {
    fileprivate init(code: Int32) {
        self = code == HOLDOVER_CANCELLED ? .cancelled : Self(rawValue: UInt32(bitPattern: code))
    }

    fileprivate var explanation: String {
        switch self {
        case .cancelled: HoldoverError.cancelled.message
        case .misuse: "the runtime, the session or the call has ended: make no calls after `shutdown`"
        case .bug: "a bug in the core was caught; please report it"
        default: "the core says \(name)"
        }
    }
}

extension HoldoverError.Status {
    fileprivate init?(_ bytes: ArraySlice<UInt8>) throws(WireFields.Damaged) {
        var code = HoldoverError.Code.unknown
        var message = ""
        var details: [UInt8] = []
        var fields = WireFields(bytes)
        while let field = try fields.next() {
            switch field {
            case (1, .varint(let number)):
                code = HoldoverError.Code(rawValue: UInt32(truncatingIfNeeded: number)) ?? .unknown
            case (2, .bytes(let text)): message = String(wire: text)
            case (3, .bytes(let bytes)): details = Array(bytes)
            default: break
            }
        }
        self.init(code: code, message: message, details: details)
    }
}
