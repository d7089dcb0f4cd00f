//! gzip, with a bound on what comes out.

use std::io::{Read as _, Write as _};

use bytes::Bytes;
use flate2::Compression;
use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;

use crate::metrics::Passed;

/// Decompresses into at most `limit` bytes.
pub(crate) fn gunzip(bytes: &[u8], limit: usize) -> Result<Bytes, Passed> {
    let mut out = Vec::with_capacity(bytes.len().saturating_mul(3).min(limit));
    let one_more = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    MultiGzDecoder::new(bytes).take(one_more).read_to_end(&mut out).map_err(|_| Passed::Malformed)?;
    if out.len() > limit { Err(Passed::TooLarge) } else { Ok(out.into()) }
}

/// Compresses at zlib's default level, which is what tonic and connectrpc use.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 2 + 32), Compression::default());
    encoder.write_all(bytes).expect("writing to memory does not fail");
    encoder.finish().expect("writing to memory does not fail")
}
