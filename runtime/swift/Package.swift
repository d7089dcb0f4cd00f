// swift-tools-version: 6.0
import Foundation
import PackageDescription

// The core is a library that is not built here: `cargo xtask package swift` puts it into `native`, and this variable names
// another folder.
let native = Context.environment["HOLDOVER_LIBRARY_FOLDER"] ?? Context.packageDirectory + "/native"

// Apple's platforms take the XCFramework that a release has; not run there yet (see README.md). Everywhere else, and while
// there is none, the library is linked from its folder.
let framework = "native/CHoldover.xcframework"
let hasFramework = FileManager.default.fileExists(atPath: Context.packageDirectory + "/" + framework)
let core: Target =
    hasFramework ? .binaryTarget(name: "CHoldover", path: framework) : .systemLibrary(name: "CHoldover")
let linked: [LinkerSetting] =
    hasFramework ? [] : [.unsafeFlags(["-L\(native)", "-Xlinker", "-rpath", "-Xlinker", native])]

let package = Package(
    name: "Holdover",
    platforms: [.iOS(.v16), .macOS(.v13), .tvOS(.v16), .watchOS(.v9)],
    products: [
        .library(name: "Holdover", targets: ["Holdover"]),
        .library(name: "HoldoverTesting", targets: ["HoldoverTesting"]),
    ],
    targets: [
        core,
        .target(name: "Holdover", dependencies: ["CHoldover"], linkerSettings: linked),
        .target(name: "HoldoverTesting", dependencies: ["Holdover"]),
        // Only in libraries that are built for this package's own tests: `cargo xtask package swift --testing`.
        .systemLibrary(name: "CHoldoverTesting"),
        .testTarget(
            name: "HoldoverTests", dependencies: ["Holdover", "HoldoverTesting", "CHoldover", "CHoldoverTesting"]),
    ],
    swiftLanguageModes: [.v6]
)
