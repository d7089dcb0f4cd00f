//! Fuzz targets over everything that comes from outside.
//!
//! A target is a function of bytes that must not panic, and that panics when an invariant does not hold. `cargo test`
//! feeds each one its checked-in corpus and some thousand mutations of it, always the same. To fuzz for real, with
//! coverage, on a nightly toolchain:
//!
//! ```text
//! cargo install cargo-fuzz
//! cd tests/fuzz/fuzz
//! cargo +nightly fuzz run --fuzz-dir . prune ../corpus/prune
//! ```
//!
//! A crash that is found becomes a file of the corpus, beside the fix.
#![forbid(unsafe_code)]

// The small policy that the byte-by-byte tests of the wire format use, so that seeds and tests speak of the same fields.
#[path = "../../../runtime/wire/tests/traps/plans.rs"]
mod plans;

mod load;
mod stream;

use std::sync::LazyLock;

use bytes::Bytes;
use holdover_annotations::policy::PolicySet;
use holdover_wire::frame::{Frame, FrameReader};
use holdover_wire::{KeyOutcome, Limits, Method, PresenceError, Schema};
use prost::Message as _;

pub use load::{descriptor_set, descriptors, proto};
use plans::{Plans, plans};
pub use stream::stream;

/// A target: what fuzzers call with arbitrary bytes.
pub type Target = fn(&[u8]);

/// Every target, under the name of its corpus.
pub const TARGETS: [(&str, Target); 10] = [
    ("descriptors", descriptors),
    ("frame", frame),
    ("key", key),
    ("mask", mask),
    ("presence", presence),
    ("proto", proto),
    ("prune", prune),
    ("schema", schema),
    ("stream", stream),
    ("tags", tags),
];

static PLANS: LazyLock<[Plans; 2]> = LazyLock::new(|| [plans(false), plans(true)]);

/// The policy that the targets' messages are read by: a seed for [`schema`].
pub fn policy() -> PolicySet {
    plans::policy(false)
}

/// Pruning never makes a message longer, and leaves nothing to prune.
pub fn prune(data: &[u8]) {
    let message = Bytes::copy_from_slice(data);
    for plans in PLANS.iter() {
        let mut buffer = Vec::new();
        let into = plans.pruner.prune_into(&message, &Limits::DEFAULT, &mut buffer);
        match plans.pruner.prune(&message, &Limits::DEFAULT) {
            Ok(pruned) => {
                assert_eq!(pruned.message.len() + pruned.saved, message.len());
                assert_eq!(into, Ok(pruned.dropped));
                assert_eq!(buffer, pruned.message);
                assert_eq!(plans.pruner.contains_dropped(&message, &Limits::DEFAULT), Ok(pruned.dropped));
                let again = plans.pruner.prune(&pruned.message, &Limits::DEFAULT);
                assert_eq!(again.map(|again| (again.message, again.dropped)), Ok((pruned.message, false)));
            }
            Err(error) => {
                assert_eq!((into, buffer.as_slice()), (Err(error), &[][..]));
                // What is dropped may come before what is broken.
                assert!(matches!(
                    plans.pruner.contains_dropped(&message, &Limits::DEFAULT),
                    Ok(true) | Err(_)
                ));
            }
        }
    }
}

/// What is missing is named, and not without end.
pub fn presence(data: &[u8]) {
    if let Err(PresenceError::Missing(missing)) = PLANS[0].presence.check(data, &Limits::DEFAULT) {
        assert!(!missing.paths.is_empty() && missing.paths.len() <= 16);
        assert!(missing.paths.iter().all(|path| !path.is_empty() && path.len() <= 1_000));
    }
}

/// A key is appended or nothing is; requests that differ only in an ignored field have one key.
pub fn key(data: &[u8]) {
    let keyer = &PLANS[0].keyer;
    let mut out = b"before".to_vec();
    let outcome = keyer.key(data, &Limits::DEFAULT, &mut out);
    assert!(out.starts_with(b"before"));
    if outcome == Ok(KeyOutcome::Keyed) {
        let mut other = b"before".to_vec();
        // The ignored `name`, which is number 2.
        let request = [data, b"\x12\x01x"].concat();
        assert_eq!(keyer.key(&request, &Limits::DEFAULT, &mut other), Ok(KeyOutcome::Keyed));
        assert_eq!(out, other);
    } else {
        assert_eq!(out, b"before");
    }
}

