// Apps that end and start again.

import Foundation
import Holdover
import Rides
import Testing

@Suite(.enabled(if: RidesServer.program != nil, "HOLDOVER_RIDES_SERVER names no program"))
struct ProcessRestart {
    @Test(arguments: ["urlSession", "rust"])
    func theNextProcessStartsWithWhatTheLastOneKnew(stack: String) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try RidesServer()
        #expect(try await rider(server.url, folder, "r-1", stack) == "network q-1 of r-1 to Airport")
        try await server.tell("change Harbour")
        try await server.tell("stop")
        #expect(try await rider(server.url, folder, "r-1", stack) == "cache q-1 of r-1 to Airport")
        #expect(try await rider(server.url, folder, "r-2", stack) == "UNREACHABLE")
        #expect(try await server.tell("calls") == "1")
    }

    /// Lets an app of its own look at a ride, and gives what it prints. It lies beside the tests.
    private func rider(_ url: String, _ folder: URL, _ ride: String, _ stack: String) async throws -> String {
        let output = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try Data().write(to: output)
        defer { try? FileManager.default.removeItem(at: output) }
        let process = Process()
        process.executableURL = Self.products.appendingPathComponent("rider")
        process.arguments = [url, folder.path, ride, stack]
        // Not a pipe: servers that are started meanwhile would inherit it, and it would have no end.
        process.standardOutput = try FileHandle(forWritingTo: output)
        try await withCheckedThrowingContinuation { (ended: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in ended.resume() }
            do { try process.run() } catch { ended.resume(throwing: error) }
        }
        return try String(contentsOf: output, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static var products: URL {
        #if os(macOS)
            for bundle in Bundle.allBundles where bundle.bundlePath.hasSuffix(".xctest") {
                return bundle.bundleURL.deletingLastPathComponent()
            }
        #endif
        return Bundle.main.bundleURL
    }
}
