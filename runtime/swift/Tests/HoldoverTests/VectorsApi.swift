import Foundation

@testable import Holdover

/// The API that `tests/vectors` speaks of. Its messages are bytes here: nothing is to be read in them.
enum VectorsApi {
    static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().appendingPathComponent("../../../../tests/vectors").standardizedFileURL
    static let policy = (try? Data(contentsOf: folder.appendingPathComponent("api.policy"))).map(Array.init) ?? []

    /// The method at this place in the policy.
    static func method(_ index: Int) -> BoundMethod<[UInt8], [UInt8]> {
        BoundMethod(index, encode: { $0 }, decode: { $0 })
    }
}

/// What a call throws.
func failure<Value>(of call: () async throws(HoldoverError) -> Value) async -> HoldoverError? {
    do throws(HoldoverError) {
        _ = try await call()
        return nil
    } catch {
        return error
    }
}
