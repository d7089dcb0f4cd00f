//! What a network is taken for before it has been used.

use std::time::Duration;

use crate::network::{Estimate, Interface};

/// The typical network of an interface type: Chromium's default observations of HTTP round-trip time and downlink
/// (`ObtainDefaultObservations` in `net/nqe/network_quality_estimator_params.cc`). Chromium has none for 5G, which is
/// taken for 4G, and one for a type that the platform does not say, which is not used: nothing is known then.
pub(super) fn prior(interface: Interface) -> Option<Estimate> {
    let (ms, kbps) = match interface {
        Interface::Unknown => return None,
        Interface::Ethernet => (90, 1456),
        Interface::Wifi => (116, 2658),
        Interface::Cellular2g => (1726, 74),
        Interface::Cellular3g => (273, 749),
        Interface::Cellular4g | Interface::Cellular5g => (137, 1708),
        Interface::Bluetooth => (385, 476),
    };
    Some(Estimate { request_time: Some(Duration::from_millis(ms)), downlink_kbps: Some(kbps) })
}
