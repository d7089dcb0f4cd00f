/// `Command` of boundary.proto.
enum Command: Sendable {
    case signOut(session: UInt64, OutboxChoice)
    case erase(Account)
    case invalidate(session: UInt64, Tag)
    case pause
    case disable([Switch])
    case refresh(observer: UInt64)
    case shutdown

    func encoded() -> [UInt8] {
        WireWriter.message { message in
            switch self {
            case .signOut(let session, let outbox):
                message.message(1) {
                    $0.fixed64(1, session)
                    $0.bool(2, outbox == .hold)
                }
            case .erase(let account):
                message.message(2) { account.write(&$0) }
            case .invalidate(let session, let tag):
                message.message(3) { invalidate in
                    invalidate.fixed64(1, session)
                    for part in tag.parts { invalidate.message(2) { part.write(&$0) } }
                }
            case .pause: message.message(4)
            case .disable(let switches):
                message.message(5) { disable in
                    for each in switches { disable.message(1) { each.write(&$0) } }
                }
            case .refresh(let observer): message.message(6) { $0.fixed64(1, observer) }
            case .shutdown: message.message(7)
            }
        }
    }
}

extension Tag.Part {
    fileprivate func write(_ message: inout WireWriter) {
        switch self {
        case .literal(let text): message.present(1, text.utf8)
        case .text(let text): message.present(2, text.utf8)
        case .signed(let value): message.optional(3, UInt64(bitPattern: value))
        case .unsigned(let value): message.optional(4, value)
        case .boolean(let value): message.optional(5, value ? 1 : 0)
        }
    }
}

extension Switch {
    fileprivate func write(_ message: inout WireWriter) {
        message.varint(1, UInt64(part.rawValue))
        for method in methods ?? [] { message.present(2, method.utf8) }
        message.bool(3, methods != nil)
    }
}

/// `Hint` of boundary.proto.
enum Hint: Sendable {
    case platform(Platform)
    case appState(AppState)
    case pinQuality(Quality)
    case estimate(Estimate?)
    case saveData(Bool)
    case memoryPressure
    case resume
    case metadata(session: UInt64, name: String, value: [UInt8])
    case credentialsChanged(session: UInt64)
    case allMetadata(session: UInt64, Metadata)

    func encoded() -> [UInt8] {
        WireWriter.message { message in
            switch self {
            case .platform(let platform):
                message.message(1) {
                    $0.varint(1, UInt64(platform.reachability.rawValue))
                    $0.varint(2, UInt64(platform.interface.rawValue))
                    $0.varint(3, platform.path)
                    $0.bool(4, platform.savesData)
                }
            case .appState(let state): message.optional(2, UInt64(state.rawValue))
            case .pinQuality(let quality): message.optional(3, UInt64(quality.rawValue))
            case .estimate(let estimate):
                message.message(4) {
                    $0.bool(1, estimate == nil)
                    $0.optional(2, estimate?.requestTime?.wholeMicroseconds)
                    $0.optional(3, (estimate?.downlinkKbps).map(UInt64.init))
                }
            case .saveData(let saves): message.optional(5, saves ? 1 : 0)
            case .memoryPressure: message.message(6)
            case .resume: message.message(7)
            case .metadata(let session, let name, let value):
                message.message(8) {
                    $0.fixed64(1, session)
                    $0.string(2, name)
                    $0.bytes(3, value)
                }
            case .credentialsChanged(let session): message.fixed64(9, session)
            case .allMetadata(let session, let metadata):
                message.message(10) {
                    $0.fixed64(1, session)
                    metadata.write(2, &$0)
                }
            }
        }
    }
}
