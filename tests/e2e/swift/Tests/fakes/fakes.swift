// Generated fakes, as apps' tests use them: no runtime, no server.

import Holdover
import Rides
import Testing

/// What an app has between its screens and the interface.
private struct Screen {
    let pricing: any Pricing_V1_PricingClientInterface

    func price() async -> String {
        do {
            return "\(try await pricing.getQuote(ride()).value.total.minorUnits)"
        } catch {
            return error.kind.name
        }
    }
}

private func quote(_ id: String = "q-1") -> Pricing_V1_Quote {
    var quote = Pricing_V1_Quote()
    quote.quoteID = id
    quote.total.minorUnits = 1250
    return quote
}

private func offer(_ minorUnits: Int64) -> Pricing_V1_Offer {
    var offer = Pricing_V1_Offer()
    offer.minorUnits = minorUnits
    return offer
}

/// What a fake was given, by whatever task.
private actor Given {
    private(set) var quotes: [Pricing_V1_Quote] = []

    func take(_ quote: Pricing_V1_Quote) { quotes.append(quote) }
}

@Suite struct Fakes {

    @Test func closuresAnswer() async throws {
        var fake = Pricing_V1_FakePricing()
        fake.onGetQuote = { request, options in
            #expect(request.rideID == "r-1" && options.timeout == nil)
            return Snapshot(quote())
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
        let error = await failure { () throws(HoldoverError) in try await fake.getQuote(ride()) }
        #expect(error?.kind == .misuse && error?.message.contains("Other") == true)
    }

    @Test func aFakeThatWasToldNothingSaysSo() async throws {
        let fake = Pricing_V1_FakePricing()
        let error = await failure { () throws(HoldoverError) in try await fake.getQuote(ride()) }
        #expect(error?.kind == .misuse)
        #expect(error?.message.contains("pricing.v1.Pricing/GetQuote") == true)
        #expect(error?.message.contains("`onGetQuote`") == true)
        let watched = await failure { () throws(HoldoverError) in
            for try await _ in fake.watch(Pricing_V1_WatchRequest()) {}
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
        fake.onGetQuote = { _, _ in Snapshot(quote()) }
        var states = fake.observeGetQuote(ride()).makeAsyncIterator()
        guard case .loading = await states.next(), case .value(let seen) = await states.next() else {
            Issue.record("not what the call answers")
            return
        }
        #expect(seen.value == quote())

        fake.onObserveGetQuote = { _, _ in .of([.failed(HoldoverError(.offline, "no network"))]) }
        states = fake.observeGetQuote(ride()).makeAsyncIterator()
        guard case .failed(let error) = await states.next() else {
            Issue.record("not the states that were told")
            return
        }
        #expect(error.kind == .offline)
        #expect(await states.next() == nil)
    }

    @Test func theRestOfACachedMethodIsNothingUnlessItIsTold() async throws {
        var fake = Pricing_V1_FakePricing()
        #expect(fake.cachedGetQuote(ride()) == nil)
        try await fake.prefetchGetQuote(ride())
        try await fake.putGetQuote(ride(), quote())
        let given = Given()
        fake.onCachedGetQuote = { _ in Snapshot(quote()) }
        fake.onPutGetQuote = { _, value in await given.take(value) }
        fake.onPrefetchGetQuote = { _ in throw HoldoverError(.unreachable, "no server") }
        #expect(fake.cachedGetQuote(ride())?.value == quote())
        try await fake.putGetQuote(ride(), quote())
        #expect(await given.quotes == [quote()])
        #expect(await failure { () throws(HoldoverError) in try await fake.prefetchGetQuote(ride()) } != nil)
    }

    @Test func streamsOfAllKindsAreScripted() async throws {
        var fake = Pricing_V1_FakePricing()
        fake.onWatch = { _, _ in .of([Snapshot(quote()), Snapshot(quote())]) }
        fake.onTrack = { _ in
            .of { positions in Snapshot(quote("after \(positions.count)")) }
        }
        fake.onHaggle = { _ in
            .of { offer in
                guard offer.minorUnits > 0 else { throw HoldoverError(.rejected, "an offer of nothing") }
                return [Snapshot(quote("\(offer.minorUnits)"))]
            }
        }
        var seen = 0
        for try await _ in fake.watch(Pricing_V1_WatchRequest()) { seen += 1 }
        #expect(seen == 2)
        let tracking = fake.track()
        try await tracking.send(.init())
        try await tracking.send(.init())
        #expect(try await tracking.finish().value.quoteID == "after 2")
        let haggling = fake.haggle()
        try await haggling.send(offer(900))
        try await haggling.send(offer(0))
        haggling.close()
        var answers = haggling.responses.makeAsyncIterator()
        #expect(try await answers.next()?.value.quoteID == "900")
        let refused = await failure { () throws(HoldoverError) in try await answers.next() }
        #expect(refused?.kind == .rejected)
    }

    @Test func whatAPoorNetworkLeftOutIsShownAsWithheld() async throws {
        var fake = Pricing_V1_FakePricing()
        var full = quote()
        full.promo.headline = "Half price"
        let reduced = try Snapshot(
            reduced: quote(), policy: Pricing_V1_PricingClient.policy, method: "pricing.v1.Pricing/GetQuote",
            lastKnown: full)
        fake.onGetQuote = { _, _ in reduced }
        let shown = try await fake.getQuote(ride())
        guard case .withheld(let lastKnown) = shown.value.enriched(shown.withheld).promo else {
            Issue.record("the promo is not withheld")
            return
        }
        #expect(lastKnown?.headline == "Half price")
    }
}
