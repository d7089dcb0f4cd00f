/// What an app holds for its whole life: the cache, the network's quality, the connections. Make one.
///
///     let runtime = try Runtime(.init(endpoints: [Endpoint("prod", url: "https://api.example.com")]))
///     let session = runtime.session(account: .user("u-17"), credentials: tokens)
///     let pricing = Pricing_V1_PricingClient(session)
///
/// It ends by ``shutdown()``, or with the last of it, its sessions and their clients.
public final class Runtime: Sendable {
    let native: NativeRuntime
    /// Tell the runtime what the platform says, for as long as it is there.
    private let observers: [any PlatformObserver]

    /// Checks the configuration. Does no input or output; the cache is opened, and threads are made, on first use.
    ///
    /// Throws MISUSE, naming the part of the configuration that is wrong.
    public init(_ configuration: Configuration) throws(HoldoverError) {
        let native = try NativeRuntime(configuration)
        self.native = native
        observers = configuration.observesPlatform ? platformObservers(native) : []
    }

    /// A session of an account, at the first endpoint or another one. Nothing is asked of anybody. What is wrong with the
    /// arguments is told by the first call, as MISUSE.
    ///
    /// Without `credentials`, calls go without. `metadata` is sent with every call, such as `accept-language`.
    public func session(
        account: Account, credentials: (any CredentialsProvider)? = nil, endpoint: String? = nil,
        metadata: Metadata = Metadata()
    ) -> Session {
        do throws(HoldoverError) {
            return Session(core: try NativeSession(native, account, credentials, endpoint, metadata))
        } catch {
            return Session(core: RefusedSession(error: error))
        }
    }

    /// Deletes what is stored of an account that has no session any more.
    public func erase(_ account: Account) async throws(HoldoverError) {
        try await native.command(.erase(account))
    }

    /// How good the network is held to be.
    public var quality: Quality { stats().quality }

    /// Overrides every judgement of the network; `nil` takes that back.
    public func setQuality(_ quality: Quality?) {
        native.hint(.pinQuality(quality ?? .unspecified))
    }

    /// What the app has measured of the network by itself; `nil` takes that back.
    public func setEstimate(_ estimate: Estimate?) {
        native.hint(.estimate(estimate))
    }

    /// What the platform knows of the network. Replaces what it said before.
    public func setPlatform(_ platform: Platform) {
        native.hint(.platform(platform))
    }

    /// The app's own wish to save data, beside the platform's.
    public func setSavesData(_ savesData: Bool) {
        native.hint(.saveData(savesData))
    }

    /// Whether somebody sees the app.
    public func setAppState(_ state: AppState) {
        native.hint(.appState(state))
    }

    /// Goes off the network and writes down what is to be stored, before the system suspends the app. Returns when that is
    /// done; then call ``resume()`` when the app is back.
    public func pause() async throws(HoldoverError) {
        try await native.command(.pause)
    }

    /// After ``pause()``.
    public func resume() {
        native.hint(.resume)
    }

    /// Drops what memory holds and the disk has, or nobody shows.
    public func memoryPressure() {
        native.hint(.memoryPressure)
    }

    /// Turns parts of policies off, in place of what was off before, for this process and later ones. Returns when that is
    /// stored.
    public func disable(_ switches: [Switch]) async throws(HoldoverError) {
        try await native.command(.disable(switches))
    }

    /// Counters of everything. All are 0 when the runtime has ended.
    public func stats() -> Stats {
        native.stats()
    }

    /// Ends everything: calls and streams end with MISUSE, and nothing can be started any more. Returns when the store is
    /// closed and listeners have heard everything. Cancelling the task stops nothing but the wait.
    public func shutdown() async {
        await native.shutDown()
    }
}
