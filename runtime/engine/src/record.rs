//! What the engine notes beside a stored value: a fixed layout with a version, because it outlives the process.

use bytes::Bytes;

use crate::clock::Stamp;
use crate::entry::Answer;
use crate::store::TagHash;
use crate::time::{BootId, Instant, Now};

const VERSION: u8 = 1;
const PUT: u8 = 1;
/// The moment when a stream was last live follows.
const LIVE: u8 = 2;
const STAMP: usize = 16 + 8 + 8;
const LENGTH: usize = 1 + 1 + 16 + 8 + 8 + 8 + 8;

/// Version, flags, boot id, boot nanoseconds, wall milliseconds, age before, sequence, and of a stream's message the three
/// again of when the stream was last live; big-endian.
pub(crate) fn encode(answer: &Answer) -> Bytes {
    let mut out = Vec::with_capacity(LENGTH + STAMP);
    out.push(VERSION);
    let live = if answer.live.is_some() { LIVE } else { 0 };
    out.push(live | if answer.put { PUT } else { 0 });
    put_stamp(&mut out, &answer.sent);
    out.extend_from_slice(&answer.age_before.to_be_bytes());
    out.extend_from_slice(&answer.sequence.to_be_bytes());
    if let Some(live) = &answer.live {
        put_stamp(&mut out, live);
    }
    out.into()
}

fn put_stamp(out: &mut Vec<u8>, stamp: &Stamp) {
    out.extend_from_slice(&stamp.boot_id.0.to_be_bytes());
    out.extend_from_slice(&stamp.boot.0.to_be_bytes());
    out.extend_from_slice(&stamp.wall_ms.to_be_bytes());
}

/// The stamp that the bytes begin with, and what follows.
fn take_stamp(bytes: &[u8]) -> Option<(Stamp, &[u8])> {
    let (boot_id, rest) = bytes.split_first_chunk::<16>()?;
    let (boot, rest) = rest.split_first_chunk::<8>()?;
    let (wall_ms, rest) = rest.split_first_chunk::<8>()?;
    let boot_id = BootId(u128::from_be_bytes(*boot_id));
    let stamp =
        Now { boot_id, boot: Instant(u64::from_be_bytes(*boot)), wall_ms: i64::from_be_bytes(*wall_ms) };
    Some((stamp, rest))
}

/// What [`encode`] wrote, as an answer with this value and these tags; `None` if it did not write it.
pub(crate) fn decode(meta: &[u8], value: Bytes, tags: &[TagHash]) -> Option<Answer> {
    let [VERSION, flags, rest @ ..] = meta else { return None };
    let (sent, rest) = take_stamp(rest)?;
    let (age_before, rest) = rest.split_first_chunk::<8>()?;
    let (sequence, rest) = rest.split_first_chunk::<8>()?;
    let (live, rest) = if flags & LIVE == 0 {
        (None, rest)
    } else {
        let (live, rest) = take_stamp(rest)?;
        (Some(live), rest)
    };
    if !rest.is_empty() {
        return None;
    }
    let (age_before, sequence) = (u64::from_be_bytes(*age_before), u64::from_be_bytes(*sequence));
    Some(Answer {
        value,
        sent,
        age_before,
        tags: tags.into(),
        sequence,
        outdated: false,
        put: flags & PUT != 0,
        live,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
            live: None,
        };
        let live = Now { boot_id: BootId(8), boot: Instant(3), wall_ms: 4 };
        for live in [None, Some(live)] {
            let answer = Answer { live, ..answer.clone() };
            let meta = encode(&answer);
            assert_eq!(decode(&meta, answer.value.clone(), &answer.tags), Some(answer));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        assert_eq!(decode(b"", Bytes::new(), &[]), None);
        assert_eq!(decode(&[2; LENGTH], Bytes::new(), &[]), None);
        assert_eq!(decode(&[1; LENGTH + 1], Bytes::new(), &[]), None);
    }
}
