// The app: a runtime, a session, a client. This is all that an app developer writes.

import Foundation
import Holdover

/// The ride that the story is about.
let rideID = "ride-17"

struct App {
    let runtime: Runtime
    let session: Session
    let pricing: Pricing_V1_PricingClient
    /// How good the network is, each time that has changed.
    let qualities: AsyncStream<Quality>

    /// Starts without input or output: the store opens and the first connection is made when a call needs them.
    init(url: String, folder: URL, tokens: Tokens) throws(HoldoverError) {
        let (qualities, told) = AsyncStream<Quality>.makeStream()
        self.qualities = qualities
        // Plain text has to be asked for. The server is tonic's, which speaks gRPC: Connect and gRPC-Web go by URLSession.
        let endpoint = Endpoint("prod", url: url, protocol: .grpc, isPlainText: true)
        var configuration = Runtime.Configuration(endpoints: [endpoint], storeDirectory: folder)
        configuration.transport = .rust
        // Half a minute is right for people, and long for a story.
        configuration.gracePeriod = .milliseconds(500)
        // A screen would show a bar less.
        configuration.onQualityChange = { told.yield($0) }
        // The story tells of the network itself.
        configuration.observesPlatform = false
        runtime = try Runtime(configuration)
        session = runtime.session(account: .user("ada"), credentials: tokens)
        pricing = Pricing_V1_PricingClient(session)
    }
}

/// The app's access tokens: the newest one that it has, renewed when the server refuses it.
actor Tokens: CredentialsProvider {
    private var number = 0
    private(set) var renewals = 0

    func credentials(for request: CredentialsRequest) -> Credentials {
        // Renew only if what was refused is the newest token: another call may have had it renewed meanwhile.
        if request.rejected == ["authorization": "Bearer token-\(number)"] {
            renewals += 1
            number += 1
        }
        return .bearer("token-\(number)")
    }
}

func quote(of ride: String = rideID) -> Pricing_V1_GetQuoteRequest { .with { $0.rideID = ride } }

let prices = Pricing_V1_WatchPricesRequest.with { $0.rideID = rideID }
