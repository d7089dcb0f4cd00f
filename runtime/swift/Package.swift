// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "Holdover",
    platforms: [.iOS(.v16), .macOS(.v13), .tvOS(.v16), .watchOS(.v9)],
    products: [.library(name: "Holdover", targets: ["Holdover"])],
    targets: [.target(name: "Holdover")],
    swiftLanguageModes: [.v6]
)
