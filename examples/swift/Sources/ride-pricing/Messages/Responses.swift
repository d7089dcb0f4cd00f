// Messages of the ride-pricing API that the server sends: see Requests.swift.

import Foundation

struct Pricing_V1_Money: Message {
    var currency = ""
    var minorUnits: Int64 = 0

    init() {}

    init(serializedBytes bytes: [UInt8]) throws {
        for (number, value) in try wireFields(bytes) {
            if number == 1 { currency = value.text }
            if number == 2 { minorUnits = value.integer }
        }
    }

    func serializedBytes() throws -> [UInt8] {
        wireMessage {
            $0.text(1, currency)
            $0.number(2, minorUnits)
        }
    }
}

/// Only what the story shows.
struct Pricing_V1_Breakdown: Message {
    var explanation = ""

    init() {}

    init(serializedBytes bytes: [UInt8]) throws {
        for case (4, let value) in try wireFields(bytes) { explanation = value.text }
    }

    func serializedBytes() throws -> [UInt8] { wireMessage { $0.text(4, explanation) } }
}

struct Pricing_V1_Car: Message {
    var carID = ""
    var minutesAway: Int32 = 0
    private(set) var hasPicture = false
    var picture = Data() { didSet { hasPicture = true } }

    init() {}

    init(serializedBytes bytes: [UInt8]) throws {
        for (number, value) in try wireFields(bytes) {
            if number == 1 { carID = value.text }
            if number == 2 { minutesAway = Int32(truncatingIfNeeded: value.integer) }
            if number == 3 { setPicture(Data(value.raw)) }
        }
    }

    /// Property observers do not run in initialisers.
    private mutating func setPicture(_ bytes: Data) { picture = bytes }

    func serializedBytes() throws -> [UInt8] {
        wireMessage {
            $0.text(1, carID)
            $0.number(2, Int64(minutesAway))
            if hasPicture { $0.present(3, Array(picture)) }
        }
    }
}

struct Pricing_V1_Banner: Message {
    var headline = ""
    var body = ""
    var image = Data()

    init() {}

    init(serializedBytes bytes: [UInt8]) throws {
        for (number, value) in try wireFields(bytes) {
            if number == 1 { headline = value.text }
            if number == 2 { body = value.text }
            if number == 3 { image = Data(value.raw) }
        }
    }

    func serializedBytes() throws -> [UInt8] {
        wireMessage {
            $0.text(1, headline)
            $0.text(2, body)
            if !image.isEmpty { $0.present(3, Array(image)) }
        }
    }
}

struct Pricing_V1_Quote: Message {
    var quoteID = ""
    var total = Pricing_V1_Money()
    var destination = ""
    private(set) var hasBreakdown = false
    var breakdown = Pricing_V1_Breakdown() { didSet { hasBreakdown = true } }
    var cars: [Pricing_V1_Car] = []
    private(set) var hasPromo = false
    var promo = Pricing_V1_Banner() { didSet { hasPromo = true } }

    init() {}

    init(serializedBytes bytes: [UInt8]) throws {
        for (number, value) in try wireFields(bytes) { try set(number, value) }
    }

    private mutating func set(_ number: UInt64, _ value: WireValue) throws {
        switch number {
        case 1: quoteID = value.text
        case 2: total = try Pricing_V1_Money(serializedBytes: value.raw)
        case 3: destination = value.text
        case 4: breakdown = try Pricing_V1_Breakdown(serializedBytes: value.raw)
        case 5: cars.append(try Pricing_V1_Car(serializedBytes: value.raw))
        case 9: promo = try Pricing_V1_Banner(serializedBytes: value.raw)
        default: break
        }
    }

    func serializedBytes() throws -> [UInt8] {
        try wireMessage {
            $0.text(1, quoteID)
            $0.present(2, try total.serializedBytes())
            $0.text(3, destination)
            if hasBreakdown { $0.present(4, try breakdown.serializedBytes()) }
            for car in cars { $0.present(5, try car.serializedBytes()) }
            if hasPromo { $0.present(9, try promo.serializedBytes()) }
        }
    }
}

struct Pricing_V1_Profile: Message {
    var name = ""
    var phone = ""

    init() {}

    init(serializedBytes bytes: [UInt8]) throws {
        for (number, value) in try wireFields(bytes) {
            if number == 1 { name = value.text }
            if number == 2 { phone = value.text }
        }
    }

    func serializedBytes() throws -> [UInt8] {
        wireMessage {
            $0.text(1, name)
            $0.text(2, phone)
        }
    }
}

struct Pricing_V1_UpdateDestinationResponse: Message {
    var destination = ""

    init() {}

    init(serializedBytes bytes: [UInt8]) throws {
        for case (1, let value) in try wireFields(bytes) { destination = value.text }
    }

    func serializedBytes() throws -> [UInt8] { wireMessage { $0.text(1, destination) } }
}

struct Pricing_V1_Receipt: Message {
    var receiptID = ""
    var total = Pricing_V1_Money()

    init() {}

    init(serializedBytes bytes: [UInt8]) throws {
        for (number, value) in try wireFields(bytes) {
            if number == 1 { receiptID = value.text }
            if number == 2 { total = try Pricing_V1_Money(serializedBytes: value.raw) }
        }
    }

    func serializedBytes() throws -> [UInt8] {
        try wireMessage {
            $0.text(1, receiptID)
            $0.present(2, try total.serializedBytes())
        }
    }
}

struct Pricing_V1_PriceUpdate: Message {
    var number: UInt64 = 0
    var total = Pricing_V1_Money()
    var cars: [Pricing_V1_Car] = []
    private(set) var hasBreakdown = false
    var breakdown = Pricing_V1_Breakdown() { didSet { hasBreakdown = true } }
    private(set) var hasChart = false
    var chart = Data() { didSet { hasChart = true } }

    init() {}

    init(serializedBytes bytes: [UInt8]) throws {
        for (number, value) in try wireFields(bytes) { try set(number, value) }
    }

    private mutating func set(_ number: UInt64, _ value: WireValue) throws {
        switch number {
        case 1: self.number = UInt64(bitPattern: value.integer)
        case 2: total = try Pricing_V1_Money(serializedBytes: value.raw)
        case 3: cars.append(try Pricing_V1_Car(serializedBytes: value.raw))
        case 4: breakdown = try Pricing_V1_Breakdown(serializedBytes: value.raw)
        case 5: chart = Data(value.raw)
        default: break
        }
    }

    func serializedBytes() throws -> [UInt8] {
        try wireMessage {
            $0.number(1, Int64(bitPattern: number))
            $0.present(2, try total.serializedBytes())
            for car in cars { $0.present(3, try car.serializedBytes()) }
            if hasBreakdown { $0.present(4, try breakdown.serializedBytes()) }
            if hasChart { $0.present(5, Array(chart)) }
        }
    }
}
