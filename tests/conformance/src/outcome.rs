//! What came of a call.

use bytes::Bytes;
use holdover_client::{Code, Failure, Metadata};
use prost::Message as _;

use crate::proto::{ClientResponseResult, ConformancePayload, UnaryResponse};
use crate::{code, header};

/// Gathers it.
#[derive(Default)]
pub(crate) struct Collected {
    head: Metadata,
    result: ClientResponseResult,
}

impl Collected {
    pub(crate) fn head(&mut self, metadata: Metadata) {
        self.head = metadata;
    }

    /// A response of any method: they all have the payload as field 1, and `Unimplemented` has nothing.
    pub(crate) fn message(&mut self, message: Bytes) -> Result<(), String> {
        let response = UnaryResponse::decode(message).map_err(|error| format!("a response: {error}"))?;
        self.result.payloads.push(response.payload.unwrap_or_else(ConformancePayload::default));
        Ok(())
    }

    pub(crate) fn messages(&self) -> usize {
        self.result.payloads.len()
    }

    pub(crate) fn trailers(&mut self, trailers: &Metadata) {
        self.result.response_trailers = header::received(trailers.iter());
    }

    pub(crate) fn failed(&mut self, failure: &Failure) {
        if let Failure::Status { metadata, .. } = failure {
            // The transport gives the metadata of an error in one: the head's, which is known, comes first.
            let known = self.head.len();
            let repeats = metadata.iter().zip(self.head.iter()).all(|(a, b)| a == b);
            let skip = if repeats && metadata.len() >= known { known } else { 0 };
            self.result.response_trailers = header::received(metadata.iter().skip(skip));
        }
        self.result.error = Some(code::error(failure));
    }

    pub(crate) fn given_up(&mut self, code: Code) {
        self.result.error = Some(code::of(code, "the caller does not wait any longer"));
    }

    /// `unsent`: messages that were never asked for.
    pub(crate) fn finish(mut self, unsent: usize) -> ClientResponseResult {
        self.result.response_headers = header::received(self.head.iter());
        if self.result.error.is_some() {
            self.result.num_unsent_requests = i32::try_from(unsent).unwrap_or(i32::MAX);
        }
        self.result
    }
}
