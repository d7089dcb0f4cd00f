//! Sealing over the disk cache: what a reader of the files finds, and what the next process does (rules E1, J4).
#![allow(clippy::unwrap_used, reason = "tests unwrap")]

use std::path::Path;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::FutureExt as _;
use holdover::binding::Client;
use holdover::{Account, Anonymous, Event, KeyError, KeyProvider, Protocol, Runtime, Source};
use holdover_annotations::policy::PolicySet;
use holdover_testkit::clock::ManualClock;
use holdover_testkit::network::{Reply, ScriptedNetwork};
use prost::Message;

const SECRET: &str = "half price on Mondays";

#[derive(Clone, PartialEq, Message)]
struct RideRequest {
    #[prost(string, tag = "1")]
    ride_id: String,
}

#[derive(Clone, PartialEq, Message)]
struct Ride {
    #[prost(string, optional, tag = "1")]
    id: Option<String>,
}

/// A platform with a key of one byte.
#[derive(Clone, Copy)]
struct Platform(u8);

impl KeyProvider for Platform {
    fn wrap(&self, key: &[u8]) -> Result<Vec<u8>, KeyError> {
        Ok([&[self.0], &*key.iter().map(|byte| byte ^ self.0).collect::<Vec<u8>>()].concat())
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<Vec<u8>, KeyError> {
        match wrapped.split_first() {
            Some((known, key)) if *known == self.0 => Ok(key.iter().map(|byte| byte ^ self.0).collect()),
            _ => Err(KeyError::Lost("another device's".into())),
        }
    }
}

/// The vectors' API; the answers of its first method, `Quote`, are sensitive or not.
fn policy(sensitive: bool) -> &'static [u8] {
    let mut set = PolicySet::decode(&include_bytes!("../../../tests/vectors/api.policy")[..]).unwrap();
    set.methods[0].sensitive_response = sensitive;
    Vec::leak(set.encode_to_vec())
}

/// A process that asks for a quote. Returns where it came from, and whether something was given up.
fn ask(folder: &Path, sensitive: bool, platform: Option<Platform>) -> (Source, bool) {
    let body = Bytes::from(Ride { id: Some(SECRET.into()) }.encode_to_vec());
    let lost: Arc<Mutex<bool>> = Arc::default();
    let log = lost.clone();
    let mut builder = Runtime::builder()
        .plain_text_endpoint("test", "http://rides.invalid", Protocol::Connect)
        .store(folder)
        .transport(ScriptedNetwork::new(move |_| Reply::Ok(body.clone())))
        .clock(ManualClock::new())
        .on_event(move |event, _| *log.lock().unwrap() |= *event == Event::PartitionLost);
    if let Some(platform) = platform {
        builder = builder.key_provider(platform);
    }
    let (runtime, mut driver) = builder.build_inline().unwrap();
    let rides = Client::bind(&runtime.session(Account::user("u-1"), Anonymous), policy(sensitive)).unwrap();
    let mut call = rides.unary::<_, Ride>(0, &RideRequest { ride_id: "r-1".into() });
    let answer = loop {
        if let Some(answer) = (&mut call).now_or_never() {
            break answer.unwrap();
        }
        driver.run();
    };
    assert_eq!(answer.value.id.as_deref(), Some(SECRET));
    driver.run();
    assert!(runtime.shutdown().now_or_never().is_some(), "an inline store is closed at once");
    let lost = *lost.lock().unwrap();
    (answer.source(), lost)
}

fn on_disk(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        bytes.windows(SECRET.len()).any(|part| part == SECRET.as_bytes())
    })
}

#[test]
fn without_a_key_payloads_are_readable_and_sensitive_ones_stay_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(ask(folder.path(), false, None), (Source::Network, false));
    assert!(on_disk(folder.path()), "the search finds what is there");
    assert_eq!(ask(folder.path(), false, None), (Source::Cache, false));
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        assert_eq!(ask(folder.path(), true, None), (Source::Network, false));
        assert!(!on_disk(folder.path()));
    }
}

#[test]
fn with_a_key_everything_is_stored_and_nothing_is_readable() {
    for sensitive in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(ask(folder.path(), sensitive, Some(Platform(7))), (Source::Network, false));
        assert!(!on_disk(folder.path()));
        assert_eq!(ask(folder.path(), sensitive, Some(Platform(7))), (Source::Cache, false));
        // Restored on another device: given up, reported, made anew.
        assert_eq!(ask(folder.path(), sensitive, Some(Platform(8))), (Source::Network, true));
        assert_eq!(ask(folder.path(), sensitive, Some(Platform(8))), (Source::Cache, false));
        assert!(!on_disk(folder.path()));
    }
}

#[test]
fn what_was_written_in_the_clear_is_overwritten_when_a_key_comes() {
    let folder = tempfile::tempdir().unwrap();
    ask(folder.path(), false, None);
    assert!(on_disk(folder.path()));
    assert_eq!(ask(folder.path(), false, Some(Platform(7))), (Source::Network, true));
    assert!(!on_disk(folder.path()), "neither in the file nor in its journal");
    assert_eq!(ask(folder.path(), false, None), (Source::Network, true), "and the reverse is made anew, too");
    assert_eq!(ask(folder.path(), false, None), (Source::Cache, false));
}
