// swift-tools-version: 6.0
import PackageDescription

// `Holdover` is a link to runtime/swift: SwiftPM knows packages by the names of their folders, and this one's is `swift`, too.
// An app says `.package(url: …)` instead.
let package = Package(
    name: "ride-pricing",
    platforms: [.macOS(.v13)],
    dependencies: [.package(name: "Holdover", path: "Holdover")],
    targets: [
        .executableTarget(name: "ride-pricing", dependencies: [.product(name: "Holdover", package: "Holdover")])
    ],
    swiftLanguageModes: [.v6]
)
