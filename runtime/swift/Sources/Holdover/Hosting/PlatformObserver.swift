import Foundation

/// Tells a runtime something of the platform's, for as long as it lives.
protocol PlatformObserver: Sendable {}

/// What this platform has to tell. Observers do not keep the runtime alive.
func platformObservers(_ runtime: NativeRuntime) -> [any PlatformObserver] {
    var observers: [any PlatformObserver] = []
    #if canImport(Network)
        observers.append(PathObserver(runtime))
    #endif
    #if canImport(UIKit) && !os(watchOS)
        observers.append(LifecycleObserver(runtime))
    #endif
    return observers
}
