// Messages of the ride-pricing API, by hand: what generated clients need of a message is these two members, which
// SwiftProtobuf's have too.

import Foundation

@testable import Holdover

struct Pricing_V1_GetQuoteRequest: Sendable, Equatable {
    var rideID = ""
}

struct Pricing_V1_Money: Sendable, Equatable {
    var currency = ""
    var minorUnits: Int64 = 0
}

struct Pricing_V1_Breakdown: Sendable, Equatable {
    var explanation = ""
}

struct Pricing_V1_Car: Sendable, Equatable {
    var carID = ""
    var minutesAway: Int32 = 0
    private(set) var hasPicture = false
    var picture = Data() { didSet { hasPicture = true } }
}

struct Pricing_V1_Banner: Sendable, Equatable {
    var headline = ""
}

struct Pricing_V1_Quote: Sendable, Equatable {
    var quoteID = ""
    var total = Pricing_V1_Money()
    var destination = ""
    private(set) var hasBreakdown = false
    var breakdown = Pricing_V1_Breakdown() { didSet { hasBreakdown = true } }
    var cars: [Pricing_V1_Car] = []
    private(set) var hasPromo = false
    var promo = Pricing_V1_Banner() { didSet { hasPromo = true } }
}

struct Pricing_V1_GetProfileRequest: Sendable, Equatable {}

struct Pricing_V1_Profile: Sendable, Equatable {
    var name = ""
    var phone = ""
}

struct Pricing_V1_UpdateDestinationRequest: Sendable, Equatable {
    var rideID = ""
    var destination = ""
}

struct Pricing_V1_UpdateDestinationResponse: Sendable, Equatable {
    var destination = ""
}

struct Pricing_V1_WatchRequest: Sendable, Equatable {
    var rideID = ""
}

struct Pricing_V1_Position: Sendable, Equatable {
    var latitude = 0.0
    var longitude = 0.0
}

struct Pricing_V1_Offer: Sendable, Equatable {
    var rideID = ""
    var minorUnits: Int64 = 0
}

// ---- Encoding ----

/// Calls `take` with every field.
private func read(
    _ bytes: ArraySlice<UInt8>, _ take: (UInt64, WireFields.Value) throws -> Void
) throws {
    var fields = WireFields(bytes)
    while let field = try fields.next() { try take(field.number, field.value) }
}

/// The value of text fields, by their numbers.
private func texts(_ bytes: [UInt8]) throws -> [UInt64: String] {
    var texts: [UInt64: String] = [:]
    try read(bytes[...]) { if case .bytes(let text) = $1 { texts[$0] = String(wire: text) } }
    return texts
}

extension Pricing_V1_GetQuoteRequest {
    init(serializedBytes bytes: [UInt8]) throws { self.init(rideID: try texts(bytes)[1] ?? "") }
    func serializedBytes() throws -> [UInt8] { WireWriter.message { $0.string(1, rideID) } }
}

extension Pricing_V1_WatchRequest {
    init(serializedBytes bytes: [UInt8]) throws { self.init(rideID: try texts(bytes)[1] ?? "") }
    func serializedBytes() throws -> [UInt8] { WireWriter.message { $0.string(1, rideID) } }
}

extension Pricing_V1_GetProfileRequest {
    init(serializedBytes bytes: [UInt8]) throws { self.init() }
    func serializedBytes() throws -> [UInt8] { [] }
}

extension Pricing_V1_Profile {
    init(serializedBytes bytes: [UInt8]) throws {
        let texts = try texts(bytes)
        self.init(name: texts[1] ?? "", phone: texts[2] ?? "")
    }

    func serializedBytes() throws -> [UInt8] {
        WireWriter.message {
            $0.string(1, name)
            $0.string(2, phone)
        }
    }
}

extension Pricing_V1_UpdateDestinationRequest {
    init(serializedBytes bytes: [UInt8]) throws {
        let texts = try texts(bytes)
        self.init(rideID: texts[1] ?? "", destination: texts[2] ?? "")
    }

    func serializedBytes() throws -> [UInt8] {
        WireWriter.message {
            $0.string(1, rideID)
            $0.string(2, destination)
        }
    }
}

extension Pricing_V1_UpdateDestinationResponse {
    init(serializedBytes bytes: [UInt8]) throws { self.init(destination: try texts(bytes)[1] ?? "") }
    func serializedBytes() throws -> [UInt8] { WireWriter.message { $0.string(1, destination) } }
}

extension Pricing_V1_Position {
    init(serializedBytes bytes: [UInt8]) throws {
        self.init()
        try read(bytes[...]) { number, value in
            guard case .fixed(let bits) = value else { return }
            if number == 1 { latitude = Double(bitPattern: bits) }
            if number == 2 { longitude = Double(bitPattern: bits) }
        }
    }

    func serializedBytes() throws -> [UInt8] {
        WireWriter.message {
            $0.fixed64(1, latitude.bitPattern)
            $0.fixed64(2, longitude.bitPattern)
        }
    }
}

extension Pricing_V1_Offer {
    init(serializedBytes bytes: [UInt8]) throws {
        self.init()
        try read(bytes[...]) { number, value in
            switch (number, value) {
            case (1, .bytes(let text)): rideID = String(wire: text)
            case (2, .varint(let units)): minorUnits = Int64(bitPattern: units)
            default: break
            }
        }
    }

    func serializedBytes() throws -> [UInt8] {
        WireWriter.message {
            $0.string(1, rideID)
            $0.varint(2, UInt64(bitPattern: minorUnits))
        }
    }
}

extension Pricing_V1_Quote {
    init(serializedBytes bytes: [UInt8]) throws {
        self.init()
        try read(bytes[...]) { number, value in
            guard case .bytes(let bytes) = value else { return }
            switch number {
            case 1: quoteID = String(wire: bytes)
            case 2: total = try Pricing_V1_Money(bytes)
            case 3: destination = String(wire: bytes)
            case 4: breakdown = Pricing_V1_Breakdown(explanation: try texts(Array(bytes))[4] ?? "")
            case 5: cars.append(try Pricing_V1_Car(bytes))
            case 9: promo = Pricing_V1_Banner(headline: try texts(Array(bytes))[1] ?? "")
            default: break
            }
        }
    }

    func serializedBytes() throws -> [UInt8] {
        WireWriter.message { message in
            message.string(1, quoteID)
            message.message(2) {
                $0.string(1, total.currency)
                $0.varint(2, UInt64(bitPattern: total.minorUnits))
            }
            message.string(3, destination)
        }
    }
}

extension Pricing_V1_Money {
    fileprivate init(_ bytes: ArraySlice<UInt8>) throws {
        self.init()
        try read(bytes) { number, value in
            switch (number, value) {
            case (1, .bytes(let text)): currency = String(wire: text)
            case (2, .varint(let units)): minorUnits = Int64(bitPattern: units)
            default: break
            }
        }
    }
}

extension Pricing_V1_Car {
    fileprivate init(_ bytes: ArraySlice<UInt8>) throws {
        self.init()
        try read(bytes) { number, value in
            switch (number, value) {
            case (1, .bytes(let text)): carID = String(wire: text)
            case (2, .varint(let minutes)): minutesAway = Int32(truncatingIfNeeded: minutes)
            case (3, .bytes(let bytes)): picture = Data(bytes)
            default: break
            }
        }
    }
}
