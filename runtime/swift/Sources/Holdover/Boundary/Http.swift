// The host's HTTP stack: `HttpRequest`, `HttpHead` and `HttpFailure` of boundary.proto.

/// `HttpRequest`, without what only stacks with HTTP/2 and streamed bodies need.
package struct HttpAsk: Sendable {
    package private(set) var method = ""
    package private(set) var url = ""
    /// In order; names may come more than once.
    package private(set) var headers: [(name: String, value: String)] = []
    package private(set) var body: [UInt8] = []
    /// By a connection of its own, if the stack can.
    var wantsFreshConnection = false
    /// How much of the response's body may be replied before the first pull, in bytes.
    var window: UInt64 = 0

    init(_ bytes: ArraySlice<UInt8>) throws(WireFields.Damaged) {
        var fields = WireFields(bytes)
        while let field = try fields.next() {
            switch field {
            case (1, .bytes(let text)): method = String(wire: text)
            case (2, .bytes(let text)): url = String(wire: text)
            case (3, .bytes(let bytes)): headers.append(try Self.header(bytes))
            case (5, .bytes(let bytes)): body = Array(bytes)
            case (7, .varint(let value)): wantsFreshConnection = value != 0
            case (8, .varint(let bytes)): window = bytes
            default: break
            }
        }
    }

    private static func header(_ bytes: ArraySlice<UInt8>) throws(WireFields.Damaged) -> (String, String) {
        var header = ("", "")
        var fields = WireFields(bytes)
        while let field = try fields.next() {
            switch field {
            case (1, .bytes(let text)): header.0 = String(wire: text)
            case (2, .bytes(let text)): header.1 = String(wire: text)
            default: break
            }
        }
        return header
    }
}

/// `HttpHead`
package struct HttpHead: Sendable {
    var status: Int
    var headers: [(name: String, value: String)]

    package init(status: Int, headers: [(name: String, value: String)]) {
        self.status = status
        self.headers = headers
    }

    func encoded() -> [UInt8] {
        WireWriter.message { message in
            message.varint(1, UInt64(clamping: status))
            for header in headers {
                message.message(2) {
                    $0.string(1, header.name)
                    $0.string(2, header.value)
                }
            }
        }
    }
}

/// `HttpFailure`
package struct HttpFailure: Sendable {
    /// `HttpFailureKind`
    package enum Kind: UInt64, Sendable {
        case reset, unreachable, refused, untrusted, tls, unsupported, wrongProtocol, tooLarge, timeout
    }

    var kind: Kind
    /// Proof that the server did not act on the request.
    var unsent: Bool
    var message: String

    package init(kind: Kind, unsent: Bool, message: String) {
        self.kind = kind
        self.unsent = unsent
        self.message = message
    }

    func encoded() -> [UInt8] {
        WireWriter.message { message in
            message.varint(1, kind.rawValue)
            message.bool(2, unsent)
            message.string(4, self.message)
        }
    }
}
