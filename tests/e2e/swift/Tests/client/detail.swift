// Poor networks: what is left out, and what comes back (section F).

import Holdover
import Rides
import Testing

@Suite(.enabled(if: RidesServer.program != nil, "HOLDOVER_RIDES_SERVER names no program"))
struct DetailOfAnswers {
    @Test(arguments: Carrier.all)
    func aPoorNetworkLeavesOutWhatOnlyEnrichesAndKeepsWhatWasKnown(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        app.runtime.setQuality(.good)
        let full = try await app.pricing.getQuote(ride())
        #expect(full.detail == .full && full.withheldPaths == [])
        guard case .present(let promo) = full.value.enriched(full.withheld).promo else {
            Issue.record("the full answer lacks its banner")
            return
        }

        app.runtime.setQuality(.poor)
        let again = CallOptions(cache: .networkOnly)
        let reduced = try await app.pricing.getQuote(ride(), options: again)
        #expect(reduced.detail == .reduced && reduced.value.quoteID == full.value.quoteID)
        #expect(reduced.withheldPaths == ["breakdown", "cars.picture", "promo"])
        #expect(!reduced.value.hasPromo)
        let enriched = reduced.value.enriched(reduced.withheld)
        #expect(enriched.promo == .withheld(lastKnown: promo))
        for (car, withheld) in enriched.cars {
            #expect(car.enriched(withheld).picture == .withheld(lastKnown: nil))
        }

        // Another ride was never seen in full.
        let other = try await app.pricing.getQuote(ride("r-2"))
        #expect(other.value.enriched(other.withheld).promo == .withheld(lastKnown: nil))

        let wanted = try await app.pricing.getQuote(ride(), options: CallOptions(cache: .networkOnly, detail: .full))
        #expect(wanted.detail == .full && wanted.value.promo == promo)
        await app.runtime.shutdown()
    }

    /// Out of the tunnel: `restore` fetches the rest by itself (rule F8).
    @Test(arguments: Carrier.stacks)
    func whenTheNetworkRecoversObservedAnswersBecomeFull(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        app.runtime.setQuality(.poor)
        var states = app.pricing.observeGetQuote(ride()).makeAsyncIterator()
        #expect(await states.first { $0.snapshot?.detail == .reduced } != nil)
        app.runtime.setQuality(.good)
        #expect(await states.first { $0.snapshot?.detail == .full }?.snapshot?.value.hasPromo == true)
        await app.runtime.shutdown()
    }

    @Test(arguments: Carrier.stacks)
    func theUserMaySaveData(carrier: Carrier) async throws {
        let server = try RidesServer()
        let app = try App(server, carrier)
        app.runtime.setPlatform(Platform(reachability: .reachable, interface: .wifi, path: 1, savesData: true))
        #expect(try await app.pricing.getQuote(ride()).detail == .reduced)
        await app.runtime.shutdown()
    }
}
