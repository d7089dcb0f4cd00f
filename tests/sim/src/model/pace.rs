//! C9: how fast a key is refreshed.

use holdover_testkit::vector::ErrorOut;

use super::method::S;
use super::{Model, Partition, Skip};

/// What is known of a key's refreshes. Backoffs are random: of what follows from them, the least and the most is known.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    partition: Partition,
    key: String,
    /// In a row.
    failures: (i32, i32),
    /// When the backoff ends.
    until: (i128, i128),
    error: Option<ErrorOut>,
    transient: bool,
    /// No refresh that nobody waits for starts before.
    next: i128,
    /// When a change of network last cut the backoff short, and when it last may have.
    cut: (i128, i128),
}

/// Whether a key is in backoff.
pub(super) struct Backoff {
    pub(super) error: ErrorOut,
    pub(super) transient: bool,
}

/// 1 s × 1.5 after each failure but the first, at most 60 s.
fn backoff_after(failures: i32) -> i128 {
    (1..failures).fold(S, |step, _| (step * 3 / 2).min(60 * S))
}

impl Model {
    fn pace(&mut self, partition: &Partition, key: &str) -> &mut Pace {
        let found = self.paces.iter().position(|pace| pace.partition == *partition && pace.key == key);
        let index = found.unwrap_or_else(|| {
            self.paces.push(Pace {
                partition: partition.clone(),
                key: key.to_owned(),
                failures: (0, 0),
                until: (i128::MIN, i128::MIN),
                error: None,
                transient: false,
                next: 0,
                cut: (i128::MIN / 2, i128::MIN / 2),
            });
            self.paces.len() - 1
        });
        &mut self.paces[index]
    }

    pub(super) fn refresh_answered(&mut self, partition: &Partition, key: &str, behind: bool, took: i128) {
        let now = self.now;
        let pace = self.pace(partition, key);
        (pace.failures, pace.until, pace.error) = ((0, 0), (i128::MIN, i128::MIN), None);
        if behind {
            pace.next = now + took.max(S);
        }
    }

    pub(super) fn refresh_failed(
        &mut self,
        partition: &Partition,
        key: &str,
        behind: bool,
        error: &ErrorOut,
        transient: bool,
    ) {
        let now = self.now;
        let pace = self.pace(partition, key);
        let (least, most) = (pace.failures.0 + 1, pace.failures.1 + 1);
        pace.failures = (least, most);
        // ±50 %.
        pace.until = (now + backoff_after(least) / 2, now + (backoff_after(most) * 3 / 2).min(60 * S));
        (pace.error, pace.transient) = (Some(error.clone()), transient);
        if behind {
            pace.next = now + S;
        }
    }

    /// The network is another one, or is back: backoffs end after a random part of a second, each at most once in 10 s.
    pub(super) fn cut_backoffs(&mut self) {
        let now = self.now;
        for pace in self.paces.iter_mut().filter(|pace| pace.error.is_some() && now < pace.until.1) {
            if now < pace.cut.0 + 10 * S {
                continue;
            }
            let is_sure = now < pace.until.0 && now >= pace.cut.1 + 10 * S;
            pace.failures.0 = 0;
            pace.until.0 = now;
            pace.cut.1 = now;
            if is_sure {
                (pace.failures.1, pace.cut.0) = (0, now);
                pace.until.1 = pace.until.1.min(now + S);
            }
        }
    }

    /// Between the shortest backoff and the longest the rules do not say.
    pub(super) fn backoff(&self, partition: &Partition, key: &str) -> Result<Option<Backoff>, Skip> {
        let found = self.paces.iter().find(|pace| pace.partition == *partition && pace.key == key);
        let Some((pace, error)) = found.and_then(|pace| Some((pace, pace.error.clone()?))) else {
            return Ok(None);
        };
        if self.now < pace.until.0 {
            Ok(Some(Backoff { error, transient: pace.transient }))
        } else if self.now >= pace.until.1 {
            Ok(None)
        } else {
            Err(Skip)
        }
    }

    /// When refreshes of a key by themselves are permitted: the earliest, and the latest.
    pub(super) fn permitted_between(&self, partition: &Partition, key: &str) -> (i128, i128) {
        let found = self.paces.iter().find(|pace| pace.partition == *partition && pace.key == key);
        found.map_or((0, 0), |pace| (pace.until.0.max(pace.next), pace.until.1.max(pace.next)))
    }

    /// An observer fetches now: its key's backoff is over.
    pub(super) fn was_permitted(&mut self, op: &str) {
        let now = self.now;
        let Some((partition, key)) = self.observer(op).map(|o| (o.partition.clone(), o.key.clone())) else {
            return;
        };
        let pace = self.pace(&partition, &key);
        pace.until.1 = pace.until.1.min(now);
        pace.until.0 = pace.until.0.min(now);
    }

    /// Whether a refresh that nobody waits for would come too soon after the last one.
    pub(super) fn is_too_soon(&self, partition: &Partition, key: &str) -> bool {
        self.paces.iter().any(|pace| pace.partition == *partition && pace.key == key && self.now < pace.next)
    }
}
