//! The compression that an answer declares, and how its messages are opened.

use bytes::Bytes;
use holdover_client::Failure;
use holdover_wire::frame::Frame;
use http::{HeaderMap, HeaderValue};

use crate::Protocol;
use crate::gzip::{GunzipError, gunzip};
use crate::outcome::{malformed, too_large};

/// The compression that an answer declares.
#[derive(Debug)]
pub(crate) enum Encoding {
    Identity,
    Gzip,
    Other(String),
}

impl Encoding {
    pub(crate) fn of(protocol: Protocol, headers: &HeaderMap) -> Self {
        match headers.get(protocol.encoding_header()).map(HeaderValue::as_bytes) {
            None | Some(b"" | b"identity") => Self::Identity,
            Some(b"gzip") => Self::Gzip,
            Some(other) => Self::Other(String::from_utf8_lossy(other).into_owned()),
        }
    }

    /// The payload of `frame`, decompressed if its flag says so.
    pub(crate) fn open(&self, frame: Frame, limit: usize, what: &str) -> Result<Bytes, Failure> {
        if !frame.is_compressed() {
            let size = frame.payload.len();
            return if size > limit {
                Err(too_large(format!("{what} has {size} bytes, where {limit} are allowed")))
            } else {
                Ok(frame.payload)
            };
        }
        match self {
            Self::Identity => {
                Err(malformed(format!("{what} is marked as compressed, but no compression was declared")))
            }
            declared => declared.decompress(frame.payload, limit, what),
        }
    }

    /// A whole body in this encoding, which is what Connect's unary calls have.
    pub(crate) fn decompress(&self, bytes: Bytes, limit: usize, what: &str) -> Result<Bytes, Failure> {
        match self {
            Self::Identity => Ok(bytes),
            // Nobody has to compress nothing.
            Self::Gzip if bytes.is_empty() => Ok(bytes),
            Self::Gzip => gunzip(&bytes, limit).map_err(|error| match error {
                GunzipError::TooLarge => {
                    too_large(format!("{what} decompresses to more than the {limit} bytes allowed"))
                }
                GunzipError::Corrupt(reason) => malformed(format!("{what} is not intact gzip: {reason}")),
            }),
            Self::Other(name) => Err(malformed(format!(
                "{what} is compressed by {name:?}, where identity and gzip were offered"
            ))),
        }
    }
}
