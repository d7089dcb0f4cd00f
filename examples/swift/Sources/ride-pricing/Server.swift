import Foundation

/// The pricing server in a process of its own, and the switches with which the story breaks it: `examples/rust/src/served.rs`
/// says what it can be told.
final class Server: @unchecked Sendable {
    let url: String
    private let process = Process()
    private let commands = Pipe()
    private let answers = Pipe()
    private let queue = DispatchQueue(label: "server")
    private var unread = Data()

    struct Gone: Error, CustomStringConvertible {
        var description: String {
            "there is no server: RIDE_PRICING_SERVER must name the program `ride-pricing`; `cargo xtask example swift` sees to it"
        }
    }

    init() throws {
        guard let program = ProcessInfo.processInfo.environment["RIDE_PRICING_SERVER"] else { throw Gone() }
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["--serve"]
        process.standardInput = commands
        process.standardOutput = answers
        try process.run()
        var first = Data()
        url = try Self.line(answers.fileHandleForReading, &first)
        unread = first
    }

    deinit {
        process.terminate()
    }

    /// Tells it a command, and waits for the answer on a thread that may wait.
    @discardableResult
    func tell(_ command: String) async throws -> String {
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

    /// Asks for a number.
    func count(_ what: String) async throws -> Int {
        Int(try await tell(what)) ?? 0
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
