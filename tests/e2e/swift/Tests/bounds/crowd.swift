// Many tasks at once.

import Holdover
import Rides
import Testing

@Suite(.enabled(if: RidesServer.program != nil, "HOLDOVER_RIDES_SERVER names no program"))
struct Crowd {
    @Test(arguments: Carrier.all)
    func aHundredTasksShareWhatTheyAskFor(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        let names = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<100 {
                group.addTask {
                    if number % 2 == 0 { return try await app.pricing.getProfile(.init()).value.name }
                    return try await app.pricing.getQuote(ride("r-\(number % 10)")).value.quoteID
                }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(names == ["Ada Lovelace", "q-1 of r-1", "q-1 of r-3", "q-1 of r-5", "q-1 of r-7", "q-1 of r-9"])
        await app.runtime.shutdown()
    }

    /// Half of them leave before there is an answer, and everybody hears one end.
    @Test(arguments: Carrier.stacks)
    func aHundredTasksComeAndGo(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        let ends = await withTaskGroup(of: HoldoverError.Kind?.self) { group in
            for number in 0..<100 {
                group.addTask {
                    let call = Task {
                        await failure { () throws(HoldoverError) in try await app.pricing.getQuote(ride("r-\(number)")) }
                    }
                    if number % 2 == 0 { call.cancel() }
                    return await call.value?.kind
                }
            }
            return await group.reduce(into: [HoldoverError.Kind?]()) { $0.append($1) }
        }
        #expect(ends.count == 100)
        #expect(ends.allSatisfy { $0 == nil || $0 == .cancelled })
        #expect(ends.filter { $0 == nil }.count >= 50)
        await app.runtime.shutdown()
    }
}
