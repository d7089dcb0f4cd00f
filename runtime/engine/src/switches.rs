//! What is turned off, also as bytes that outlive the process (rule J5).

use std::collections::BTreeSet;

use bytes::Bytes;

use crate::error::Error;
use crate::method::{Method, Off};
use crate::store::MAX_SWITCHES;

/// What can be turned off: each moves calls towards plain ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Nothing is read from or stored in the cache.
    Cache,
    /// Nothing is trimmed.
    Detail,
    /// Nothing is queued.
    Outbox,
    /// No last message is kept, and no stream is shared or opened again.
    Replay,
}

/// A part that is off.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Switch {
    /// Which part.
    pub part: Part,
    /// For which methods ("pricing.v1.Pricing/GetQuote"); `None`: for all.
    pub methods: Option<Vec<String>>,
}

/// The format. A newer one would be another number.
const FORMAT: u8 = 1;

/// Which parts of a method are off, of all that is turned off.
pub(crate) fn off(switches: &[Switch], method: &Method) -> Off {
    let name = method.full_name();
    let is_off = |part| {
        switches.iter().any(|switch| {
            let is_meant = |methods: &Vec<String>| methods.iter().any(|method| method == name);
            switch.part == part && switch.methods.as_ref().is_none_or(is_meant)
        })
    };
    Off { cache: is_off(Part::Cache), detail: is_off(Part::Detail), replay: is_off(Part::Replay) }
}

/// The names of methods in switches that are not among those that there are.
pub(crate) fn unknown(switches: &[Switch], is_known: impl Fn(&str) -> bool) -> Vec<&str> {
    let names = switches.iter().flat_map(|switch| switch.methods.iter().flatten());
    let unknown: BTreeSet<&str> = names.map(String::as_str).filter(|name| !is_known(name)).collect();
    unknown.into_iter().collect()
}

/// Tells people of names that are of no method, and of those that there are.
pub(crate) fn tell_unknown(unknown: &[&str], known: &[&str]) -> String {
    let service_of = |name: &str| name.split_once('/').map(|(service, _)| service.to_owned());
    let services: BTreeSet<Option<String>> = unknown.iter().map(|name| service_of(name)).collect();
    let of_service: Vec<&str> =
        known.iter().copied().filter(|name| services.contains(&service_of(name))).collect();
    let candidates = if of_service.is_empty() { known } else { &of_service };
    let is_are = if unknown.len() == 1 { "is no method" } else { "are no methods" };
    format!(
        "{} {is_are} of the policies that are bound: correct what is turned off, unless a policy that is bound later has it. There are {}",
        listed(unknown, 5),
        listed(candidates, 20)
    )
}

/// Names for people, at most so many of them.
fn listed(names: &[&str], most: usize) -> String {
    let quoted =
        names.iter().take(most).map(|name| format!("{:?}", name.chars().take(200).collect::<String>()));
    let mut text = quoted.collect::<Vec<String>>().join(", ");
    if names.len() > most {
        text.push_str(&format!(" and {} more", names.len() - most));
    }
    text
}

/// Writes switches down: the format, then each with its part, whether it names methods, and those, length-prefixed.
///
/// # Errors
/// MISUSE if a name is not that of a method, or there are too many.
pub(crate) fn encode(switches: &[Switch]) -> Result<Bytes, Error> {
    if switches.is_empty() {
        return Ok(Bytes::new());
    }
    let mut out = vec![FORMAT];
    for switch in switches {
        out.push(match switch.part {
            Part::Cache => 0,
            Part::Detail => 1,
            Part::Outbox => 2,
            Part::Replay => 3,
        });
        match &switch.methods {
            None => out.push(0),
            Some(methods) => {
                out.push(1);
                out.extend_from_slice(&u32::try_from(methods.len()).unwrap_or(u32::MAX).to_be_bytes());
                methods.iter().try_for_each(|method| encode_name(&mut out, method))?;
            }
        }
        if out.len() > MAX_SWITCHES {
            return Err(Error::misuse(format!(
                "what is turned off takes more than {MAX_SWITCHES} bytes: name fewer methods, or turn parts off for all of them"
            )));
        }
    }
    Ok(out.into())
}

