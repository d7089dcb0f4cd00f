import HoldoverTesting
import Pricing
import Testing

/// Generated code fits SwiftProtobuf's messages as they are.
@Suite struct PricingTests {
    private let ride = Pricing_V1_GetQuoteRequest.with { $0.rideID = "r-1" }
    private let quote = Pricing_V1_Quote.with {
        $0.quoteID = "q-1"
        $0.total = .with { ($0.currency, $0.minorUnits) = ("EUR", 1250) }
        $0.cars = [.with { $0.carID = "car-1" }]
        $0.promo = .with { $0.headline = "Half price on Mondays" }
    }

    @Test func aQuoteComesFromTheServerAndThenFromMemory() async throws {
        let answer: [UInt8] = try quote.serializedBytes()
        let server = ScriptedServer { request in
            let asked = try Pricing_V1_GetQuoteRequest(serializedBytes: request.message)
            return asked.rideID == "r-1" ? .message(answer) : .refused(.notFound)
        }
        let runtime = try Runtime(.scripted(server))
        let pricing = Pricing_V1_PricingClient(runtime.session(account: .guest))
        #expect(try await pricing.getQuote(ride).value == quote)
        #expect(pricing.cachedGetQuote(ride)?.value == quote)
        #expect(server.requests.count == 1)
        await runtime.shutdown()
    }

    @Test func accessorsTellWithheldFromAbsent() throws {
        let reduced = Pricing_V1_Quote.with {
            $0.quoteID = "q-1"
            $0.cars = [.with { $0.carID = "car-1" }]
        }
        let snapshot = try Snapshot(
            reduced: reduced, policy: Pricing_V1_PricingClient.policy, method: "pricing.v1.Pricing/GetQuote",
            lastKnown: quote)
        #expect(snapshot.value.enriched(snapshot.withheld).promo == .withheld(lastKnown: quote.promo))
        #expect(Snapshot(reduced).value.enriched(.nothing).promo == .absent)
        for (car, withheld) in snapshot.value.enriched(snapshot.withheld).cars {
            #expect(car.enriched(withheld).picture == .withheld(lastKnown: nil))
        }
    }
}
