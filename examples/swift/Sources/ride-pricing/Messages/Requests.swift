// Messages of the ride-pricing API, by hand: what generated clients need of a message is these two members, which
// SwiftProtobuf's have too. An app has SwiftProtobuf make them.

/// A message, as SwiftProtobuf has them.
protocol Message: Sendable, Equatable {
    init()
    init(serializedBytes bytes: [UInt8]) throws
    func serializedBytes() throws -> [UInt8]
}

extension Message {
    /// As SwiftProtobuf's.
    static func with(_ change: (inout Self) -> Void) -> Self {
        var message = Self()
        change(&message)
        return message
    }
}

struct Pricing_V1_GetQuoteRequest: Message {
    var rideID = ""

    init() {}

    init(serializedBytes bytes: [UInt8]) throws {
        for case (1, let value) in try wireFields(bytes) { rideID = value.text }
    }

    func serializedBytes() throws -> [UInt8] { wireMessage { $0.text(1, rideID) } }
}

struct Pricing_V1_GetProfileRequest: Message {
    init() {}

    init(serializedBytes bytes: [UInt8]) throws { _ = try wireFields(bytes) }

    func serializedBytes() throws -> [UInt8] { [] }
}

struct Pricing_V1_UpdateDestinationRequest: Message {
    var rideID = ""
    var destination = ""

    init() {}

    init(serializedBytes bytes: [UInt8]) throws {
        for (number, value) in try wireFields(bytes) {
            if number == 1 { rideID = value.text }
            if number == 2 { destination = value.text }
        }
    }

    func serializedBytes() throws -> [UInt8] {
        wireMessage {
            $0.text(1, rideID)
            $0.text(2, destination)
        }
    }
}

struct Pricing_V1_GetReceiptRequest: Message {
    var rideID = ""

    init() {}

    init(serializedBytes bytes: [UInt8]) throws {
        for case (1, let value) in try wireFields(bytes) { rideID = value.text }
    }

    func serializedBytes() throws -> [UInt8] { wireMessage { $0.text(1, rideID) } }
}

struct Pricing_V1_WatchPricesRequest: Message {
    var rideID = ""

    init() {}

    init(serializedBytes bytes: [UInt8]) throws {
        for case (1, let value) in try wireFields(bytes) { rideID = value.text }
    }

    func serializedBytes() throws -> [UInt8] { wireMessage { $0.text(1, rideID) } }
}
