//! What the platform says: of the app, and of the network.

use holdover_engine::{AppState, Input, Interface, Platform, Reachability};

use super::Rig;

impl Rig {
    pub(crate) fn app(&mut self, state: AppState) {
        self.input(Input::App(state));
    }

    pub(crate) fn reachability(&mut self, reachability: Reachability) {
        self.input(Input::Platform(Platform { reachability, ..Platform::default() }));
    }

    /// A network that reaches out, over this path.
    pub(crate) fn on_path(&mut self, path: u64) {
        let reachability = Reachability::Reachable;
        let platform = Platform { reachability, interface: Interface::Wifi, path, ..Platform::default() };
        self.input(Input::Platform(platform));
    }
}
