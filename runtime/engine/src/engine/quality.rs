//! What the network is like (section H).

use std::time::Duration;

use super::Engine;
use crate::network::{AttemptId, Estimate, Platform, Quality, Reachability};

impl Engine {
    /// What the platform says of the network has changed.
    pub(super) fn platform_changed(&mut self, platform: Platform) {
        self.network.save_data = platform.save_data;
        if platform.reachability == Reachability::Unreachable {
            self.network.quality = Quality::Offline;
        }
        self.restore_observers();
    }

    /// The app says how good the network is.
    pub(super) fn pin_quality(&mut self, quality: Option<Quality>) {
        self.network.quality = quality.unwrap_or(Quality::Unspecified);
        self.restore_observers();
    }

    /// The app has an estimate of its own.
    pub(super) fn own_estimate(&mut self, _estimate: Option<Estimate>) {}

    /// Bytes of a response have arrived.
    pub(super) fn progress(&mut self, _attempt: AttemptId) {}

    /// So many bytes of a response have arrived in so much time.
    pub(super) fn transferred(&mut self, _attempt: AttemptId, _bytes: u64, _over: Duration) {}
}
