//! gzip, with a bound on what comes out.

use std::io::{Read as _, Write as _};

use bytes::Bytes;
use flate2::Compression;
use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;

/// Why bytes could not be decompressed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum GunzipError {
    /// More came out than the limit allows. Reading stopped there, so a bomb costs no more than the limit.
    TooLarge,
    /// Not gzip, or cut short, or a checksum that does not fit.
    Corrupt(String),
}

/// Decompresses `bytes` into at most `limit` bytes.
pub(crate) fn gunzip(bytes: &[u8], limit: usize) -> Result<Bytes, GunzipError> {
    // Protobuf messages shrink to a third or so: start there, and let a liar grow the buffer step by step.
    let mut out = Vec::with_capacity(bytes.len().saturating_mul(3).min(limit));
    let one_more = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    MultiGzDecoder::new(bytes)
        .take(one_more)
        .read_to_end(&mut out)
        .map_err(|error| GunzipError::Corrupt(error.to_string()))?;
    if out.len() > limit {
        return Err(GunzipError::TooLarge);
    }
    Ok(out.into())
}

/// Compresses `bytes`, at the speed that suits small messages on a phone.
pub(crate) fn gzip(bytes: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 2 + 32), Compression::fast());
    encoder.write_all(bytes).expect("writing to memory does not fail");
    encoder.finish().expect("writing to memory does not fail").into()
}

#[cfg(test)]
mod tests {
    use super::{GunzipError, gunzip, gzip};

    #[test]
    fn what_was_compressed_comes_back() {
        for message in [&b""[..], b"a", &[7; 100_000]] {
            assert_eq!(gunzip(&gzip(message), message.len()).unwrap(), message);
        }
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let bomb = gzip(&vec![0; 1_000_000]);
        assert!(bomb.len() < 10_000, "it is a bomb: {} bytes", bomb.len());
        assert_eq!(gunzip(&bomb, 999_999), Err(GunzipError::TooLarge));
        assert_eq!(gunzip(&bomb, 1_000_000).unwrap().len(), 1_000_000);
    }

    #[test]
    fn anything_cut_short_or_changed_is_corrupt() {
        let whole = gzip(b"the quick brown fox jumps over the lazy dog");
        for end in 1..whole.len() {
            assert!(matches!(gunzip(&whole[..end], 1000), Err(GunzipError::Corrupt(_))), "cut at {end}");
        }
        let mut changed = whole.to_vec();
        let checksum = changed.len() - 8;
        changed[checksum] ^= 1;
        assert!(matches!(gunzip(&changed, 1000), Err(GunzipError::Corrupt(_))));
        assert!(matches!(gunzip(b"<html>", 1000), Err(GunzipError::Corrupt(_))));
    }
}
