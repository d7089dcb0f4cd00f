//! gRPC-Web's trailers.

use holdover_client::Failure;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::outcome::{malformed, too_large};

/// gRPC-Web's trailers: an HTTP/1.1 header block, with or without the final empty line.
pub(crate) fn parse(block: &[u8]) -> Result<HeaderMap, Failure> {
    let mut trailers = HeaderMap::new();
    for line in block.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            continue;
        }
        let entry = line.iter().position(|byte| *byte == b':').and_then(|colon| {
            let name = HeaderName::from_bytes(line[..colon].trim_ascii()).ok()?;
            let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?;
            Some((name, value))
        });
        let Some((name, value)) = entry else {
            return Err(malformed("the trailer frame has a line that is no header"));
        };
        trailers.try_append(name, value).map_err(|_| too_large("more trailers than can be held"))?;
    }
    Ok(trailers)
}