/// Tags are sorted, distinct and few.
pub fn tags(data: &[u8]) {
    let (request, response) = split(data);
    if let Ok(tags) = PLANS[0].tag.render(request, response, &Limits::DEFAULT) {
        assert!(tags.len() <= Limits::DEFAULT.max_tags);
        assert!(tags.is_sorted_by(|a, b| a < b));
    }
}

/// A mask that was filled in is set, and is not filled in twice.
pub fn mask(data: &[u8]) {
    let mask = &PLANS[0].mask;
    let mut request = data.to_vec();
    match mask.fill(&mut request, &["id", "list"], &Limits::DEFAULT) {
        Ok(filled) => {
            assert_eq!(filled, request.len() > data.len());
            assert_eq!(mask.fill(&mut request, &["id"], &Limits::DEFAULT), Ok(false));
        }
        Err(_) => assert_eq!(request, data),
    }
}

/// Frames do not depend on how the body was cut, and never exceed the limit.
pub fn frame(data: &[u8]) {
    let Some((&size, body)) = data.split_first() else { return };
    let whole = frames(body, body.len().max(1));
    assert_eq!(frames(body, usize::from(size).max(1)), whole);
    let payload: usize = whole.0.iter().map(|frame| frame.payload.len()).sum();
    assert!(payload <= body.len() && whole.0.iter().all(|frame| frame.payload.len() <= FRAME_LIMIT));
}

const FRAME_LIMIT: usize = 1 << 10;

/// The frames, and whether the body ended well.
fn frames(body: &[u8], chunk: usize) -> (Vec<Frame>, bool) {
    let mut reader = FrameReader::new(FRAME_LIMIT);
    let mut frames = Vec::new();
    for chunk in body.chunks(chunk) {
        reader.push(Bytes::copy_from_slice(chunk));
        loop {
            match reader.next_frame() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(_) => return (frames, false),
            }
        }
    }
    (frames, reader.finish().is_ok())
}

/// A policy is refused, or all of its plans can run on anything.
pub fn schema(data: &[u8]) {
    let (policy, message) = split(data);
    let Ok(policy) = PolicySet::decode(policy) else { return };
    let Ok(schema) = Schema::new(&policy) else { return };
    assert_eq!(schema.methods().len(), policy.methods.len());
    for method in schema.methods() {
        assert!(schema.method(method.path()).is_some());
        run(method, message);
    }
}

fn run(method: &Method, message: &[u8]) {
    let limits = Limits::DEFAULT;
    for pruner in [method.response_pruner(), method.request_pruner()].into_iter().flatten() {
        if let Ok(pruned) = pruner.prune(&Bytes::copy_from_slice(message), &limits) {
            assert_eq!(pruner.contains_dropped(&pruned.message, &limits), Ok(false));
        }
    }
    if let Some(keyer) = method.key() {
        let mut out = Vec::new();
        if keyer.key(message, &limits, &mut out) != Ok(KeyOutcome::Keyed) {
            assert!(out.is_empty());
        }
    }
    if let Some(Err(PresenceError::Missing(missing))) =
        method.presence().map(|presence| presence.check(message, &limits))
    {
        assert!(!missing.paths.is_empty());
    }
    for template in method.tags().iter().chain(method.invalidates()) {
        if let Ok(tags) = template.render(message, message, &limits) {
            assert!(tags.len() <= limits.max_tags);
        }
    }
    if let Some(mask) = method.read_mask() {
        let mut request = message.to_vec();
        if mask.fill(&mut request, &["a"], &limits) == Ok(true) {
            assert_eq!(mask.is_set(&request, &limits), Ok(true));
        }
    }
}

/// Two inputs in one: two bytes of length (big endian), the first, the second.
fn split(data: &[u8]) -> (&[u8], &[u8]) {
    let Some((&[high, low], rest)) = data.split_first_chunk() else { return (data, &[]) };
    rest.split_at_checked(usize::from(u16::from_be_bytes([high, low]))).unwrap_or((rest, &[]))
}
