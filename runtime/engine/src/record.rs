//! What the engine notes beside a stored value: a fixed layout with a version, because it outlives the process.

use bytes::Bytes;

use crate::clock::Stamp;
use crate::entry::Answer;
use crate::time::{BootId, Instant, Now};

const VERSION: u8 = 1;
const PUT: u8 = 1;
const LENGTH: usize = 1 + 1 + 16 + 8 + 8 + 8 + 8;

/// Version, flags, boot id, boot nanoseconds, wall milliseconds, age before, sequence; big-endian.
pub(crate) fn encode(answer: &Answer) -> Bytes {
    let mut out = Vec::with_capacity(LENGTH);
    out.push(VERSION);
    out.push(if answer.put { PUT } else { 0 });
    out.extend_from_slice(&answer.sent.boot_id.0.to_be_bytes());
    out.extend_from_slice(&answer.sent.boot.0.to_be_bytes());
    out.extend_from_slice(&answer.sent.wall_ms.to_be_bytes());
    out.extend_from_slice(&answer.age_before.to_be_bytes());
    out.extend_from_slice(&answer.sequence.to_be_bytes());
    out.into()
}

/// What [`encode`] wrote, as an answer with this value and these tags; `None` if it did not write it.
pub(crate) fn decode(meta: &[u8], value: Bytes, tags: &[crate::store::TagHash]) -> Option<Answer> {
    let meta: &[u8; LENGTH] = meta.try_into().ok()?;
    let [VERSION, flags, rest @ ..] = meta else { return None };
    let (boot_id, rest) = rest.split_first_chunk::<16>()?;
    let mut numbers = rest.chunks_exact(8).filter_map(|chunk| <[u8; 8]>::try_from(chunk).ok());
    let mut next = || numbers.next();
    let boot = u64::from_be_bytes(next()?);
    let wall_ms = i64::from_be_bytes(next()?);
    let age_before = u64::from_be_bytes(next()?);
    let sequence = u64::from_be_bytes(next()?);
    let sent: Stamp = Now { boot_id: BootId(u128::from_be_bytes(*boot_id)), boot: Instant(boot), wall_ms };
    Some(Answer {
        value,
        sent,
        age_before,
        tags: tags.into(),
        sequence,
        outdated: false,
        put: flags & PUT != 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::TagHash;

    #[test]
    fn what_is_noted_comes_back() {
        let answer = Answer {
            value: Bytes::from_static(b"value"),
            sent: Now { boot_id: BootId(7 << 100), boot: Instant(u64::MAX - 1), wall_ms: -5 },
            age_before: 3_000_000_000,
            tags: [TagHash([9; 32])].into(),
            sequence: 12,
            outdated: false,
            put: true,
        };
        let meta = encode(&answer);
        assert_eq!(decode(&meta, answer.value.clone(), &answer.tags), Some(answer));
    }

    #[test]
    fn anything_else_is_refused() {
        assert_eq!(decode(b"", Bytes::new(), &[]), None);
        assert_eq!(decode(&[2; LENGTH], Bytes::new(), &[]), None);
        assert_eq!(decode(&[1; LENGTH + 1], Bytes::new(), &[]), None);
    }
}
