// A ride-pricing app on a bad network: starts a real server on loopback, and breaks it step by step.
//
//     cargo xtask example swift
//
// Exits with an error if a step did not do what it says.

import Foundation
import Holdover

/// Tells the whole story, in about half a minute. Whether every step did what it says.
@MainActor
func tell() async throws -> Bool {
    let stage = try Stage()
    defer { try? FileManager.default.removeItem(at: stage.folder) }
    stage.app.runtime.setPlatform(wifi)
    stage.narrator.say("ride-pricing: a tonic server at \(stage.server.url), a Holdover client in Swift, a disk cache.")
    stage.narrator.say(
        "Each answer says: where it came from, how old it may be called, how complete it is, and what it says.")
    try await stage.coldCall()
    try await stage.repeatFromMemory()
    try await stage.staleThenRefreshed()
    try await stage.readYourWrites()
    try await stage.serverDown()
    try await stage.captivePortal()
    try await stage.tokenRefresh()
    try await stage.requiredFieldMissing()
    do {
        var prices = try await stage.pricesOpened()
        try await stage.pricesPutAway(&prices)
        try await stage.pricesCut(&prices)
    }
    try await stage.pricesOpenedAgain()
    try await stage.poorNetworkNoticed()
    try await stage.poorNetworkWithholds()
    try await stage.poorNetworkRecovers()
    do {
        var screens = try await stage.airplaneMode()
        try await stage.expired(&screens)
        try await stage.nothingToShow()
        try await stage.landed(&screens)
    }
    try await stage.processRestart()
    try await stage.signOut()
    return stage.narrator.end()
}

do {
    let arguments = Array(CommandLine.arguments.dropFirst())
    if arguments.count == 3, arguments[0] == "--restarted" {
        // How the story starts the app a second time, in a process of its own.
        try await Restarted.run(url: arguments[1], folder: arguments[2])
        exit(0)
    }
    // Something that must happen did not.
    let patience = Task {
        try await Task.sleep(for: .seconds(180))
        print("\nride-pricing: a step waits in vain")
        exit(1)
    }
    let kept = try await tell()
    patience.cancel()
    exit(kept ? 0 : 1)
} catch {
    FileHandle.standardError.write(Data("\nride-pricing: \(error)\n".utf8))
    exit(1)
}
