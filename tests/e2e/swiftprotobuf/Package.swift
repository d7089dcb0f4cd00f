// swift-tools-version: 6.0
import PackageDescription

// A client over SwiftProtobuf's own messages, as apps have it: SwiftProtobuf's build plugin makes the messages, and Holdover's
// generator has made the client. Needs a network that reaches GitHub, and `protoc`, which PROTOC_PATH names:
//
//     PROTOC_PATH=$(which protoc) HOLDOVER_LIBRARY_FOLDER=../../../runtime/swift/native swift test
let package = Package(
    name: "HoldoverWithSwiftProtobuf",
    platforms: [.iOS(.v16), .macOS(.v13)],
    dependencies: [
        .package(path: "../../../runtime/swift"),
        .package(url: "https://github.com/apple/swift-protobuf.git", from: "1.30.0"),
    ],
    targets: [
        .target(
            name: "Pricing",
            dependencies: [
                .product(name: "Holdover", package: "swift"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            exclude: ["pricing", "holdover"],
            plugins: [.plugin(name: "SwiftProtobufPlugin", package: "swift-protobuf")]),
        .testTarget(
            name: "PricingTests", dependencies: ["Pricing", .product(name: "HoldoverTesting", package: "swift")]),
    ],
    swiftLanguageModes: [.v6]
)
