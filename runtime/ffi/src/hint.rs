//! Facts that hosts tell a runtime.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use holdover_client::{AppState, Estimate, Interface, Platform, Quality, Reachability};

use crate::boundary::{self, hint};
use crate::guard::Refusal;
use crate::message::{self, unknown};
use crate::runtime::HostRuntime;
use crate::session;

/// Takes in an encoded hint.
pub(crate) fn take_in(host: &Arc<HostRuntime>, hint: &Bytes) -> Result<(), Refusal> {
    let hint: boundary::Hint = message::read(hint, "Hint")?;
    let runtime = host.runtime();
    match hint.hint {
        None => return Err(Refusal::misuse("the Hint says nothing: set one of its members")),
        Some(hint::Hint::Platform(said)) => runtime.set_platform(platform(&said)?),
        Some(hint::Hint::AppState(state)) => {
            let state = match boundary::AppState::try_from(state) {
                Ok(boundary::AppState::Foreground) => AppState::Foreground,
                Ok(boundary::AppState::Background) => AppState::Background,
                Err(_) => return Err(unknown("app state", state)),
            };
            runtime.set_app_state(state);
        }
        Some(hint::Hint::PinQuality(quality)) => {
            runtime.set_quality(Quality::try_from(quality).map_err(|_| unknown("quality", quality))?);
        }
        Some(hint::Hint::OwnEstimate(estimate)) => {
            let boundary::OwnEstimate { none, request_time_us, downlink_kbps } = estimate;
            let request_time = request_time_us.map(Duration::from_micros);
            runtime.set_estimate((!none).then_some(Estimate { request_time, downlink_kbps }));
        }
        Some(hint::Hint::SaveData(save_data)) => runtime.set_save_data(save_data),
        Some(hint::Hint::MemoryPressure(_)) => runtime.memory_pressure(),
        Some(hint::Hint::Resume(_)) => runtime.resume(),
        Some(hint::Hint::SetMetadata(set)) => {
            session::find_of(set.session, host)?.set_metadata(&set.name, set.value)?;
        }
        Some(hint::Hint::ReplaceMetadata(replaced)) => {
            let session = session::find_of(replaced.session, host)?;
            session.replace_metadata(message::metadata(replaced.metadata)?);
        }
        Some(hint::Hint::CredentialsChanged(session)) => {
            session::find_of(session, host)?.credentials_changed();
        }
    }
    Ok(())
}

fn platform(said: &boundary::Platform) -> Result<Platform, Refusal> {
    let reachability = match boundary::Reachability::try_from(said.reachability) {
        Ok(boundary::Reachability::Unknown) => Reachability::Unknown,
        Ok(boundary::Reachability::Reachable) => Reachability::Reachable,
        Ok(boundary::Reachability::Unreachable) => Reachability::Unreachable,
        Err(_) => return Err(unknown("reachability", said.reachability)),
    };
    let interface = match boundary::Interface::try_from(said.interface) {
        Ok(boundary::Interface::Unknown) => Interface::Unknown,
        Ok(boundary::Interface::Ethernet) => Interface::Ethernet,
        Ok(boundary::Interface::Wifi) => Interface::Wifi,
        Ok(boundary::Interface::Cellular2g) => Interface::Cellular2g,
        Ok(boundary::Interface::Cellular3g) => Interface::Cellular3g,
        Ok(boundary::Interface::Cellular4g) => Interface::Cellular4g,
        Ok(boundary::Interface::Cellular5g) => Interface::Cellular5g,
        Ok(boundary::Interface::Bluetooth) => Interface::Bluetooth,
        Err(_) => return Err(unknown("interface", said.interface)),
    };
    Ok(Platform { reachability, interface, path: said.path, save_data: said.save_data })
}
