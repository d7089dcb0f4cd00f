import Testing

@testable import Holdover

/// What fakes of generated clients are made of, for tests of apps.
@Suite struct FakeTests {
    private let error = HoldoverError(.unreachable, "no contact")

    @Test func anObservationOfStatesGoesThroughThemForEveryLoop() async {
        let states: [Observed<Int>] = [.loading, .failed(error), .value(Snapshot(7))]
        let observation = Observation.of(states)
        for _ in 0..<2 {
            var seen: [Observed<Int>] = []
            for await state in observation { seen.append(state) }
            #expect(seen.count == 3)
            #expect(seen[0] == .loading && seen[1] == .failed(error) && seen[2].snapshot?.value == 7)
        }
    }

    @Test func anObservationOfAnAnswerLoadsAndThenHasIt() async {
        let answered = Observation<Int>.answered { () throws(HoldoverError) in Snapshot(7) }
        var states = answered.makeAsyncIterator()
        #expect(await states.next() == .loading)
        #expect(await states.next()?.snapshot?.value == 7)
        #expect(await states.next() == nil)

        let error = error
        var refused = Observation<Int>.answered { () throws(HoldoverError) in throw error }.makeAsyncIterator()
        #expect(await refused.next() == .loading)
        #expect(await refused.next() == .failed(error))
    }

    @Test func aStreamOfMessagesEndsOrFails() async throws {
        var seen: [Int] = []
        for try await message in Streaming.of([Snapshot(1), Snapshot(2)]) { seen.append(message.value) }
        #expect(seen == [1, 2])
        var failing = Streaming.of([Snapshot(1)], failing: error).makeAsyncIterator()
        #expect(try await failing.next()?.value == 1)
        let why = await failure { () throws(HoldoverError) in try await failing.next() }
        #expect(why == error)
        #expect(try await failing.next() == nil)
    }

    @Test func sequencesAnswerWhatWasSent() async throws {
        let sum = ClientStream<Int, Int>.of { (sent) throws(HoldoverError) in Snapshot(sent.reduce(0, +)) }
        for number in 1...4 { try await sum.send(number) }
        #expect(try await sum.finish().value == 10)

        let echo = BidiStream<Int, Int>.of { (sent) throws(HoldoverError) in [Snapshot(sent), Snapshot(-sent)] }
        var answers = echo.responses.makeAsyncIterator()
        try await echo.send(3)
        #expect(try await answers.next()?.value == 3)
        #expect(try await answers.next()?.value == -3)
        echo.close()
        #expect(try await answers.next() == nil)
    }
}

@Suite struct SightTests {
    @Test func credentialsAreNotPrinted() {
        let secret = Credentials.bearer("s3cret")
        #expect(!"\(secret) \(String(reflecting: secret))".contains("s3cret"))
        var dumped = ""
        dump(secret, to: &dumped)
        #expect(!dumped.contains("s3cret"))
    }

    @Test func snapshotsKeepTheirProvenanceWhenTheyAreMapped() {
        let provenance = Provenance(source: .cache, freshness: .stale, isRefreshing: true)
        let row = Snapshot(7, provenance: provenance).map { value, _ in "\(value) €" }
        #expect(row.value == "7 €" && row.provenance == provenance)
    }
}
