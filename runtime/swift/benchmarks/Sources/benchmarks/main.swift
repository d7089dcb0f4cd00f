// What a call costs from Swift: `cargo xtask bench ffi`.
//
// - A memory hit as encoded bytes, of 100 B and of 10 kB, by the function that generated clients call: at most 1 µs, from a
//   background task and from the main actor.
// - The same with decoding, beside decoding alone.
// - An item of a stream that the host's HTTP stack carries, from its bytes to the loop that reads it: at most 5 µs, in a burst.
//   Beside it, from a server on loopback by the Rust transport, which has the sockets and HTTP in it.
// - A runtime, made and freed: at most 1 ms.
//
// Medians; hits in the quietest of five rounds. Exits with 1 when a bar is missed, unless `--print` is given. Top-level code runs on the main actor.

import Foundation
import Holdover
import HoldoverTesting

/// Places in the policy of `tests/vectors`.
enum Place {
    /// Fresh for a minute.
    static let leg = 15
    /// A stream without a replay.
    static let feed = 23
}

struct Ride: Sendable {
    var id: String

    init(serializedBytes bytes: [UInt8]) {
        // One text, whose length has as many bytes as it takes.
        var start = 1
        while bytes[start] > 0x7f { start += 1 }
        id = String(decoding: bytes[(start + 1)...], as: UTF8.self)
    }
}

var missed = 0

@MainActor func bar(_ what: String, _ took: Duration, atMost most: Duration) {
    let within = took <= most
    if !within { missed += 1 }
    print("\(what): \(words(took)) (at most \(words(most)))\(within ? "" : "  MISSED")")
}

func words(_ time: Duration) -> String { String(format: "%.2f µs", time / .microseconds(1)) }

func median(_ times: [Duration]) -> Duration { times.sorted()[times.count / 2] }

/// The median time of one of a thousand, in the quietest of five rounds: a machine that others use has slow moments.
func time(
    isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Void
) async rethrows -> Duration {
    var medians: [Duration] = []
    let clock = ContinuousClock()
    for _ in 0..<5 {
        var times: [Duration] = []
        for _ in 0..<100 {
            let begun = clock.now
            for _ in 0..<1_000 { try await body() }
            times.append((clock.now - begun) / 1_000)
        }
        medians.append(median(times))
    }
    return medians.min()!
}

/// Calls from a task that is on no actor.
func hitInBackground<Value>(
    _ client: BoundClient, _ method: BoundMethod<[UInt8], Value>, _ request: [UInt8]
) async throws -> Duration {
    try await time(isolation: nil) {
        let hit = try await client.unary(method, request, CallOptions(), isolation: nil)
        precondition(hit.source == .cache)
    }
}

func decoding(_ bytes: [UInt8], _ size: Int) async -> Duration {
    await time(isolation: nil) { precondition(Ride(serializedBytes: bytes).id.utf8.count == size) }
}

/// Bursts by a stack of the host's that has the bytes already.
func burst(_ policy: [UInt8]) async throws -> Duration {
    let count = 10_000
    let messages = [[UInt8]](repeating: Peer.message(100), count: count)
    let runtime = try Runtime(.scripted(ScriptedServer { _ in .messages(messages) }))
    let client = BoundClient(runtime.session(account: .guest), policy: policy)
    let feed = BoundMethod<[UInt8], [UInt8]>(Place.feed, encode: { $0 }, decode: { $0 })
    var times: [Duration] = []
    let clock = ContinuousClock()
    for _ in 0..<20 {
        var items = client.serverStream(feed, Peer.message(1), CallOptions()).makeAsyncIterator()
        _ = try await items.next()
        let begun = clock.now
        while try await items.next() != nil {}
        times.append((clock.now - begun) / (count - 1))
    }
    await runtime.shutdown()
    return median(times)
}

func items(_ client: BoundClient) async throws -> Duration {
    let feed = BoundMethod<[UInt8], [UInt8]>(Place.feed, encode: { $0 }, decode: { $0 })
    var items = client.serverStream(feed, Peer.message(1), CallOptions()).makeAsyncIterator()
    for _ in 0..<1_000 { _ = try await items.next() }
    var times: [Duration] = []
    let clock = ContinuousClock()
    for _ in 0..<20 {
        let begun = clock.now
        for _ in 0..<10_000 { _ = try await items.next() }
        times.append((clock.now - begun) / 10_000)
    }
    return median(times)
}

let policyFile = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../../../tests/vectors/api.policy")
let policy = Array(try Data(contentsOf: policyFile.standardizedFileURL))
let peer = try Peer()
var configuration = Runtime.Configuration(endpoints: [Endpoint("peer", url: peer.url, isPlainText: true)])
configuration.transport = .rust
configuration.observesPlatform = false

let runtime = try Runtime(configuration)
let client = BoundClient(runtime.session(account: .guest), policy: policy)
let asBytes = BoundMethod<[UInt8], [UInt8]>(Place.leg, encode: { $0 }, decode: { $0 })
let asRides = BoundMethod<[UInt8], Ride>(Place.leg, encode: { $0 }, decode: { Ride(serializedBytes: $0) })

for (size, name) in [(100, "100 B"), (10_000, "10 kB")] {
    let text = Array("\(size)".utf8)
    let request: [UInt8] = [10, UInt8(text.count)] + text
    let answer = try await client.unary(asBytes, request, CallOptions(), isolation: #isolation)
    precondition(answer.value == Peer.message(size), "the peer answers what it was asked for")

    let onMain = try await time {
        let hit = try await client.unary(asBytes, request, CallOptions(), isolation: #isolation)
        precondition(hit.source == .cache)
    }
    bar("Swift: hit of \(name) from the main actor", onMain, atMost: .microseconds(1))
    let inBackground = try await Task.detached { [client, asBytes] in
        try await hitInBackground(client, asBytes, request)
    }.value
    bar("Swift: hit of \(name) from a background task", inBackground, atMost: .microseconds(1))

    let decoded = try await Task.detached { [client, asRides] in
        try await hitInBackground(client, asRides, request)
    }.value
    let alone = await Task.detached { await decoding(answer.value, size) }.value
    print("Swift: hit of \(name) with decoding: \(words(decoded)), \(String(format: "%.1f", decoded / alone)) times decoding alone (\(words(alone)))")
}

let item = try await Task.detached { [policy] in try await burst(policy) }.value
bar("Swift: item of a stream", item, atMost: .microseconds(5))
let carried = try await Task.detached { [client] in try await items(client) }.value
print("Swift: item of a stream on loopback: \(words(carried))")
await runtime.shutdown()

var times: [Duration] = []
for _ in 0..<200 {
    let clock = ContinuousClock()
    let begun = clock.now
    let made = try Runtime(configuration)
    times.append(clock.now - begun)
    _ = made
}
bar("Swift: constructor", median(times), atMost: .milliseconds(1))

exit(missed == 0 || CommandLine.arguments.contains("--print") ? 0 : 1)
