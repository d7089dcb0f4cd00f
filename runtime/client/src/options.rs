//! The options of a call that has not started.

use bytes::Bytes;

use crate::{CallOptions, Error};

/// Options as builders collect them. A name or value of metadata that cannot be sent is told when the call starts.
#[derive(Clone, Debug)]
pub(crate) struct Options(Result<CallOptions, Error>);

impl Options {
    pub(crate) fn set(&mut self, set: impl FnOnce(&mut CallOptions)) {
        if let Ok(options) = &mut self.0 {
            set(options);
        }
    }

    pub(crate) fn metadata(&mut self, name: &str, value: impl Into<Bytes>) {
        if let Ok(options) = &mut self.0
            && let Err(error) = options.metadata.push(name, value)
        {
            self.0 = Err(error);
        }
    }

    /// The options, for the start of the call.
    pub(crate) fn take(&mut self) -> Result<CallOptions, Error> {
        std::mem::take(self).0
    }
}

impl Default for Options {
    fn default() -> Self {
        Self(Ok(CallOptions::default()))
    }
}
