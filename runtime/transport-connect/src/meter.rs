//! What the arrival of a body tells of the network (rule H2).

use std::collections::VecDeque;
use std::time::Duration;

use holdover_client::Progress;
use tokio::time::Instant;

/// Nobody needs to hear more often that bytes arrive.
const TELL_EVERY: Duration = Duration::from_secs(1);
/// Fewer bytes than that say more about round trips than about throughput.
const TRANSFER: u64 = 32 * 1000;
/// A reader that was away for longer finds bytes that came while nobody waited for them.
const AWAY: Duration = Duration::from_millis(10);

/// Measures one body while it is read.
#[derive(Debug)]
pub(crate) struct Meter {
    began: Instant,
    /// When the reader was last given a chunk.
    left: Instant,
    told: Instant,
    received: u64,
    /// Chunks come that had come before somebody waited for them.
    kept: bool,
    /// What is measured of a stream; a unary answer is one transfer as a whole.
    transfer: Option<(u64, Duration)>,
    news: VecDeque<Progress>,
}

impl Meter {
    /// Of the only message of a unary answer.
    pub(crate) fn whole() -> Self {
        let now = Instant::now();
        Self {
            began: now,
            left: now,
            told: now,
            received: 0,
            kept: false,
            transfer: None,
            news: VecDeque::new(),
        }
    }

    /// Of a stream, whose server is silent for as long as it has nothing to say. So only the rest of a message is
    /// measured, from when its first chunk has come: the server had it whole.
    pub(crate) fn parts() -> Self {
        Self { transfer: Some((0, Duration::ZERO)), ..Self::whole() }
    }

    /// A chunk has come. `asked` is when the reader came for it, `waited` says that it was not there yet, `within` that a
    /// message has begun and not ended.
    pub(crate) fn arrived(&mut self, bytes: usize, asked: Instant, waited: bool, within: bool) {
        let bytes = bytes as u64;
        let now = Instant::now();
        self.kept = !waited && (self.kept || asked.duration_since(self.left) > AWAY);
        self.received += bytes;
        self.left = now;
        if now.duration_since(self.told) >= TELL_EVERY {
            self.told = now;
            self.news.push_back(Progress::Bytes);
        }
        let Some((have, over)) = &mut self.transfer else { return };
        if within && !self.kept {
            *have += bytes;
            *over += now.duration_since(asked);
        }
        if *have >= TRANSFER {
            self.news.push_back(Progress::Transferred { bytes: *have, over: *over });
            (*have, *over) = (0, Duration::ZERO);
        }
    }

    /// The next thing to tell.
    pub(crate) fn news(&mut self) -> Option<Progress> {
        self.news.pop_front()
    }

    /// What a whole body comes to.
    pub(crate) fn total(&self) -> Progress {
        Progress::Transferred { bytes: self.received, over: self.began.elapsed() }
    }
}
