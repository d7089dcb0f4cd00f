// What stories say in JSON, and its reverse: runtime/ffi/src/story.rs.

import Foundation

@testable import Holdover

/// A story cannot go on.
struct Broken: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}

/// The members of a JSON object.
struct Parts {
    let members: [String: Any]

    init(_ json: Any) throws {
        guard let members = json as? [String: Any] else { throw Broken("\(json) is no object") }
        self.members = members
    }

    private func find<Value>(_ name: String) -> Value? { members[name] as? Value }

    private func known<Value>(_ name: String, _ value: Value?) throws -> Value {
        guard let value else { throw Broken("\(name) is missing in \(members)") }
        return value
    }

    func text(_ name: String) throws -> String { try known(name, find(name)) }
    func optionalText(_ name: String) -> String? { find(name) }
    func number(_ name: String) -> UInt64? { (find(name) as NSNumber?)?.uint64Value }
    func flag(_ name: String) -> Bool { find(name) ?? false }
    func optionalFlag(_ name: String) -> Bool? { find(name) }
    func texts(_ name: String) -> [String]? { find(name) }
    func list(_ name: String) throws -> [Parts] { try (find(name) as [Any]? ?? []).map(Parts.init) }
    func bytes(_ name: String) throws -> [UInt8] { try [UInt8](hex: try text(name)) }
    func duration(_ name: String) -> Duration? { number(name).map { .nanoseconds(Int64(clamping: $0)) } }

    func metadata(_ name: String) -> Metadata {
        var metadata = Metadata()
        let pairs: [String: String] = find(name) ?? [:]
        for (name, value) in pairs.sorted(by: { $0.key < $1.key }) { metadata.add(name, value) }
        return metadata
    }

    var account: Account { optionalText("user").map(Account.user) ?? .guest }

    func options() throws -> CallOptions {
        let cache: CacheMode =
            switch try text("cache") {
            case "default": .default
            case "cache_only": .cacheOnly
            case "network_only": .networkOnly
            case "max_age": .maxAge(duration("max_age") ?? .zero)
            case let other: throw Broken("there is no cache mode \(other)")
            }
        let priority: Priority? =
            switch optionalText("priority") {
            case nil: nil
            case "BACKGROUND": .background
            case "INTERACTIVE": .interactive
            case let other?: throw Broken("there is no priority \(other)")
            }
        return CallOptions(
            timeout: duration("timeout"), metadata: metadata("metadata"), cache: cache,
            detail: flag("full") ? .full : .default, priority: priority)
    }

    func tag() throws -> Tag {
        Tag(
            try list("tag").map { part in
                if let literal = part.optionalText("literal") { return .literal(literal) }
                let json = try JSONSerialization.jsonObject(with: Data(part.text("value").utf8), options: .fragmentsAllowed)
                switch json {
                case let text as String: return .of(text)
                case let number as NSNumber where CFBooleanLike(number): return .of(number.boolValue)
                case let number as NSNumber: return .of(number.int64Value)
                default: throw Broken("\(json) is no value of a field")
                }
            })
    }

    func switches() throws -> [Switch] {
        let parts: [String: Switch.Part] = ["cache": .cache, "detail": .detail, "outbox": .outbox, "replay": .replay]
        return try list("switches").map {
            Switch(try known("part", parts[try $0.text("part")]), methods: $0.texts("methods"))
        }
    }

    func quality() throws -> Quality? {
        let classes: [String: Quality] = [
            "OFFLINE": .offline, "VERY_POOR": .veryPoor, "POOR": .poor, "MODERATE": .moderate, "GOOD": .good,
        ]
        return try optionalText("class").map { try known("class", classes[$0]) }
    }

    func estimate() throws -> Estimate? {
        guard let numbers = try members["numbers"].flatMap({ $0 is NSNull ? nil : try Parts($0) }) else { return nil }
        return Estimate(
            requestTime: numbers.duration("request_time"), downlinkKbps: numbers.number("downlink").map(UInt32.init(clamping:)))
    }

    func platform() throws -> Platform {
        let interfaces: [String: Platform.Interface] = [
            "UNKNOWN": .unknown, "ETHERNET": .ethernet, "WIFI": .wifi, "CELLULAR_2G": .cellular2G,
            "CELLULAR_3G": .cellular3G, "CELLULAR_4G": .cellular4G, "CELLULAR_5G": .cellular5G, "BLUETOOTH": .bluetooth,
        ]
        let reachability = optionalFlag("reachable").map { $0 ? Platform.Reachability.reachable : .unreachable }
        return Platform(
            reachability: reachability ?? .unknown, interface: try known("interface", interfaces[try text("interface")]),
            path: number("path") ?? 0, savesData: flag("data_saver"))
    }
}

/// JSON's `true` is a number to Foundation, too.
private func CFBooleanLike(_ number: NSNumber) -> Bool {
    String(cString: number.objCType) == "c"
}

extension [UInt8] {
    init(hex: String) throws {
        func value(_ digit: UInt8) throws -> UInt8 {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): return digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): return digit - UInt8(ascii: "a") + 10
            default: throw Broken("\(digit) is no hex digit")
            }
        }
        self = []
        reserveCapacity(hex.utf8.count / 2)
        var high: UInt8?
        for digit in hex.utf8 {
            let bits = try value(digit)
            if let first = high { append(first << 4 | bits) }
            high = high == nil ? bits : nil
        }
    }

    var hex: String {
        let digits = Array<UInt8>("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(count * 2)
        for byte in self {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
