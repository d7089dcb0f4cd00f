// swift-tools-version: 6.0
import PackageDescription

// `Holdover` is a link to runtime/swift: SwiftPM knows packages by the names of their folders, and this one's is `swift`, too.
let package = Package(
    name: "HoldoverE2E",
    platforms: [.iOS(.v16), .macOS(.v13)],
    dependencies: [.package(name: "Holdover", path: "Holdover")],
    targets: [
        .target(name: "Rides", dependencies: [.product(name: "Holdover", package: "Holdover")]),
        .executableTarget(name: "rider", dependencies: ["Rides"]),
        .testTarget(name: "ClientTests", dependencies: ["Rides"], path: "Tests/client"),
        .testTarget(name: "BoundsTests", dependencies: ["Rides"], path: "Tests/bounds"),
        .testTarget(name: "FakesTests", dependencies: ["Rides"], path: "Tests/fakes"),
        .testTarget(name: "ProcessTests", dependencies: ["Rides", "rider"], path: "Tests/process"),
    ],
    swiftLanguageModes: [.v6]
)
