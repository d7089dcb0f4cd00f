// What lies on disk, and what does not.

import Foundation
import Holdover
import Rides
import Testing

/// A key of the platform, which is not much of one.
struct Mirrored: KeyProvider {
    let asked = Locked<[String]>([])

    func wrap(_ key: [UInt8]) async throws(KeyError) -> [UInt8] {
        asked.with { $0.append("wrap") }
        return key.reversed() + [7]
    }

    func unwrap(_ wrapped: [UInt8]) async throws(KeyError) -> [UInt8] {
        asked.with { $0.append("unwrap") }
        guard wrapped.last == 7 else { throw .lost("this is no key of this device") }
        return wrapped.dropLast().reversed()
    }
}

@Suite(.enabled(if: RidesServer.program != nil, "HOLDOVER_RIDES_SERVER names no program"))
struct Sensitive {
    @Test(arguments: [true, false])
    func answersOutliveTheRuntimeSealedOrNot(sealed: Bool) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try RidesServer()
        let keys = Mirrored()
        let configure = { (configuration: inout Runtime.Configuration) in
            configuration.storeDirectory = folder
            configuration.keyProvider = sealed ? keys : nil
        }
        let first = try App(server, configure: configure)
        _ = try await first.pricing.getQuote(ride())
        await first.runtime.shutdown()
        #expect(try onDisk(folder, "Airport") == !sealed)

        try await server.tell("stop")
        let second = try App(server, configure: configure)
        let quote = try await second.pricing.getQuote(ride())
        #expect(quote.source == .cache && quote.value.quoteID == "q-1 of r-1")
        #expect(keys.asked.with { $0 } == (sealed ? ["wrap", "unwrap"] : []))
        await second.runtime.shutdown()
    }

    /// Whether a file below the folder has the text in it.
    private func onDisk(_ folder: URL, _ text: String) throws -> Bool {
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        while let file = files?.nextObject() as? URL {
            if (try? Data(contentsOf: file))?.range(of: Data(text.utf8)) != nil { return true }
        }
        return false
    }
}
