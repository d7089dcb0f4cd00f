//! The server of random scripts: what it answers, and how it fails.

use std::collections::BTreeMap;

use holdover_testkit::vector::{Answer, Breakage, Fail, Message};

/// A request that waits for its answer.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Its number.
    pub n: u64,
    pub(crate) method: String,
    pub(crate) ride: String,
    pub(crate) metadata: BTreeMap<String, String>,
}

/// A message of short text fields.
pub(crate) fn body(fields: &[(u8, &str)]) -> Message {
    let mut bytes = Vec::new();
    for (number, text) in fields {
        bytes.extend([number << 3 | 2, u8::try_from(text.len()).expect("texts of scripts are short")]);
        bytes.extend(text.as_bytes());
    }
    Message(bytes)
}

/// What a server says. Its values tell whose credentials it saw, so that what crosses accounts shows.
pub(crate) fn answer(sent: &Waiting, server: u8) -> Answer {
    let whose = sent
        .metadata
        .get("authorization")
        .map_or("device", |value| value.split(':').next().unwrap_or_default());
    let id = format!("{whose}:{}", sent.n);
    let driver = if sent.ride == "r1" { "d1" } else { "d2" };
    let asked_reduced = sent.metadata.contains_key("holdover-detail");
    let trimmed_method = ["Trip", "Leg"].contains(&sent.method.as_str());
    let mut metadata = BTreeMap::new();
    let mut fields = vec![(1, id.as_str())];
    if trimmed_method && (!asked_reduced || server.is_multiple_of(4)) {
        fields.push((4, "note"));
    }
    fields.push((5, driver));
    match server % 16 {
        1 if asked_reduced => {
            metadata.insert(
                "holdover-detail-applied".to_owned(),
                format!("reduced; plan={{plan {}}}", sent.method),
            );
        }
        2 if asked_reduced => {
            metadata.insert("holdover-detail-applied".to_owned(), "full".to_owned());
        }
        5 => {
            metadata.insert("age".to_owned(), "4".to_owned());
        }
        6 => {
            metadata.insert("age".to_owned(), "100".to_owned());
        }
        // A REQUIRED field is missing.
        7 => fields = vec![(5, driver)],
        _ => {}
    }
    Answer { send: sent.n, body: body(&fields), metadata, trailers: BTreeMap::new() }
}

pub(crate) fn failure(send: u64, how: u8) -> Fail {
    let fail = Fail { send, ..Fail::default() };
    let status = |code: &str| Fail { status: Some(code.into()), ..fail.clone() };
    let unavailable = |name: &str, value: &str| Fail {
        metadata: BTreeMap::from([(name.to_owned(), value.to_owned())]),
        ..status("UNAVAILABLE")
    };
    match how % 18 {
        0 => status("UNAVAILABLE"),
        1 => status("DEADLINE_EXCEEDED"),
        2 => status("INTERNAL"),
        3 => status("NOT_FOUND"),
        4 => status("PERMISSION_DENIED"),
        5 => status("INVALID_ARGUMENT"),
        6 | 7 => status("UNAUTHENTICATED"),
        8 => Fail { transport: Some(Breakage::Connect), ..fail },
        9 => Fail { transport: Some(Breakage::Broken), ..fail },
        10 => Fail { transport: Some(Breakage::TooLarge), ..fail },
        11 => Fail { intercepted: Some(200), ..fail },
        12 => Fail { intercepted: Some(403), ..fail },
        13 => unavailable("grpc-retry-pushback-ms", "700"),
        14 => unavailable("grpc-retry-pushback-ms", "-1"),
        15 => unavailable("retry-after", "3"),
        16 => Fail { intercepted: Some(503), ..fail },
        _ => status("ABORTED"),
    }
}
