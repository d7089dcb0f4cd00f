//! Metadata on the wire: HTTP headers, and base64 where the name ends in `-bin`.

use std::time::Duration;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD_NO_PAD};
use bytes::Bytes;
use holdover_client::{Failure, Metadata};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::outcome::misuse;

/// Padding is neither needed nor refused: gRPC and Connect both leave it out and both must take it.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The names that belong to the protocols, or to HTTP itself. A caller who could set them could break the framing.
const RESERVED: [&str; 17] = [
    "accept-encoding",
    "connect-accept-encoding",
    "connect-content-encoding",
    "connect-protocol-version",
    "connect-timeout-ms",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name) || name.starts_with("grpc-") || name.starts_with(':')
}

/// Adds a call's metadata to a request's headers.
pub(crate) fn append(headers: &mut HeaderMap, metadata: &Metadata) -> Result<(), Failure> {
    for (name, value) in metadata.iter() {
        if is_reserved(name) {
            return Err(misuse(format!(
                "the metadata name {name:?} belongs to the protocol: use another name"
            )));
        }
        let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| {
            misuse(format!("the metadata name {name:?} is no HTTP header name: use letters, digits, - and _"))
        })?;
        let value = if name.ends_with("-bin") {
            HeaderValue::from_str(&STANDARD_NO_PAD.encode(value)).expect("base64 is visible ASCII")
        } else {
            HeaderValue::from_maybe_shared(value.clone()).map_err(|_| {
                misuse(format!(
                    "the value of metadata {name:?} is not printable ASCII: use a name ending in -bin"
                ))
            })?
        };
        headers
            .try_append(parsed, value)
            .map_err(|_| misuse("the call has more metadata entries than a request can carry"))?;
    }
    Ok(())
}

/// Decodes one base64 value, padded or not.
pub(crate) fn decode_base64(text: &[u8]) -> Option<Bytes> {
    LENIENT.decode(text).ok().map(Bytes::from)
}

/// The entries of a response's headers or trailers, without the protocol's own: `-bin` values decoded, and taken apart
/// where they were joined by commas on the way. What is no metadata (a `-bin` value that is not base64, text that is
/// not printable ASCII) is left out.
pub(crate) fn received(headers: &HeaderMap) -> Metadata {
    let mut out = Metadata::new();
    extend(&mut out, headers);
    out
}

/// Like [`received`], onto what is there already.
pub(crate) fn extend(out: &mut Metadata, headers: &HeaderMap) {
    for (name, value) in headers {
        let name = name.as_str();
        if is_reserved(name) && name != "grpc-retry-pushback-ms" {
            continue;
        }
        if name.ends_with("-bin") {
            for part in value.as_bytes().split(|byte| *byte == b',') {
                if let Some(bytes) = decode_base64(part.trim_ascii()) {
                    let _ = out.push(name, bytes);
                }
            }
        } else {
            let _ = out.push(name, Bytes::copy_from_slice(value.as_bytes()));
        }
    }
}

/// The seconds that a header of the protocol or of HTTP has, if it has any.
pub(crate) fn seconds(headers: &HeaderMap, name: &str) -> Option<Duration> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// The size of a header block as HTTP/2 counts it (RFC 9113, section 6.5.2): names, values, 32 bytes for each entry.
pub(crate) fn size(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 32).sum()
}
