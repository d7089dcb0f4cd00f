//! Retries, by gRPC's names and limits: gRFC A6, "gRPC Retry Design", and `retryPolicy` of gRPC's service config.
//! <https://github.com/grpc/proposal/blob/master/A6-client-retries.md>

use std::time::Duration;

use holdover_annotations::policy;

use crate::error::Code;
use crate::metadata::Metadata;
use crate::network::{Failure, TransportFailure};
use crate::random::Random;
use crate::time::nanos;

/// By this header a server says when to retry, in milliseconds, or by anything else that it wants no retry.
const PUSHBACK: &str = "grpc-retry-pushback-ms";
/// A6's limit on `maxAttempts`, whatever a policy says.
const MOST_ATTEMPTS: u32 = 5;
/// A6: delays are multiplied by a random number between 0.8 and 1.2.
const JITTER: f64 = 0.2;

/// `delivery.retry` of a method.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Retry {
    /// All attempts, the first one included.
    pub(crate) max_attempts: u32,
    initial_backoff: Duration,
    max_backoff: Duration,
    multiplier: f64,
    codes: Vec<Code>,
}

impl Retry {
    pub(crate) fn read(retry: &policy::Retry) -> Self {
        Self {
            max_attempts: retry.max_attempts.min(MOST_ATTEMPTS),
            initial_backoff: Duration::from_nanos(retry.initial_backoff),
            max_backoff: Duration::from_nanos(retry.max_backoff),
            multiplier: f64::from(retry.backoff_multiplier).max(1.0),
            codes: retry.retryable_status_codes.iter().map(|code| Code::from_number(*code)).collect(),
        }
    }

    /// How long to wait after `backoffs` waits since the first attempt, or since the server chose one:
    /// min(initial × multiplier^n, max) × random(0.8, 1.2).
    pub(crate) fn delay(&self, backoffs: u32, random: &mut Random) -> Duration {
        grown(self.initial_backoff, self.multiplier, backoffs, self.max_backoff, JITTER, random)
    }

    fn covers(&self, verdict: &Verdict) -> bool {
        verdict.codes.iter().flatten().any(|code| self.codes.contains(code))
    }
}

/// min(first × multiplier^n, most), give or take a random part of at most `jitter` of it.
pub(crate) fn grown(
    first: Duration,
    multiplier: f64,
    n: u32,
    most: Duration,
    jitter: f64,
    random: &mut Random,
) -> Duration {
    let most = most.as_secs_f64();
    let mut wait = first.as_secs_f64().min(most);
    // Multiplied step by step, because the precision of a power is not the same everywhere.
    for _ in 0..n {
        if wait >= most {
            break;
        }
        wait = (wait * multiplier).min(most);
    }
    let factor = 1.0 - jitter + 2.0 * jitter * random.unit();
    Duration::try_from_secs_f64(wait * factor).unwrap_or(Duration::MAX)
}

/// What a server says of retrying (A6, "Pushback").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pushback {
    /// Nothing.
    Silent,
    /// After exactly this time.
    After(Duration),
    /// Not at all.
    Never,
}

/// What a failure means for retrying.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// As which codes it counts.
    codes: [Option<Code>; 2],
    pub(crate) pushback: Pushback,
}

impl Verdict {
    /// Of a failure that a transport has reported. A broken transport is UNAVAILABLE, as gRPC's libraries have it.
    pub(crate) fn of(failure: &Failure) -> Self {
        let unavailable = Some(Code::Unavailable);
        match failure {
            Failure::Status { code, metadata, .. } => {
                Self { codes: [Some(*code), None], pushback: pushback(metadata) }
            }
            Failure::Intercepted { code, .. } => {
                Self { codes: [Some(*code), None], pushback: Pushback::Silent }
            }
            Failure::Transport { kind, .. } => match kind {
                TransportFailure::Unreachable
                | TransportFailure::Refused
                | TransportFailure::Tls
                | TransportFailure::Reset
                | TransportFailure::Protocol => {
                    Self { codes: [unavailable, None], pushback: Pushback::Silent }
                }
                TransportFailure::Timeout => Self::timeout(),
                // Sending the same again gives the same.
                TransportFailure::Cardinality
                | TransportFailure::TooLarge
                | TransportFailure::OtherProtocol
                | TransportFailure::Misuse => Self { codes: [None, None], pushback: Pushback::Silent },
            },
        }
    }

    /// Of an attempt that took too long: a broken transport, and a deadline that was exceeded.
    pub(crate) fn timeout() -> Self {
        Self { codes: [Some(Code::Unavailable), Some(Code::DeadlineExceeded)], pushback: Pushback::Silent }
    }

    /// Whether a policy retries it.
    pub(crate) fn is_retryable(&self, policy: &Retry) -> bool {
        policy.covers(self)
    }
}

