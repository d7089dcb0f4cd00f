//! The numbers of the boundary in the words of stories, and the reverse.

use std::collections::BTreeMap;

use holdover_client::{Code, ErrorKind};
use holdover_ffi::abi::*;
use holdover_testkit::live::{self, Call, ErrorReport};
use prost::Message as _;

use crate::boundary;

const MS: u64 = 1_000_000;

const KINDS: [ErrorKind; 13] = [
    ErrorKind::Offline,
    ErrorKind::Unreachable,
    ErrorKind::Timeout,
    ErrorKind::Intercepted,
    ErrorKind::Unavailable,
    ErrorKind::Rejected,
    ErrorKind::SignInRequired,
    ErrorKind::SignedOut,
    ErrorKind::Unusable,
    ErrorKind::ScopeBlocked,
    ErrorKind::Storage,
    ErrorKind::TooLarge,
    ErrorKind::Misuse,
];

pub(crate) fn source(number: u8) -> &'static str {
    match number {
        HOLDOVER_SOURCE_NETWORK => "NETWORK",
        HOLDOVER_SOURCE_CACHE => "CACHE",
        HOLDOVER_SOURCE_REPLAY => "REPLAY",
        other => panic!("there is no source {other}"),
    }
}

pub(crate) fn freshness(number: u8) -> &'static str {
    match number {
        HOLDOVER_FRESH => "FRESH",
        HOLDOVER_STALE => "STALE",
        HOLDOVER_EXPIRED => "EXPIRED",
        other => panic!("there is no freshness {other}"),
    }
}

pub(crate) fn error(encoded: &[u8]) -> ErrorReport {
    let error = boundary::Error::decode(encoded).unwrap();
    let kind = KINDS.into_iter().find(|kind| kind.number() == error.kind).unwrap();
    let code = error.status.as_ref().map(|status| Code::from_number(status.code));
    ErrorReport {
        kind: kind.name().to_owned(),
        code: code.map(|code| code.name().to_owned()),
        paths: error.paths,
        retry_after: error.retry_after_ms.map(|ms| ms * MS),
        will_retry: error.will_retry,
        message: error.status.map(|status| status.message),
    }
}

pub(crate) fn options(call: &Call) -> Vec<u8> {
    boundary::CallOptions {
        timeout_ms: call.timeout.map(|nanos| nanos / MS),
        metadata: headers(&call.metadata),
        cache: match call.cache.as_str() {
            "default" => boundary::CacheMode::Default,
            "cache_only" => boundary::CacheMode::CacheOnly,
            "network_only" => boundary::CacheMode::NetworkOnly,
            "max_age" => boundary::CacheMode::MaxAge,
            other => panic!("there is no cache mode {other}"),
        }
        .into(),
        max_age_ms: call.max_age.unwrap_or_default() / MS,
        full_detail: call.full,
        priority: match call.priority.as_deref() {
            None => boundary::Priority::Default,
            Some("BACKGROUND") => boundary::Priority::Background,
            Some("INTERACTIVE") => boundary::Priority::Interactive,
            Some(other) => panic!("there is no priority {other}"),
        }
        .into(),
    }
    .encode_to_vec()
}

pub(crate) fn headers(metadata: &BTreeMap<String, String>) -> Vec<boundary::Header> {
    let header = |(name, value): (&String, &String)| boundary::Header {
        name: name.clone(),
        value: value.clone().into_bytes().into(),
    };
    metadata.iter().map(header).collect()
}

pub(crate) fn tag(parts: &[live::TagPart]) -> Vec<boundary::TagPart> {
    use boundary::tag_part::Part;
    let part = |part: &live::TagPart| match part {
        live::TagPart::Literal(text) => Part::Literal(text.clone()),
        live::TagPart::Value(json) => match serde_json::from_str(json).unwrap() {
            serde_json::Value::String(text) => Part::Text(text),
            serde_json::Value::Bool(is) => Part::Boolean(is),
            serde_json::Value::Number(number) => Part::Signed(number.as_i64().unwrap()),
            other => panic!("{other} is no value of a field"),
        },
    };
    parts.iter().map(|each| boundary::TagPart { part: Some(part(each)) }).collect()
}

pub(crate) fn switch(switch: &live::Switch) -> boundary::Switch {
    boundary::Switch {
        part: match switch.part.as_str() {
            "cache" => boundary::Part::Cache,
            "detail" => boundary::Part::Detail,
            "outbox" => boundary::Part::Outbox,
            "replay" => boundary::Part::Replay,
            other => panic!("there is no part {other}"),
        }
        .into(),
        methods: switch.methods.clone().unwrap_or_default(),
        some_methods: switch.methods.is_some(),
    }
}

pub(crate) fn quality(class: Option<&str>) -> i32 {
    let name = format!("QUALITY_{}", class.unwrap_or("UNSPECIFIED"));
    boundary::Quality::from_str_name(&name).unwrap().into()
}

pub(crate) fn platform(known: &live::Platform) -> boundary::Platform {
    boundary::Platform {
        reachability: match known.reachable {
            None => boundary::Reachability::Unknown,
            Some(true) => boundary::Reachability::Reachable,
            Some(false) => boundary::Reachability::Unreachable,
        }
        .into(),
        interface: boundary::Interface::from_str_name(&format!("INTERFACE_{}", known.interface))
            .unwrap()
            .into(),
        path: known.path,
        save_data: known.data_saver,
    }
}
