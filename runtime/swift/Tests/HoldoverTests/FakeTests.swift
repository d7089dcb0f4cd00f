import Testing

@testable import Holdover

/// What an app has between its screens and the interface.
private struct Screen {
    let pricing: any Pricing_V1_PricingClientInterface

    func price() async -> String {
        do {
            return "\(try await pricing.getQuote(.init(rideID: "r-1")).value.total.minorUnits)"
        } catch {
            return error.kind.name
        }
    }
}

@Suite struct FakeTests {
    private let quote = Pricing_V1_Quote(quoteID: "q-1", total: .init(currency: "EUR", minorUnits: 1250))
    private let request = Pricing_V1_GetQuoteRequest(rideID: "r-1")

    @Test func closuresAnswer() async throws {
        var fake = Pricing_V1_FakePricing()
        fake.onGetQuote = { [quote] request, options in
            #expect(request.rideID == "r-1" && options.timeout == nil)
            return Snapshot(quote)
        }
        #expect(await Screen(pricing: fake).price() == "1250")
    }

    @Test func whatClosuresThrowIsWhatCallsThrow() async throws {
        struct Other: Error {}
        var fake = Pricing_V1_FakePricing()
        fake.onGetQuote = { _, _ in throw HoldoverError(.offline, "no network") }
        #expect(await Screen(pricing: fake).price() == "OFFLINE")
        fake.onGetQuote = { _, _ in throw CancellationError() }
        #expect(await Screen(pricing: fake).price() == "CANCELLED")
        fake.onGetQuote = { _, _ in throw Other() }
        let error = await failure { () throws(HoldoverError) in try await fake.getQuote(request) }
        #expect(error?.kind == .misuse && error?.message.contains("Other") == true)
    }

    @Test func aFakeThatWasToldNothingSaysSo() async throws {
        let fake = Pricing_V1_FakePricing()
        let error = await failure { () throws(HoldoverError) in try await fake.getQuote(request) }
        #expect(error?.kind == .misuse)
        #expect(error?.message.contains("pricing.v1.Pricing/GetQuote") == true)
        #expect(error?.message.contains("`onGetQuote`") == true)
        let watched = await failure { () throws(HoldoverError) in
            for try await _ in fake.watch(.init(rideID: "r-1")) {}
        }
        let tracked = await failure { () throws(HoldoverError) in try await fake.track().finish() }
        let haggled = await failure { () throws(HoldoverError) in
            for try await _ in fake.haggle().responses {}
        }
        for (error, name) in [(watched, "Watch"), (tracked, "Track"), (haggled, "Haggle")] {
            #expect(error?.message.contains("`on\(name)`") == true)
        }
    }

    @Test func observersSeeTheAnswerUnlessTheyAreToldStates() async throws {
        var fake = Pricing_V1_FakePricing()
        fake.onGetQuote = { [quote] _, _ in Snapshot(quote) }
        var states = fake.observeGetQuote(request).makeAsyncIterator()
        guard case .loading = await states.next(), case .value(let seen) = await states.next() else {
            Issue.record("not what the call answers")
            return
        }
        #expect(seen.value == quote)

        fake.onObserveGetQuote = { _, _ in .of([.failed(HoldoverError(.offline, "no network"))]) }
        states = fake.observeGetQuote(request).makeAsyncIterator()
        guard case .failed(let error) = await states.next() else {
            Issue.record("not the states that were told")
            return
        }
        #expect(error.kind == .offline)
        #expect(await states.next() == nil)
    }

    @Test func theRestOfACachedMethodIsNothingUnlessItIsTold() async throws {
        var fake = Pricing_V1_FakePricing()
        #expect(fake.cachedGetQuote(request) == nil)
        try await fake.prefetchGetQuote(request)
        try await fake.putGetQuote(request, quote)
        let put = Guarded<[Pricing_V1_Quote]>([])
        fake.onCachedGetQuote = { [quote] _ in Snapshot(quote) }
        fake.onPutGetQuote = { _, value in put.with { $0.append(value) } }
        fake.onPrefetchGetQuote = { _ in throw HoldoverError(.unreachable, "no server") }
        #expect(fake.cachedGetQuote(request)?.value == quote)
        try await fake.putGetQuote(request, quote)
        #expect(put.with { $0 } == [quote])
        #expect(await failure { () throws(HoldoverError) in try await fake.prefetchGetQuote(request) } != nil)
    }

    @Test func streamsOfAllKindsAreScripted() async throws {
        var fake = Pricing_V1_FakePricing()
        fake.onWatch = { [quote] _, _ in .of([Snapshot(quote), Snapshot(quote)]) }
        fake.onTrack = { _ in
            .of { positions in Snapshot(Pricing_V1_Quote(quoteID: "after \(positions.count)")) }
        }
        fake.onHaggle = { _ in
            .of { offer in
                guard offer.minorUnits > 0 else { throw HoldoverError(.rejected, "an offer of nothing") }
                return [Snapshot(Pricing_V1_Quote(quoteID: "\(offer.minorUnits)"))]
            }
        }
        var seen = 0
        for try await _ in fake.watch(.init(rideID: "r-1")) { seen += 1 }
        #expect(seen == 2)
        let tracking = fake.track()
        try await tracking.send(.init(latitude: 1, longitude: 2))
        try await tracking.send(.init(latitude: 3, longitude: 4))
        #expect(try await tracking.finish().value.quoteID == "after 2")
        let haggling = fake.haggle()
        try await haggling.send(.init(rideID: "r-1", minorUnits: 900))
        try await haggling.send(.init(rideID: "r-1", minorUnits: 0))
        haggling.close()
        var answers = haggling.responses.makeAsyncIterator()
        #expect(try await answers.next()?.value.quoteID == "900")
        let refused = await failure { () throws(HoldoverError) in try await answers.next() }
        #expect(refused?.kind == .rejected)
    }

    @Test func whatAPoorNetworkLeftOutIsShownAsWithheld() async throws {
        var fake = Pricing_V1_FakePricing()
        var full = quote
        full.promo = Pricing_V1_Banner(headline: "Half price")
        let reduced = try Snapshot(
            reduced: quote, policy: Pricing_V1_PricingClient.policy, method: "pricing.v1.Pricing/GetQuote",
            lastKnown: full)
        fake.onGetQuote = { _, _ in reduced }
        let shown = try await fake.getQuote(request)
        guard case .withheld(let lastKnown) = shown.value.enriched(shown.withheld).promo else {
            Issue.record("the promo is not withheld")
            return
        }
        #expect(lastKnown?.headline == "Half price")
    }
}
