//! Messages of the boundary, read and written.

mod decision;
mod options;

use std::time::Duration;

use bytes::Bytes;
use holdover_client::host::Method;
use holdover_client::{
    Account, Code, Credentials, CredentialsError, Error, ErrorKind, KeyError, Kind, Metadata, Stats,
    StatusDetail,
};
use holdover_transport_connect::{ConnectTimings, HttpFailure, HttpFailureKind};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use prost::Message;

use crate::boundary::{self, credentials_reply, key_reply};
use crate::guard::Refusal;

pub(crate) use decision::decision;
pub(crate) use options::{options, unknown};

/// Reads a message; `what` names it for the error.
pub(crate) fn read<M: Message + Default>(bytes: &Bytes, what: &str) -> Result<M, Refusal> {
    M::decode(bytes.clone()).map_err(|error| {
        Refusal::misuse(format!("the {what} cannot be read ({error}): is the package as old as the library?"))
    })
}

pub(crate) fn error(error: &Error) -> Vec<u8> {
    let Error { kind, message, status, retry_after, paths, will_retry } = error;
    let status = status.as_deref().map(|StatusDetail { code, message, details }| boundary::Status {
        code: *code as u32,
        message: message.clone(),
        details: details.clone(),
    });
    boundary::Error {
        kind: kind.number(),
        message: message.clone(),
        status,
        retry_after_ms: retry_after.map(millis),
        paths: paths.clone(),
        will_retry: *will_retry,
    }
    .encode_to_vec()
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

pub(crate) fn account(account: &Account) -> boundary::Account {
    let user = match account {
        Account::User(id) => Some(id.to_string()),
        Account::Guest => None,
    };
    boundary::Account { user }
}

pub(crate) fn read_account(account: Option<boundary::Account>) -> Account {
    account.and_then(|account| account.user).map_or(Account::Guest, Account::user)
}

pub(crate) fn headers(metadata: &Metadata) -> Vec<boundary::Header> {
    metadata
        .iter()
        .map(|(name, value)| boundary::Header { name: name.to_owned(), value: value.clone() })
        .collect()
}

pub(crate) fn metadata(headers: Vec<boundary::Header>) -> Result<Metadata, Error> {
    let mut metadata = Metadata::new();
    for boundary::Header { name, value } in headers {
        metadata.push(&name, value)?;
    }
    Ok(metadata)
}

pub(crate) fn registered(first: usize, methods: &[Method]) -> Vec<u8> {
    let method = |(index, method): (usize, &Method)| boundary::Method {
        id: u32::try_from(first + index).unwrap_or(u32::MAX),
        name: method.name().to_owned(),
        kind: match method.kind() {
            Kind::Unary => boundary::Kind::Unary,
            Kind::ServerStream => boundary::Kind::ServerStream,
            Kind::ClientStream => boundary::Kind::ClientStream,
            Kind::BidiStream => boundary::Kind::BidiStream,
        }
        .into(),
        replay: method.replays(),
        plan: method.plan().map(|(nodes, paths)| boundary::PrunePlan {
            nodes: nodes.into_iter().map(node).collect(),
            paths: paths.to_vec(),
        }),
    };
    boundary::Registered { methods: methods.iter().enumerate().map(method).collect() }.encode_to_vec()
}

fn node(fields: Vec<(u32, Option<u32>)>) -> boundary::PruneNode {
    let field = |(number, below): (u32, Option<u32>)| boundary::PruneField {
        number,
        descend: below.unwrap_or_default(),
    };
    boundary::PruneNode { fields: fields.into_iter().map(field).collect() }
}

pub(crate) fn stats(stats: &Stats) -> Vec<u8> {
    let measure = |measure: holdover_client::Measure| {
        let (attribute_name, attribute_value) = measure.attribute.unwrap_or_default();
        boundary::Measure {
            name: measure.name.to_owned(),
            unit: measure.unit.to_owned(),
            description: measure.description.to_owned(),
            counter: measure.kind == holdover_client::MeasureKind::Counter,
            attribute_name: attribute_name.to_owned(),
            attribute_value: attribute_value.to_owned(),
            value: measure.value,
        }
    };
    let measures = stats.measures().into_iter().map(measure).collect();
    boundary::Stats { quality: stats.quality.into(), measures }.encode_to_vec()
}

/// What the host answers about credentials, and whether that could be read.
pub(crate) fn credentials(bytes: &Bytes) -> (Result<Credentials, CredentialsError>, Result<(), Refusal>) {
    let reply =
        read::<boundary::CredentialsReply>(bytes, "CredentialsReply").and_then(|reply| match reply.reply {
            None => Err(Refusal::misuse("the CredentialsReply says nothing: set one of its members")),
            Some(credentials_reply::Reply::SignInRequired(_)) => Ok(Ok(Credentials::SignInRequired)),
            Some(credentials_reply::Reply::Failed(why)) => Ok(Err(why.into())),
            Some(credentials_reply::Reply::Use(answer)) => Ok(Ok(Credentials::Use {
                metadata: metadata(answer.metadata)?,
                expires_in: answer.expires_in_ms.map(Duration::from_millis),
            })),
        });
    match reply {
        Ok(answer) => (answer, Ok(())),
        Err(refusal) => (Err("the host's answer cannot be used".into()), Err(refusal)),
    }
}

/// What the host answers about a key, and whether that could be read.
pub(crate) fn key(bytes: &Bytes) -> (Result<Vec<u8>, KeyError>, Result<(), Refusal>) {
    let reply = read::<boundary::KeyReply>(bytes, "KeyReply").and_then(|reply| match reply.reply {
        None => Err(Refusal::misuse("the KeyReply says nothing: set one of its members")),
        Some(key_reply::Reply::Key(key)) => Ok(Ok(key.to_vec())),
        Some(key_reply::Reply::Unavailable(why)) => Ok(Err(KeyError::Unavailable(why))),
        Some(key_reply::Reply::Lost(why)) => Ok(Err(KeyError::Lost(why))),
    });
    match reply {
        Ok(answer) => (answer, Ok(())),
        Err(refusal) => (Err(KeyError::Unavailable("the host's answer cannot be used".into())), Err(refusal)),
    }
}

pub(crate) fn http_headers(headers: &HeaderMap) -> Vec<boundary::Header> {
    headers
        .iter()
        .map(|(name, value)| boundary::Header {
            name: name.as_str().to_owned(),
            value: Bytes::copy_from_slice(value.as_bytes()),
        })
        .collect()
}

fn read_http_headers(headers: Vec<boundary::Header>) -> Result<HeaderMap, String> {
    let mut map = HeaderMap::try_with_capacity(headers.len()).map_err(|_| "too many headers".to_owned())?;
    for boundary::Header { name, value } in headers {
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| format!("a header whose name is none: {name:?}"))?;
        let value = HeaderValue::from_maybe_shared(value)
            .map_err(|_| format!("a header {name} whose value is none"))?;
        map.try_append(name, value).map_err(|_| "too many headers".to_owned())?;
    }
    Ok(map)
}

