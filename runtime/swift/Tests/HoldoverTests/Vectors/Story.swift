import CHoldover
import CHoldoverTesting
import Foundation

@testable import Holdover

/// A vector that happens to a runtime: see runtime/ffi/src/story.rs.
final class Story {
    let handle: UInt64

    init(policy: [UInt8], vector: [UInt8]) throws {
        var error = HoldoverBuffer()
        handle = policy.lent { policy in vector.lent { holdover_story_new(policy, $0, &error) } }
        if handle == 0 { throw HoldoverError(code: HOLDOVER_MISUSE, error.taken()[...]) }
    }

    deinit {
        holdover_story_free(handle)
    }

    /// Says what has come, and hears what to do: the instruction's name, and its parts.
    func next(_ reports: [Report]) throws -> (name: String, parts: Any) {
        let said = try JSONSerialization.data(withJSONObject: reports.map(\.members))
        var instruction = HoldoverBuffer()
        let code = Array(said).lent { holdover_story_next(handle, $0, &instruction) }
        guard code == HOLDOVER_OK else { throw Broken("the story cannot go on: \(code)") }
        return try Story.single(try JSONSerialization.jsonObject(with: Data(instruction.taken())))
    }

    /// The one member of an object.
    static func single(_ json: Any) throws -> (name: String, parts: Any) {
        guard let member = (json as? [String: Any])?.first else { throw Broken("\(json) has no member") }
        return (member.key, member.value)
    }
}
