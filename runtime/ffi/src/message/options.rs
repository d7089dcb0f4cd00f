//! The options of a call.

use std::time::Duration;

use bytes::Bytes;
use holdover_client::{CacheMode, CallOptions, DetailMode, Priority};

use super::{metadata, read};
use crate::boundary;
use crate::guard::Refusal;

/// Reads encoded options.
pub(crate) fn options(bytes: &Bytes) -> Result<CallOptions, Refusal> {
    if bytes.is_empty() {
        return Ok(CallOptions::default());
    }
    let options: boundary::CallOptions = read(bytes, "CallOptions")?;
    let cache = match boundary::CacheMode::try_from(options.cache) {
        Ok(boundary::CacheMode::Default) => CacheMode::Default,
        Ok(boundary::CacheMode::CacheOnly) => CacheMode::CacheOnly,
        Ok(boundary::CacheMode::NetworkOnly) => CacheMode::NetworkOnly,
        Ok(boundary::CacheMode::MaxAge) => CacheMode::MaxAge(Duration::from_millis(options.max_age_ms)),
        Err(_) => return Err(unknown("cache mode", options.cache)),
    };
    let priority = match boundary::Priority::try_from(options.priority) {
        Ok(boundary::Priority::Default) => None,
        Ok(boundary::Priority::Background) => Some(Priority::Background),
        Ok(boundary::Priority::Interactive) => Some(Priority::Interactive),
        Err(_) => return Err(unknown("priority", options.priority)),
    };
    Ok(CallOptions {
        timeout: options.timeout_ms.map(Duration::from_millis),
        metadata: metadata(options.metadata)?,
        cache,
        detail: if options.full_detail { DetailMode::Full } else { DetailMode::Default },
        priority,
    })
}

/// What is not known is not guessed: packages and library are of one version.
pub(crate) fn unknown(what: &str, number: i32) -> Refusal {
    Refusal::misuse(format!("there is no {what} {number}: is the package as old as the library?"))
}
