#if canImport(Network)
    import Foundation
    import Network

    /// Reachability, by the system's path monitor.
    final class PathObserver: PlatformObserver, @unchecked Sendable {
        private let monitor = NWPathMonitor()

        init(_ runtime: NativeRuntime) {
            monitor.pathUpdateHandler = { [weak runtime] path in
                runtime?.hint(.platform(Platform(path)))
            }
            monitor.start(queue: DispatchQueue(label: "dev.holdover.path"))
        }

        deinit {
            monitor.cancel()
        }
    }

    extension Platform {
        fileprivate init(_ path: NWPath) {
            let reachability: Reachability =
                switch path.status {
                case .satisfied: .reachable
                case .unsatisfied: .unreachable
                // A connection may bring it up, such as a VPN on demand.
                default: .unknown
                }
            // Which generation a mobile network is of, the path does not say.
            let interface: Interface =
                if path.usesInterfaceType(.wifi) {
                    .wifi
                } else if path.usesInterfaceType(.wiredEthernet) {
                    .ethernet
                } else {
                    .unknown
                }
            // Another interface or another gateway is another network.
            var hasher = Hasher()
            hasher.combine(path.availableInterfaces.first?.index)
            hasher.combine(path.gateways)
            let number = UInt64(UInt(bitPattern: hasher.finalize()))
            self.init(
                reachability: reachability, interface: interface, path: number, savesData: path.isConstrained)
        }
    }
#endif
