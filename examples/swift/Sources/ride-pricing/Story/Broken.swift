// Things break: the server, the Wi-Fi, the token, a deployment.

import Holdover

extension Stage {
    func serverDown() async throws {
        narrator.step("The server is down", "rpc GetQuote", "stale_if_error")
        try await server.tell("stop")
        try await Task.sleep(for: .milliseconds(6_100))
        let quote = try await show().get()
        narrator.check(
            quote.source == .cache && quote.error != nil, "the old quote is shown, and says why it is old")
        try await server.tell("start")
    }

    func captivePortal() async throws {
        narrator.step("A hotel's Wi-Fi answers instead", "rpc GetQuote", "stale_if_error")
        try await server.tell("portal on")
        narrator.say("Ada pulls the quote down to refresh it.")
        let refused = await refresh()
        narrator.check(refused?.kind == .intercepted, "HTML is not a quote: the login page is recognised")
        let quote = try await show().get()
        narrator.check(
            quote.source == .cache && quote.error != nil,
            "nothing stored is lost, and it is shown without asking again so soon")
        try await server.tell("portal off")
    }

    func tokenRefresh() async throws {
        narrator.step("The access token expires", "rpc GetProfile", "scope")
        try await server.tell("expire")
        let profile = try await app.pricing.getProfile(.init(), options: CallOptions(cache: .networkOnly))
        narrator.say("→ the profile of \(profile.value.name)")
        narrator.check(
            await tokens.renewals == 1, "the app was asked once for a new token, and the call was repeated once")
    }

    func requiredFieldMissing() async throws {
        narrator.step("A bad deployment forgets the quote's id", "message Quote", "quote_id")
        try await server.tell("forget on")
        let error = try await show(quote(of: "ride-18")).error
        narrator.check(
            error?.kind == .unusable && error?.paths.contains("quote_id") == true,
            "a quote without it never reaches the screen, and the error names the field")
        let refused = await refresh()
        let kept = try await show().get()
        narrator.check(
            refused?.kind == .unusable && kept.source == .cache && !kept.value.quoteID.isEmpty,
            "and the last good quote of another ride stays, instead of being replaced by such a one")
        try await server.tell("forget off")
    }

    /// Pulls the quote down, and says why that failed.
    private func refresh() async -> HoldoverError? {
        do throws(HoldoverError) {
            try await app.pricing.observeGetQuote(quote()).refresh()
            return nil
        } catch {
            return error
        }
    }
}