fn encode_name(out: &mut Vec<u8>, name: &str) -> Result<(), Error> {
    let is_name = name
        .split_once('/')
        .is_some_and(|(service, method)| !service.is_empty() && !method.is_empty() && !method.contains('/'));
    let Some(length) = u16::try_from(name.len()).ok().filter(|_| is_name) else {
        return Err(Error::misuse(format!(
            "{:?} is not the full name of a method: write it as \"pricing.v1.Pricing/GetQuote\"",
            name.chars().take(200).collect::<String>()
        )));
    };
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(name.as_bytes());
    Ok(())
}

/// Reads switches. A part that this runtime does not know is left out: there is nothing of it to turn off. `None`: these
/// bytes are no switches.
pub(crate) fn decode(bytes: &[u8]) -> Option<Vec<Switch>> {
    let mut switches = Vec::new();
    let Some((format, mut rest)) = bytes.split_first() else { return Some(switches) };
    if *format != FORMAT || bytes.len() > MAX_SWITCHES {
        return None;
    }
    while !rest.is_empty() {
        let [part, names] = take(&mut rest)?;
        let methods = match names {
            0 => None,
            1 => {
                let count = u32::from_be_bytes(take(&mut rest)?);
                let mut methods = Vec::new();
                for _ in 0..count {
                    let length = u16::from_be_bytes(take(&mut rest)?);
                    let (name, after) = rest.split_at_checked(length.into())?;
                    rest = after;
                    methods.push(std::str::from_utf8(name).ok()?.to_owned());
                }
                Some(methods)
            }
            _ => return None,
        };
        let part = match part {
            0 => Part::Cache,
            1 => Part::Detail,
            2 => Part::Outbox,
            3 => Part::Replay,
            _ => continue,
        };
        switches.push(Switch { part, methods });
    }
    Some(switches)
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(*taken)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn switch() -> impl Strategy<Value = Switch> {
        let part = prop::sample::select(vec![Part::Cache, Part::Detail, Part::Outbox, Part::Replay]);
        let methods = prop::option::of(prop::collection::vec("[a-z.]{1,20}/[A-Z]{1,9}", 0..4));
        (part, methods).prop_map(|(part, methods)| Switch { part, methods })
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: proptest::test_runner::RngSeed::Fixed(31),
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn what_is_written_is_read(switches in prop::collection::vec(switch(), 0..6)) {
            prop_assert_eq!(decode(&encode(&switches).unwrap()), Some(switches));
        }

        #[test]
        fn no_bytes_are_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..60), cut in 0..60usize, switches in prop::collection::vec(switch(), 0..6)) {
            let _ = decode(&bytes);
            let written = encode(&switches).unwrap();
            let _ = decode(&written[..cut.min(written.len())]);
        }
    }

    #[test]
    fn names_and_sizes_are_checked() {
        let of = |methods: Vec<String>| encode(&[Switch { part: Part::Cache, methods: Some(methods) }]);
        for name in ["", "Quote", "/", "a/", "/b", "a/b/c"] {
            of(vec![name.to_owned()]).unwrap_err();
        }
        of(vec![format!("a/{}", "b".repeat(70_000))]).unwrap_err();
        of((0..10_000).map(|n| format!("service/{n}")).collect()).unwrap_err();
        of((0..1000).map(|n| format!("service/{n}")).collect()).unwrap();
        assert_eq!(decode(&[2, 0, 0]), None, "another format");
        assert_eq!(decode(&[1, 9, 0, 0, 0]), Some(vec![Switch { part: Part::Cache, methods: None }]));
        assert_eq!(decode(&[1, 0, 1, 255, 255, 255, 255]), None);
    }
}
