// What the core asks of the host, and the answers: `CredentialsAsk`, `KeyAsk` and their replies of boundary.proto.

/// `CredentialsAsk`
struct CredentialsAsk: Sendable {
    /// The session's handle.
    var session: UInt64 = 0
    var request: CredentialsRequest

    init(_ bytes: ArraySlice<UInt8>) throws(WireFields.Damaged) {
        var account = Account.guest
        var endpoint = ""
        var method = ""
        var rejected = Metadata()
        var hasRejected = false
        var fields = WireFields(bytes)
        while let field = try fields.next() {
            switch field {
            case (1, .fixed(let handle)): session = handle
            case (2, .bytes(let bytes)): account = try Account(bytes)
            case (3, .bytes(let text)): endpoint = String(wire: text)
            case (4, .bytes(let text)): method = String(wire: text)
            case (5, .bytes(let bytes)): try rejected.add(header: bytes)
            case (6, .varint(let value)): hasRejected = value != 0
            default: break
            }
        }
        request = CredentialsRequest(
            account: account, endpoint: endpoint, method: method, rejected: hasRejected ? rejected : nil)
    }
}

/// `CredentialsReply`
enum CredentialsReply: Sendable {
    case answer(Credentials)
    case failed(String)

    func encoded() -> [UInt8] {
        WireWriter.message { message in
            switch self {
            case .answer(.use(let metadata, let expiresIn)):
                message.message(1) {
                    metadata.write(1, &$0)
                    $0.optional(2, expiresIn?.wholeMilliseconds)
                }
            case .answer(.signInRequired): message.message(2)
            case .failed(let why): message.present(3, why.utf8)
            }
        }
    }
}

/// `KeyAsk`
enum KeyAsk: Sendable {
    case wrap([UInt8])
    case unwrap([UInt8])

    /// `nil`: it says nothing that is known here.
    init?(_ bytes: ArraySlice<UInt8>) throws(WireFields.Damaged) {
        var ask: KeyAsk?
        var fields = WireFields(bytes)
        while let field = try fields.next() {
            switch field {
            case (1, .bytes(let key)): ask = .wrap(Array(key))
            case (2, .bytes(let wrapped)): ask = .unwrap(Array(wrapped))
            default: break
            }
        }
        guard let ask else { return nil }
        self = ask
    }
}

/// `KeyReply`
enum KeyReply: Sendable {
    case key([UInt8])
    case failed(KeyError)

    func encoded() -> [UInt8] {
        WireWriter.message { message in
            switch self {
            case .key(let key): message.present(1, key)
            case .failed(.unavailable(let why)): message.present(2, why.utf8)
            case .failed(.lost(let why)): message.present(3, why.utf8)
            }
        }
    }
}
