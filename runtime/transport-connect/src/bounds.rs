//! The limits on one call (rule J3).

use holdover_client::{CallRequest, Failure, Limits};

use crate::outcome::{too_large, too_large_to_send};

/// The limits on one call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) message_bytes: usize,
    pub(crate) metadata_bytes: usize,
}

impl From<Limits> for Bounds {
    fn from(limits: Limits) -> Self {
        Self { message_bytes: limits.message_bytes, metadata_bytes: limits.metadata_bytes }
    }
}

impl Bounds {
    /// Metadata of an answer, which has `size` bytes.
    pub(crate) fn check_metadata(self, size: usize, what: &str) -> Result<(), Failure> {
        if size > self.metadata_bytes {
            return Err(too_large(format!(
                "{what} have {size} bytes, where {} are allowed",
                self.metadata_bytes
            )));
        }
        Ok(())
    }

    /// A message that is to be sent.
    pub(crate) fn check_message(self, message: &[u8]) -> Result<(), Failure> {
        if message.len() > self.message_bytes {
            let (size, limit) = (message.len(), self.message_bytes);
            return Err(too_large_to_send(format!(
                "the request has {size} bytes, where {limit} are allowed"
            )));
        }
        Ok(())
    }

    /// Metadata that is to be sent.
    pub(crate) fn check_sent_metadata(self, request: &CallRequest) -> Result<(), Failure> {
        let (size, limit) = (request.metadata.size(), self.metadata_bytes);
        if size > limit {
            return Err(too_large_to_send(format!(
                "the call's metadata has {size} bytes, where {limit} are allowed"
            )));
        }
        Ok(())
    }
}