/// A signed 32-bit number of milliseconds; a negative one, or anything else, is "not at all".
fn pushback(metadata: &Metadata) -> Pushback {
    if metadata.get(PUSHBACK).is_none() {
        return Pushback::Silent;
    }
    let said = metadata.text(PUSHBACK).and_then(|text| text.trim().parse::<i32>().ok());
    match said.and_then(|millis| u64::try_from(millis).ok()) {
        Some(millis) => Pushback::After(Duration::from_millis(millis)),
        None => Pushback::Never,
    }
}

/// One endpoint's retry budget: gRPC's `retryThrottling` with 10 tokens and 0.1 a success. Counted in tenths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Budget(u32);

impl Budget {
    const FULL: u32 = 100;
    const FAILURE: u32 = 10;

    pub(crate) const fn new() -> Self {
        Self(Self::FULL)
    }

    pub(crate) fn succeeded(&mut self) {
        self.0 = (self.0 + 1).min(Self::FULL);
    }

    /// A failure that might be retried, or that the server does not want retried. Whether there may be a retry: only
    /// while more than half of the tokens are left.
    pub(crate) fn failed(&mut self) -> bool {
        self.0 = self.0.saturating_sub(Self::FAILURE);
        self.0 > Self::FULL / 2
    }

    pub(crate) fn is_full(self) -> bool {
        self.0 == Self::FULL
    }
}

/// Whether a wait is over before `left` has passed: what is due at a deadline comes too late.
pub(crate) fn fits(wait: Duration, left: Duration) -> bool {
    nanos(wait) < nanos(left)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Seed;

    fn policy() -> Retry {
        Retry::read(&policy::Retry {
            max_attempts: 9,
            initial_backoff: 1_000_000_000,
            max_backoff: 10_000_000_000,
            backoff_multiplier: 2.0,
            retryable_status_codes: vec![14, 8],
        })
    }

    fn status(code: Code, pushback: Option<&'static str>) -> Verdict {
        let mut metadata = Metadata::new();
        if let Some(text) = pushback {
            metadata.insert(PUSHBACK, text);
        }
        Verdict::of(&Failure::Status { code, message: String::new(), details: bytes::Bytes::new(), metadata })
    }

    #[test]
    fn delays_grow_to_their_limit_and_are_spread_by_a_fifth() {
        let mut random = Random::new(&Seed([1; 32]));
        for (n, seconds) in [(0, 1.0), (1, 2.0), (2, 4.0), (3, 8.0), (4, 10.0), (u32::MAX, 10.0)] {
            let delays: Vec<f64> =
                (0..200).map(|_| policy().delay(n, &mut random).as_secs_f64() / seconds).collect();
            let (least, most) =
                (delays.iter().copied().reduce(f64::min), delays.into_iter().reduce(f64::max));
            assert!((0.8..0.83).contains(&least.unwrap()), "{n}: {least:?}");
            assert!((1.17..1.2).contains(&most.unwrap()), "{n}: {most:?}");
        }
    }

    #[test]
    fn attempts_are_at_most_five() {
        assert_eq!(policy().max_attempts, 5);
    }

    #[test]
    fn listed_codes_are_retried_and_a_broken_transport_is_unavailable() {
        let policy = policy();
        assert!(status(Code::ResourceExhausted, None).is_retryable(&policy));
        assert!(!status(Code::Internal, None).is_retryable(&policy));
        let broken = |kind| Verdict::of(&Failure::Transport { kind, unsent: false, message: String::new() });
        assert!(broken(TransportFailure::Reset).is_retryable(&policy));
        assert!(broken(TransportFailure::Timeout).is_retryable(&policy));
        assert!(!broken(TransportFailure::TooLarge).is_retryable(&policy));
        assert!(!broken(TransportFailure::OtherProtocol).is_retryable(&policy));
        let deadline = Retry { codes: vec![Code::DeadlineExceeded], ..policy };
        assert!(broken(TransportFailure::Timeout).is_retryable(&deadline));
        assert!(!broken(TransportFailure::Reset).is_retryable(&deadline));
    }

    #[test]
    fn a_server_says_when_or_never() {
        let said = |text| status(Code::Unavailable, text).pushback;
        assert_eq!(said(None), Pushback::Silent);
        assert_eq!(said(Some("0")), Pushback::After(Duration::ZERO));
        assert_eq!(said(Some("2147483647")), Pushback::After(Duration::from_millis(2_147_483_647)));
        for never in ["-1", "2147483648", "soon", "", "1.5"] {
            assert_eq!(said(Some(never)), Pushback::Never, "{never:?}");
        }
    }

    #[test]
    fn half_of_the_tokens_may_be_spent_and_successes_earn_them_back() {
        let mut budget = Budget::new();
        let retried = (0..7).filter(|_| budget.failed()).count();
        assert_eq!(retried, 4, "6 tokens are more than half of 10, 5 are not");
        for _ in 0..30 {
            budget.succeeded();
        }
        assert_eq!(budget, Budget(60));
        assert!(!budget.failed());
        for _ in 0..1000 {
            budget.succeeded();
        }
        assert!(budget.is_full());
    }
}
