//! C9: how fast a key is refreshed.

use holdover_testkit::vector::ErrorOut;

use super::method::S;
use super::{Model, Partition, Skip};

/// What is known of a key's refreshes.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    partition: Partition,
    key: String,
    /// In a row.
    failures: i32,
    failed_at: i128,
    error: Option<ErrorOut>,
    transient: bool,
    /// No refresh that nobody waits for starts before.
    next: i128,
}

/// Whether a key is in backoff.
pub(super) struct Backoff {
    pub(super) error: ErrorOut,
    pub(super) transient: bool,
}

impl Model {
    fn pace(&mut self, partition: &Partition, key: &str) -> &mut Pace {
        let found = self.paces.iter().position(|pace| pace.partition == *partition && pace.key == key);
        let index = found.unwrap_or_else(|| {
            self.paces.push(Pace {
                partition: partition.clone(),
                key: key.to_owned(),
                failures: 0,
                failed_at: 0,
                error: None,
                transient: false,
                next: 0,
            });
            self.paces.len() - 1
        });
        &mut self.paces[index]
    }

    pub(super) fn refresh_answered(&mut self, partition: &Partition, key: &str, behind: bool, took: i128) {
        let now = self.now;
        let pace = self.pace(partition, key);
        (pace.failures, pace.error) = (0, None);
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
        pace.failures += 1;
        (pace.failed_at, pace.error, pace.transient) = (now, Some(error.clone()), transient);
        if behind {
            pace.next = now + S;
        }
    }

    /// 1 s × 1.5, ±50 %, at most 60 s: between the shortest and the longest the rules do not say.
    pub(super) fn backoff(&self, partition: &Partition, key: &str) -> Result<Option<Backoff>, Skip> {
        let found = self.paces.iter().find(|pace| pace.partition == *partition && pace.key == key);
        let Some((pace, error)) = found.and_then(|pace| Some((pace, pace.error.clone()?))) else {
            return Ok(None);
        };
        let mut step = S;
        for _ in 1..pace.failures {
            step = (step * 3 / 2).min(60 * S);
        }
        let elapsed = self.now - pace.failed_at;
        if elapsed < step / 2 {
            Ok(Some(Backoff { error, transient: pace.transient }))
        } else if elapsed >= (step * 3 / 2).min(60 * S) {
            Ok(None)
        } else {
            Err(Skip)
        }
    }

    /// Whether a refresh that nobody waits for would come too soon after the last one.
    pub(super) fn is_too_soon(&self, partition: &Partition, key: &str) -> bool {
        self.paces.iter().any(|pace| pace.partition == *partition && pace.key == key && self.now < pace.next)
    }
}
