// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "benchmarks",
    platforms: [.macOS(.v13)],
    dependencies: [.package(path: "..")],
    targets: [.executableTarget(name: "benchmarks", dependencies: [.product(name: "Holdover", package: "swift")])],
    swiftLanguageModes: [.v6]
)
