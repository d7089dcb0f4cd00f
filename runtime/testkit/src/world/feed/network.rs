//! Hints about the network, measurements and probes.

use holdover_engine::{AttemptId, Estimate, Input, Interface, Reachability};

use super::{account, attempt, broken, duration, intercepted};
use crate::vector::{HintKind, In};
use crate::world::{World, show};

pub(super) fn hint(world: &mut World, hint: &HintKind) -> Result<(), String> {
    match hint {
        HintKind::Quality(class) => {
            world.pinned = show::pinned(class)?;
            return world.handle(Input::PinQuality(world.pinned));
        }
        HintKind::Estimate(numbers) => {
            let estimate = numbers.as_ref().map(|numbers| {
                Ok::<_, String>(Estimate {
                    request_time: numbers.request_time.map(|span| duration(span.0)).transpose()?,
                    downlink_kbps: numbers.downlink,
                })
            });
            return world.handle(Input::OwnEstimate(estimate.transpose()?));
        }
        HintKind::Credentials(name) => {
            let session = world.sessions.get(name).ok_or_else(|| format!("there is no session `{name}`"))?;
            let account = account(&session.config.account()?);
            return world.handle(Input::CredentialsChanged { account });
        }
        HintKind::DataSaver(on) => world.platform.save_data = *on,
        HintKind::Reachable(way_out) => {
            world.platform.reachability = match way_out {
                None => Reachability::Unknown,
                Some(true) => Reachability::Reachable,
                Some(false) => Reachability::Unreachable,
            };
        }
        HintKind::Interface(name) => world.platform.interface = interface(name)?,
        HintKind::Path(path) => world.platform.path = *path,
    }
    world.handle(Input::Platform(world.platform))
}

fn interface(name: &str) -> Result<Interface, String> {
    Ok(match name {
        "UNKNOWN" => Interface::Unknown,
        "ETHERNET" => Interface::Ethernet,
        "WIFI" => Interface::Wifi,
        "CELLULAR_2G" => Interface::Cellular2g,
        "CELLULAR_3G" => Interface::Cellular3g,
        "CELLULAR_4G" => Interface::Cellular4g,
        "CELLULAR_5G" => Interface::Cellular5g,
        "BLUETOOTH" => Interface::Bluetooth,
        other => return Err(format!("`{other}` is no type of interface")),
    })
}

pub(super) fn feed(world: &mut World, input: &In) -> Result<(), String> {
    match input {
        In::Progress(progress) => {
            let attempt = attempt(world, progress.send)?;
            world.handle(Input::Progress { attempt })
        }
        In::Transferred(transferred) => {
            let attempt = attempt(world, transferred.send)?;
            let over = duration(transferred.over.0)?;
            world.handle(Input::Transferred { attempt, bytes: transferred.bytes, over })
        }
        In::Contact(contact) => {
            let attempt = probe(world, contact.probe)?;
            world.handle(Input::Contact { attempt })
        }
        In::NoContact(failed) => {
            let attempt = probe(world, failed.probe)?;
            let failure = match (failed.transport, failed.intercepted) {
                (Some(breakage), None) => broken(breakage),
                (None, Some(http)) => intercepted(http),
                _ => return Err("a failed probe has one of `transport` and `intercepted`".into()),
            };
            world.handle(Input::Failed { attempt, failure })
        }
        _ => Err("this is no input about the network".into()),
    }
}

fn probe(world: &World, n: u64) -> Result<AttemptId, String> {
    let mut probes = world.process.probes.iter();
    let found = probes.find(|(_, number)| **number == n);
    found.map(|(attempt, _)| *attempt).ok_or_else(|| format!("probe {n} was not sent by this process"))
}
