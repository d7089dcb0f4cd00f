import Foundation

/// The ride-pricing service in a process of its own: `tests/e2e/src/bin/rides.rs` says what it can be told.
package final class RidesServer: @unchecked Sendable {
    /// The program, by the environment: `cargo xtask test` builds it.
    package static let program = ProcessInfo.processInfo.environment["HOLDOVER_RIDES_SERVER"]

    package let url: String
    /// PEM of the root that it is to be trusted by, if it speaks TLS.
    package let root: [UInt8]
    private let process = Process()
    private let commands = Pipe()
    private let answers = Pipe()
    private let queue = DispatchQueue(label: "rides")
    private var unread = Data()

    package struct Gone: Error {}

    /// Starts it. `gzip`: its answers are compressed. `tls`: it is spoken to by TLS.
    package init(gzip: Bool = false, tls: Bool = false) throws {
        guard let program = Self.program else { throw Gone() }
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = (gzip ? ["gzip"] : []) + (tls ? ["tls"] : [])
        process.standardInput = commands
        process.standardOutput = answers
        try process.run()
        var first = Data()
        let words = try Self.line(answers.fileHandleForReading, &first).split(separator: " ").map(String.init)
        url = words.first ?? ""
        root = words.count > 1 ? Data(base64Encoded: words[1]).map(Array.init) ?? [] : []
        unread = first
    }

    deinit {
        // The end of its input would end it, too; but another one that was started at the same time may have inherited that.
        process.terminate()
    }

    /// Tells it a command, and waits for the answer on a thread that may wait.
    @discardableResult
    package func tell(_ command: String) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { [self] in
                continuation.resume(
                    with: Result {
                        try commands.fileHandleForWriting.write(contentsOf: Data("\(command)\n".utf8))
                        return try Self.line(answers.fileHandleForReading, &unread)
                    })
            }
        }
    }

    private static func line(_ file: FileHandle, _ unread: inout Data) throws -> String {
        while true {
            if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: unread[..<end], as: UTF8.self)
                unread = Data(unread[unread.index(after: end)...])
                return line
            }
            let more = file.availableData
            if more.isEmpty { throw Gone() }
            unread += more
        }
    }
}
