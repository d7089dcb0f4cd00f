#if canImport(UIKit) && !os(watchOS)
    import Foundation

    /// The app's coming and going, and warnings of the system that memory is scarce. By the notifications' names, so that
    /// app extensions, which have no `UIApplication`, can have it too.
    final class LifecycleObserver: PlatformObserver, @unchecked Sendable {
        private let tokens: [any NSObjectProtocol]

        init(_ runtime: NativeRuntime) {
            let told: [(String, Hint)] = [
                ("UIApplicationDidEnterBackgroundNotification", .appState(.background)),
                ("UIApplicationWillEnterForegroundNotification", .appState(.foreground)),
                ("UIApplicationDidReceiveMemoryWarningNotification", .memoryPressure),
            ]
            tokens = told.map { name, hint in
                NotificationCenter.default.addObserver(
                    forName: Notification.Name(name), object: nil, queue: nil
                ) { [weak runtime] _ in
                    runtime?.hint(hint)
                }
            }
        }

        deinit {
            for token in tokens { NotificationCenter.default.removeObserver(token) }
        }
    }
#endif