fn read_http<M: Message + Default>(bytes: &Bytes, what: &str) -> Result<M, String> {
    M::decode(bytes.clone()).map_err(|error| format!("something that is no {what} ({error})"))
}

pub(crate) fn http_head(bytes: &Bytes) -> Result<Response<()>, String> {
    let head: boundary::HttpHead = read_http(bytes, "HttpHead")?;
    let mut response = Response::new(());
    let status = u16::try_from(head.status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    *response.status_mut() = status.ok_or_else(|| format!("{}, which is no HTTP status", head.status))?;
    *response.headers_mut() = read_http_headers(head.headers)?;
    if head.connect_us > 0 {
        let tls = Duration::from_micros(head.tls_us.min(head.connect_us));
        let tcp = Duration::from_micros(head.connect_us).saturating_sub(tls);
        response.extensions_mut().insert(ConnectTimings { tcp, tls });
    }
    Ok(response)
}

pub(crate) fn http_end(bytes: &Bytes) -> Result<HeaderMap, String> {
    let end: boundary::HttpEnd = read_http(bytes, "HttpEnd")?;
    read_http_headers(end.trailers)
}

pub(crate) fn http_failure(bytes: &Bytes) -> Result<HttpFailure, String> {
    use boundary::HttpFailureKind as Kind;

    let failure: boundary::HttpFailure = read_http(bytes, "HttpFailure")?;
    let kind = match failure.kind() {
        Kind::Reset => HttpFailureKind::Reset,
        Kind::Unreachable => HttpFailureKind::Unreachable,
        Kind::Refused => HttpFailureKind::Refused,
        Kind::Untrusted => HttpFailureKind::Untrusted,
        Kind::Tls => HttpFailureKind::Tls,
        Kind::Unsupported => HttpFailureKind::Unsupported,
        Kind::Protocol => HttpFailureKind::Protocol,
        Kind::TooLarge => HttpFailureKind::TooLarge,
        Kind::Timeout => HttpFailureKind::Timeout,
    };
    let boundary::HttpFailure { unsent, reused, message, .. } = failure;
    Ok(HttpFailure { kind, unsent, reused, message })
}

/// Errors of the engine and of the boundary have the same numbers, and gRPC's codes are what they are.
const _: () = {
    assert!(ErrorKind::Offline.number() == crate::abi::HOLDOVER_OFFLINE as u32);
    assert!(ErrorKind::SignedOut.number() == crate::abi::HOLDOVER_SIGNED_OUT as u32);
    assert!(ErrorKind::Misuse.number() == crate::abi::HOLDOVER_MISUSE as u32);
    assert!(Code::Unauthenticated as u32 == 16);
};
