import Foundation
import Holdover

typealias Quote = Pricing_V1_Quote
typealias Price = Pricing_V1_PriceUpdate

/// Everything that the steps act on.
@MainActor
final class Stage {
    let narrator: Narrator
    let server: Server
    let folder: URL
    let tokens = Tokens()
    var app: App

    init() throws {
        narrator = try Narrator()
        server = try Server()
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("ride-pricing-\(UUID().uuidString)")
        app = try App(url: server.url, folder: folder, tokens: tokens)
    }

    /// Waits for something, and shows it with its time and its bytes.
    func timed<Value: Sendable>(
        _ what: @MainActor () async throws -> Value, _ describe: (Value) -> String
    ) async throws -> Value {
        let before = try await server.count("bytes")
        let clock = ContinuousClock()
        let begun = clock.now
        let value = try await what()
        let took = clock.now - begun
        narrator.show(describe(value), took, try await server.count("bytes") - before)
        return value
    }

    /// Asks for a quote, and shows it, or why there is none.
    func show(
        _ request: Pricing_V1_GetQuoteRequest = quote(), _ cache: CacheMode = .default
    ) async throws -> Result<Snapshot<Quote>, HoldoverError> {
        let pricing = app.pricing
        return try await timed {
            do throws(HoldoverError) {
                return .success(try await pricing.getQuote(request, options: CallOptions(cache: cache)))
            } catch {
                return .failure(error)
            }
        } _: { (quote: Result<Snapshot<Quote>, HoldoverError>) in
            switch quote {
            case .success(let quote): describe(quote)
            case .failure(let error): "no answer: \(error.kind.name)"
            }
        }
    }

    /// Waits until an observed quote is as wanted, and shows it.
    func state(
        _ states: inout Observation<Quote>.AsyncIterator, where wanted: (Snapshot<Quote>) -> Bool
    ) async throws -> Snapshot<Quote> {
        var iterator = states
        defer { states = iterator }
        return try await timed {
            while let state = await iterator.next() {
                if let quote = state.snapshot, wanted(quote) { return quote }
            }
            throw Ended(what: "the observation")
        } _: { describe($0) }
    }

    /// Waits until a price is as wanted, and shows it.
    func price(
        _ prices: inout Streaming<Price>.AsyncIterator, where wanted: (Snapshot<Price>) -> Bool = { _ in true }
    ) async throws -> Snapshot<Price> {
        var iterator = prices
        defer { prices = iterator }
        return try await timed {
            while let price = try await iterator.next() {
                if wanted(price) { return price }
            }
            throw Ended(what: "the stream of prices")
        } _: { price in
            "\(words(price.provenance))\(price.gap ? " after a gap" : ""): price no. \(price.value.number), \(text(price.value.total))"
        }
    }

    /// Waits until the network is held to be as wanted.
    func quality(where wanted: (Quality) -> Bool) async throws -> Quality {
        let (runtime, qualities) = (app.runtime, app.qualities)
        return try await timed {
            if wanted(runtime.quality) { return runtime.quality }
            for await quality in qualities where wanted(quality) { return quality }
            throw Ended(what: "the runtime")
        } _: { "the app is told: \($0)" }
    }
}

/// Something ended that should have gone on.
struct Ended: Error, CustomStringConvertible {
    var what: String
    var description: String { "\(what) ended early" }
}

/// A quote in one line: where it came from, and what it says.
func describe(_ quote: Snapshot<Quote>) -> String {
    let error = quote.error.map { " after \($0.kind.name)" } ?? ""
    return "\(words(quote.provenance))\(error): \(text(quote.value.total)) to \(quote.value.destination)"
}

func words(_ provenance: Provenance) -> String {
    "\(provenance.source) \(provenance.freshness) \(provenance.detail)"
}

func text(_ money: Pricing_V1_Money) -> String {
    String(format: "%lld.%02lld ", money.minorUnits / 100, money.minorUnits % 100) + money.currency
}

extension Result where Failure == HoldoverError {
    /// Why there is none.
    var error: HoldoverError? { if case .failure(let error) = self { error } else { nil } }
}
