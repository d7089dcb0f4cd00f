import Foundation

@testable import Holdover

/// Does what a story asks of an app, by the package's own API, and reports what comes of it.
@available(macOS 15, iOS 18, tvOS 18, watchOS 11, *)
final class Host {
    private let story: Story
    private var process: HostedProcess?

    init(_ story: Story) {
        self.story = story
    }

    /// Replays a vector. Throws what did not come out as it says.
    static func replay(_ vector: [UInt8]) throws {
        let story = try Story(policy: VectorsApi.policy, vector: vector)
        try Host(story).replay()
    }

    private func replay() throws {
        defer { process?.end() }
        var reports: [Report] = []
        while true {
            let (name, parts) = try story.next(reports)
            switch name {
            case "do":
                let (action, parts) = try Story.single(parts)
                try act(action, Parts(parts))
            case "wait": break
            case "passed": return
            default: throw Broken("\(parts)")
            }
            process?.turns.run()
            reports = process?.reports() ?? []
        }
    }

    private func act(_ action: String, _ parts: Parts) throws {
        if action == "start" {
            process?.end()
            process = nil
            process = try HostedProcess(story, parts)
            return
        }
        guard let process else { throw Broken("\(action) before a process began") }
        try process.act(action, parts)
    }
}

/// What an app holds while its process lives.
@available(macOS 15, iOS 18, tvOS 18, watchOS 11, *)
final class HostedProcess {
    typealias Bytes = [UInt8]

    let turns = TurnTaker()
    let heard = Guarded<[Report]>([])
    let runtime: Runtime
    var sessions: [String: (session: Session, client: BoundClient)] = [:]
    var operations: [String: HostedOperation] = [:]

    init(_ story: Story, _ parts: Parts) throws {
        let endpoints = (parts.texts("endpoints") ?? []).map {
            Endpoint($0, url: "http://rides.invalid", isPlainText: true)
        }
        var configuration = Runtime.Configuration(endpoints: endpoints)
        configuration.story = story.handle
        configuration.varies = parts.texts("varies") ?? []
        configuration.observesPlatform = false
        if let memory = parts.number("memory") { configuration.memoryBytes = Int(memory) }
        runtime = try Runtime(configuration)
    }

    /// What has come since the last time.
    func reports() -> [Report] {
        heard.with { (heard: inout [Report]) -> [Report] in
            defer { heard = [] }
            return heard
        }
    }

    /// Lets go of everything.
    func end() {
        for operation in operations.values { operation.cancel() }
        operations = [:]
        sessions = [:]
        turns.run()
    }

    func act(_ action: String, _ parts: Parts) throws {
        switch action {
        case "open":
            let session = runtime.session(
                account: parts.account, endpoint: try parts.text("endpoint"), metadata: parts.metadata("metadata"))
            sessions[try parts.text("session")] = (session, BoundClient(session, policy: VectorsApi.policy))
        case "set_metadata": try session(parts).replaceMetadata(parts.metadata("metadata"))
        case "credentials_changed": try session(parts).credentialsChanged()
        case "app": runtime.setAppState(parts.flag("foreground") ? .foreground : .background)
        case "resume": runtime.resume()
        case "memory_pressure": runtime.memoryPressure()
        case "quality": runtime.setQuality(try parts.quality())
        case "estimate": runtime.setEstimate(try parts.estimate())
        case "platform": runtime.setPlatform(try parts.platform())
        // Loops over items read on; the story lets the core deliver no more than was taken.
        case "take": break
        case "say":
            let (operation, message) = (try operation(parts), try parts.bytes("message"))
            Task(executorPreference: turns) { await operation.say(message) }
        case "close": try operation(parts).close()
        case "cancel": try operation(parts).cancel()
        default: try start(action, parts)
        }
    }

    func session(_ parts: Parts) throws -> Session { try opened(parts).session }

    func client(_ parts: Parts) throws -> BoundClient { try opened(parts).client }

    private func opened(_ parts: Parts) throws -> (session: Session, client: BoundClient) {
        let name = try parts.text("session")
        guard let session = sessions[name] else { throw Broken("there is no session \(name)") }
        return session
    }

    func method(_ parts: Parts) -> BoundMethod<Bytes, Bytes> { VectorsApi.method(Int(parts.number("index") ?? 0)) }

    private func operation(_ parts: Parts) throws -> HostedOperation {
        let name = try parts.text("op")
        guard let operation = operations[name] else { throw Broken("there is no operation \(name)") }
        return operation
    }
}
