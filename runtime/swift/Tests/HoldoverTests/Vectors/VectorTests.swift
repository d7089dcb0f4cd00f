import Foundation
import Testing

@testable import Holdover

/// The files of `tests/vectors`, whatever they are: a new one runs here without further work.
@Suite struct VectorTests {
    static let files: [String] = {
        let root = VectorsApi.folder
        let sections = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
        let files = sections.flatMap { section in
            let names = try? FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent(section).path)
            return (names ?? []).filter { $0.hasSuffix(".json") }.map { "\(section)/\($0)" }
        }
        let only = ProcessInfo.processInfo.environment["VECTOR"]
        return files.filter { file in only.map(file.contains) ?? true }.sorted()
    }()

    @Test func thereAreVectors() {
        #expect(Self.files.count > 300 || ProcessInfo.processInfo.environment["VECTOR"] != nil)
        #expect(!VectorsApi.policy.isEmpty)
    }

    @available(macOS 15, iOS 18, tvOS 18, watchOS 11, *)
    @Test func thePackageDoesWhatEveryVectorSays() throws {
        var failures: [String] = []
        for file in Self.files {
            do {
                try Host.replay(Array(try Data(contentsOf: VectorsApi.folder.appendingPathComponent(file))))
            } catch {
                failures.append("\(file): \(error)")
            }
        }
        let satisfied = Self.files.count - failures.count
        #expect(failures.isEmpty, "\(satisfied) vectors are satisfied, \(failures.count) are not:\n\n\(failures.joined(separator: "\n"))")
        print("\(satisfied) vectors are satisfied")
    }

    @available(macOS 15, iOS 18, tvOS 18, watchOS 11, *)
    @Test func whatDepartsFromAVectorIsSaid() throws {
        let vector = """
            {"title": "One answer", "rules": {"row 1": "holds"}, "steps": [
                {"in": {"get": "a", "method": "Quote", "request": {"1": "r1"}},
                 "out": [{"send": 1, "method": "Quote", "body": {"1": "r1"}}]},
                {"in": {"answer": 1, "body": {"1": "q1"}},
                 "out": [{"to": "a", "value": {"1": "q2"}, "source": "NETWORK", "freshness": "FRESH", "age": "0s"}]}]}
            """
        #expect { try Host.replay(Array(vector.utf8)) } throws: { "\($0)".contains("q2") }
    }
}
