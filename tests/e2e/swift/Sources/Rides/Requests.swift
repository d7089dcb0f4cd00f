// Messages of the ride-pricing API, by hand: what generated clients need of a message is these two members, which
// SwiftProtobuf's have too. See `swift-protobuf` beside this package for a client of SwiftProtobuf's own messages.

/// A message, as SwiftProtobuf has them.
package protocol Message: Sendable, Equatable {
    init()
    init(serializedBytes bytes: [UInt8]) throws
    func serializedBytes() throws -> [UInt8]
}

extension Message {
    /// As SwiftProtobuf's.
    package static func with(_ change: (inout Self) -> Void) -> Self {
        var message = Self()
        change(&message)
        return message
    }
}

package struct Pricing_V1_GetQuoteRequest: Message {
    package var rideID = ""

    package init() {}

    package init(serializedBytes bytes: [UInt8]) throws {
        for case (1, let value) in try wireFields(bytes) { rideID = value.text }
    }

    package func serializedBytes() throws -> [UInt8] { wireMessage { $0.text(1, rideID) } }
}

package struct Pricing_V1_GetProfileRequest: Message {
    package init() {}

    package init(serializedBytes bytes: [UInt8]) throws { _ = try wireFields(bytes) }

    package func serializedBytes() throws -> [UInt8] { [] }
}

package struct Pricing_V1_UpdateDestinationRequest: Message {
    package var rideID = ""
    package var destination = ""

    package init() {}

    package init(serializedBytes bytes: [UInt8]) throws {
        for (number, value) in try wireFields(bytes) {
            if number == 1 { rideID = value.text }
            if number == 2 { destination = value.text }
        }
    }

    package func serializedBytes() throws -> [UInt8] {
        wireMessage {
            $0.text(1, rideID)
            $0.text(2, destination)
        }
    }
}

package struct Pricing_V1_WatchRequest: Message {
    package var rideID = ""

    package init() {}

    package init(serializedBytes bytes: [UInt8]) throws {
        for case (1, let value) in try wireFields(bytes) { rideID = value.text }
    }

    package func serializedBytes() throws -> [UInt8] { wireMessage { $0.text(1, rideID) } }
}

package struct Pricing_V1_Position: Message {
    package var latitude = 0.0
    package var longitude = 0.0

    package init() {}

    package init(serializedBytes bytes: [UInt8]) throws {
        for (number, value) in try wireFields(bytes) {
            if number == 1 { latitude = value.double }
            if number == 2 { longitude = value.double }
        }
    }

    package func serializedBytes() throws -> [UInt8] {
        wireMessage {
            $0.double(1, latitude)
            $0.double(2, longitude)
        }
    }
}

package struct Pricing_V1_Offer: Message {
    package var rideID = ""
    package var minorUnits: Int64 = 0

    package init() {}

    package init(serializedBytes bytes: [UInt8]) throws {
        for (number, value) in try wireFields(bytes) {
            if number == 1 { rideID = value.text }
            if number == 2 { minorUnits = value.integer }
        }
    }

    package func serializedBytes() throws -> [UInt8] {
        wireMessage {
            $0.text(1, rideID)
            $0.number(2, minorUnits)
        }
    }
}
