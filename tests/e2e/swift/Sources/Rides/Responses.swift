// Messages of the ride-pricing API that the server sends: see Requests.swift.

import Foundation

package struct Pricing_V1_Money: Message {
    package var currency = ""
    package var minorUnits: Int64 = 0

    package init() {}

    package init(serializedBytes bytes: [UInt8]) throws {
        for (number, value) in try wireFields(bytes) {
            if number == 1 { currency = value.text }
            if number == 2 { minorUnits = value.integer }
        }
    }

    package func serializedBytes() throws -> [UInt8] {
        wireMessage {
            $0.text(1, currency)
            $0.number(2, minorUnits)
        }
    }
}

/// Only what the tests look at; what is not known is not kept.
package struct Pricing_V1_Breakdown: Message {
    package var explanation = ""

    package init() {}

    package init(serializedBytes bytes: [UInt8]) throws {
        for case (4, let value) in try wireFields(bytes) { explanation = value.text }
    }

    package func serializedBytes() throws -> [UInt8] { wireMessage { $0.text(4, explanation) } }
}

package struct Pricing_V1_Car: Message {
    package var carID = ""
    package var minutesAway: Int32 = 0
    package private(set) var hasPicture = false
    package var picture = Data() { didSet { hasPicture = true } }

    package init() {}

    package init(serializedBytes bytes: [UInt8]) throws {
        for (number, value) in try wireFields(bytes) {
            if number == 1 { carID = value.text }
            if number == 2 { minutesAway = Int32(truncatingIfNeeded: value.integer) }
            if number == 3 { setPicture(Data(value.raw)) }
        }
    }

    /// Property observers do not run in initialisers.
    private mutating func setPicture(_ bytes: Data) { picture = bytes }

    package func serializedBytes() throws -> [UInt8] {
        wireMessage {
            $0.text(1, carID)
            $0.number(2, Int64(minutesAway))
            if hasPicture { $0.present(3, Array(picture)) }
        }
    }
}

package struct Pricing_V1_Banner: Message {
    package var headline = ""
    package var body = ""
    package var image = Data()

    package init() {}

    package init(serializedBytes bytes: [UInt8]) throws {
        for (number, value) in try wireFields(bytes) {
            if number == 1 { headline = value.text }
            if number == 2 { body = value.text }
            if number == 3 { image = Data(value.raw) }
        }
    }

    package func serializedBytes() throws -> [UInt8] {
        wireMessage {
            $0.text(1, headline)
            $0.text(2, body)
            if !image.isEmpty { $0.present(3, Array(image)) }
        }
    }
}

package struct Pricing_V1_Quote: Message {
    package var quoteID = ""
    package var total = Pricing_V1_Money()
    package var destination = ""
    package private(set) var hasBreakdown = false
    package var breakdown = Pricing_V1_Breakdown() { didSet { hasBreakdown = true } }
    package var cars: [Pricing_V1_Car] = []
    package private(set) var hasPromo = false
    package var promo = Pricing_V1_Banner() { didSet { hasPromo = true } }

    package init() {}

    package init(serializedBytes bytes: [UInt8]) throws {
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

    package func serializedBytes() throws -> [UInt8] {
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

package struct Pricing_V1_Profile: Message {
    package var name = ""
    package var phone = ""

    package init() {}

    package init(serializedBytes bytes: [UInt8]) throws {
        for (number, value) in try wireFields(bytes) {
            if number == 1 { name = value.text }
            if number == 2 { phone = value.text }
        }
    }

    package func serializedBytes() throws -> [UInt8] {
        wireMessage {
            $0.text(1, name)
            $0.text(2, phone)
        }
    }
}

package struct Pricing_V1_UpdateDestinationResponse: Message {
    package var destination = ""

    package init() {}

    package init(serializedBytes bytes: [UInt8]) throws {
        for case (1, let value) in try wireFields(bytes) { destination = value.text }
    }

    package func serializedBytes() throws -> [UInt8] { wireMessage { $0.text(1, destination) } }
}
