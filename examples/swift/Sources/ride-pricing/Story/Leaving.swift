// The app is killed and started again, and at last Ada signs out.

import Foundation
import Holdover

extension Stage {
    func processRestart() async throws {
        narrator.step("The app is started again, without a server", "rpc GetQuote", "stale_if_error")
        await app.runtime.shutdown()
        try await server.tell("stop")
        let url = server.url
        let folder = folder.path
        let told = try await timed {
            try await Restarted.start(url: url, folder: folder)
        } _: { $0 }
        narrator.check(
            told.contains("Central Station"), "a new process shows the quote that the old one left on disk")
        try await server.tell("start")
        app = try App(url: url, folder: self.folder, tokens: tokens)
    }

    func signOut() async throws {
        narrator.step("Ada signs out", "rpc GetProfile", "scope")
        _ = try await app.pricing.getProfile(.init())
        let cacheOnly = CallOptions(cache: .cacheOnly)
        let there = try? await app.pricing.getQuote(quote(), options: cacheOnly)
        narrator.check(there != nil, "her quote is in the cache before")
        try await app.session.signOut()
        await app.runtime.shutdown()
        app = try App(url: server.url, folder: folder, tokens: tokens)
        narrator.say("The app starts again, and may only look into its cache.")
        let gone = try await show(quote(), .cacheOnly)
        let profile = try? await app.pricing.getProfile(.init(), options: cacheOnly)
        narrator.check(gone.error != nil && profile == nil, "nothing of hers is left, in memory or on disk")
        await app.runtime.shutdown()
    }
}

/// The app's second life: a new process with the first one's disk cache, and no server.
enum Restarted {
    /// Starts it, and gives what it prints.
    static func start(url: String, folder: String) async throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = Bundle.main.executableURL
        process.arguments = ["--restarted", url, folder]
        process.standardOutput = output
        try await withCheckedThrowingContinuation { (ended: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in ended.resume() }
            do { try process.run() } catch { ended.resume(throwing: error) }
        }
        let printed = output.fileHandleForReading.availableData
        return String(decoding: printed, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Prints the quote that the disk has.
    static func run(url: String, folder: String) async throws {
        let app = try App(url: url, folder: URL(fileURLWithPath: folder), tokens: Tokens())
        print(describe(try await app.pricing.getQuote(quote())))
        await app.runtime.shutdown()
    }
}
