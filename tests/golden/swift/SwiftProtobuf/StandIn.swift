// Stands for SwiftProtobuf where it cannot be fetched. The messages beside this folder were made from what its plugin 1.30.0
// makes of the golden cases: they have its names and types, and no values, because nothing here is run. Messages of other
// libraries are as welcome to generated code as these are: all that it calls is `init(serializedBytes:)` and
// `serializedBytes()`.

/// A message.
public protocol StandIn: Sendable {
    init()
}

extension StandIn {
    public init(serializedBytes: [UInt8]) throws {
        throw NoValues()
    }

    public func serializedBytes() throws -> [UInt8] {
        throw NoValues()
    }
}

/// A stand-in was asked for a value.
public struct NoValues: Error {
    public init() {}
}

/// The value of every field.
public func noValue<Value>() -> Value {
    fatalError("a stand-in has no values")
}

public struct Google_Protobuf_DoubleValue: StandIn {
    public init() {}
}

public struct Google_Protobuf_Empty: StandIn {
    public init() {}
}

public struct Google_Protobuf_FieldMask: StandIn {
    public init() {}
}

public struct Google_Protobuf_StringValue: StandIn {
    public init() {}
}

public struct Google_Protobuf_Struct: StandIn {
    public init() {}
}

public struct Google_Protobuf_Timestamp: StandIn {
    public init() {}
}
