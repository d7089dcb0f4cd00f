import Foundation

/// The terminal view: what happens, why, how long it took and what it cost.
@MainActor
final class Narrator {
    private static let protoName = "examples/proto/pricing/v1/pricing.proto"
    /// The annotated API, shown where it explains a step.
    private let proto: [String]
    private let hasColour = isatty(1) != 0 && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
    private var steps = 0
    private var broken: [String] = []

    init() throws {
        let examples = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../..").standardizedFileURL
        let file = examples.appendingPathComponent("proto/pricing/v1/pricing.proto")
        proto = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n")
    }

    /// A line of plain text.
    func say(_ text: String) {
        print("   \(text)")
    }

    /// Begins a step, and shows the policy line that makes it so: the first line of `element` (an rpc, a message or a field)
    /// that contains `words`.
    func step(_ title: String, _ element: String, _ words: String) {
        steps += 1
        print("\n\(paint("1", "\(steps < 10 ? " " : "")\(steps) \(title)"))")
        let start = proto.firstIndex { $0.contains(element) } ?? proto.endIndex
        guard let line = proto[start...].firstIndex(where: { $0.contains(words) }) else {
            return check(false, "\(Self.protoName) has no line “\(words)” in \(element)")
        }
        print("   \(paint("2", "\(Self.protoName):\(line + 1)"))")
        print("   \(paint("2", "  \(proto[line].trimmingCharacters(in: .whitespaces))"))")
    }

    /// One observation, with its time and its bytes.
    func show(_ what: String, _ took: Duration, _ bytes: Int) {
        let cost = bytes == 0 ? "no bytes" : "\(bytes) bytes on the wire"
        let (seconds, attoseconds) = took.components
        let milliseconds = Double(seconds) * 1_000 + Double(attoseconds) / 1e15
        print("   → \(what)")
        print("     \(paint("2", "\(String(format: "%.2f ms", milliseconds)), \(cost)"))")
    }

    /// A promise of the step: shown, and remembered if it was not kept.
    func check(_ kept: Bool, _ promise: String) {
        print(kept ? "   \(paint("32", "✓")) \(promise)" : "   \(paint("1;31", "✗ NOT SO:")) \(promise)")
        if !kept { broken.append("step \(steps): \(promise)") }
    }

    /// Ends the story. Whether every step did what it says.
    func end() -> Bool {
        if broken.isEmpty {
            print("\n\(paint("32", "All \(steps) steps did what they say."))")
        } else {
            print("\n\(broken.count) promise(s) were not kept:\n  \(broken.joined(separator: "\n  "))")
        }
        return broken.isEmpty
    }

    private func paint(_ code: String, _ text: String) -> String {
        hasColour ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
    }
}
