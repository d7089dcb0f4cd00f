//! What the layer has done so far.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counters that the application may read at any time. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct DetailMetrics(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    responses: AtomicU64,
    trimmed: AtomicU64,
    passed: [AtomicU64; Passed::ALL.len()],
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    messages: AtomicU64,
    messages_trimmed: AtomicU64,
    messages_too_large: AtomicU64,
    messages_malformed: AtomicU64,
}

/// The counters at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DetailCounts {
    /// Responses of methods that have a plan.
    pub responses: u64,
    /// Responses that were trimmed. All others passed as they were. A stream counts when its head has gone out.
    pub trimmed: u64,
    /// Passed: nobody asked for less.
    pub passed_unasked: u64,
    /// Passed: another plan than the method's was asked for. The client is older or newer than the policy.
    pub passed_other_plan: u64,
    /// Passed: the call failed.
    pub passed_failed: u64,
    /// Passed: a content type or encoding that cannot be trimmed, such as JSON or zstd.
    pub passed_other_encoding: u64,
    /// Passed: larger than the limit.
    pub passed_too_large: u64,
    /// Passed: not one well-formed message.
    pub passed_malformed: u64,
    /// Passed: the plan drops nothing of it.
    pub passed_nothing_to_drop: u64,
    /// Bytes of the bodies of trimmed responses before trimming, as they would have gone over the wire.
    pub bytes_in: u64,
    /// The same after trimming.
    pub bytes_out: u64,
    /// Messages of trimmed streams.
    pub messages: u64,
    /// Those of them that were trimmed. The others had nothing to drop, or passed for one of the following reasons.
    pub messages_trimmed: u64,
    /// Messages of trimmed streams that passed because they were larger than the limit.
    pub messages_too_large: u64,
    /// Messages of trimmed streams that passed because they were not protobuf, or not compressed as was agreed.
    pub messages_malformed: u64,
}

/// Why a response was not trimmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passed {
    Unasked,
    OtherPlan,
    Failed,
    OtherEncoding,
    TooLarge,
    Malformed,
    NothingToDrop,
}

impl Passed {
    const ALL: [Self; 7] = [
        Self::Unasked,
        Self::OtherPlan,
        Self::Failed,
        Self::OtherEncoding,
        Self::TooLarge,
        Self::Malformed,
        Self::NothingToDrop,
    ];
}

impl DetailMetrics {
    /// Reads the counters. Each is exact; they are not read at one instant.
    pub fn counts(&self) -> DetailCounts {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let passed = |why: Passed| get(&self.0.passed[why as usize]);
        DetailCounts {
            responses: get(&self.0.responses),
            trimmed: get(&self.0.trimmed),
            passed_unasked: passed(Passed::Unasked),
            passed_other_plan: passed(Passed::OtherPlan),
            passed_failed: passed(Passed::Failed),
            passed_other_encoding: passed(Passed::OtherEncoding),
            passed_too_large: passed(Passed::TooLarge),
            passed_malformed: passed(Passed::Malformed),
            passed_nothing_to_drop: passed(Passed::NothingToDrop),
            bytes_in: get(&self.0.bytes_in),
            bytes_out: get(&self.0.bytes_out),
            messages: get(&self.0.messages),
            messages_trimmed: get(&self.0.messages_trimmed),
            messages_too_large: get(&self.0.messages_too_large),
            messages_malformed: get(&self.0.messages_malformed),
        }
    }

    pub(crate) fn passed(&self, why: Passed) {
        self.0.responses.fetch_add(1, Ordering::Relaxed);
        self.0.passed[why as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn trimmed(&self, before: usize, after: usize) {
        self.stream();
        self.0.bytes_in.fetch_add(bytes(before), Ordering::Relaxed);
        self.0.bytes_out.fetch_add(bytes(after), Ordering::Relaxed);
    }

    /// A stream begins whose messages are trimmed.
    pub(crate) fn stream(&self) {
        self.0.responses.fetch_add(1, Ordering::Relaxed);
        self.0.trimmed.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes over what has been counted of a stream.
    pub(crate) fn streamed(&self, tally: &mut StreamTally) {
        let StreamTally { bytes_in, bytes_out, messages, trimmed, too_large, malformed } =
            std::mem::take(tally);
        let all = [
            (&self.0.bytes_in, bytes_in),
            (&self.0.bytes_out, bytes_out),
            (&self.0.messages, messages),
            (&self.0.messages_trimmed, trimmed),
            (&self.0.messages_too_large, too_large),
            (&self.0.messages_malformed, malformed),
        ];
        for (counter, count) in all {
            if count > 0 {
                counter.fetch_add(count, Ordering::Relaxed);
            }
        }
    }
}

/// What is counted of a stream between two looks at the shared counters: one look a message would be felt.
#[derive(Debug, Default)]
pub(crate) struct StreamTally {
    bytes_in: u64,
    bytes_out: u64,
    messages: u64,
    trimmed: u64,
    too_large: u64,
    malformed: u64,
}

impl StreamTally {
    pub(crate) fn bytes_in(&mut self, count: usize) {
        self.bytes_in += bytes(count);
    }

    pub(crate) fn bytes_out(&mut self, count: usize) {
        self.bytes_out += bytes(count);
    }

    /// One message, and what became of it.
    pub(crate) fn message(&mut self, outcome: Result<(), Passed>) {
        self.messages += 1;
        match outcome {
            Ok(()) => self.trimmed += 1,
            Err(Passed::NothingToDrop) => {}
            Err(Passed::TooLarge) => self.too_large += 1,
            Err(_) => self.malformed += 1,
        }
    }
}

fn bytes(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
