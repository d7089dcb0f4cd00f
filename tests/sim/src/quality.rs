//! The reference model of section H: what measurements and the platform say of the network, written from
//! `runtime/SEMANTICS.md` as plainly as possible and sharing no code with the engine. It is told of what goes in and of what
//! is sent and given up, and says which changes of class must be told.

mod estimate;

use holdover_testkit::vector::{AppWord, Fail, HintKind, In, Numbers, Out, Step};
use holdover_testkit::world::Shown;

use estimate::{Sample, class, keep, median, numbers, prior};

const MS: i128 = 1_000_000;
const S: i128 = 1000 * MS;

/// Worst first.
const CLASSES: [&str; 5] = ["OFFLINE", "VERY_POOR", "POOR", "MODERATE", "GOOD"];

/// The rules do not say what would happen: how exact a weight is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unknown;

/// What is known of the network.
#[derive(Debug, Default)]
pub struct Quality {
    now: i128,
    air: Vec<Wait>,
    /// Samples of the network in use: request times in nanoseconds.
    times: Vec<Sample>,
    /// In kbit/s.
    downlinks: Vec<Sample>,
    taken: u64,
    /// Since the last change of class or network.
    fresh_samples: u32,
    has_measured: bool,
    measured: Option<usize>,
    remembered: Vec<(String, Numbers)>,
    network: (String, u64),
    hinted: (String, u64),
    unreachable: bool,
    refuted: bool,
    pinned: Option<usize>,
    own: Option<Numbers>,
    in_force: Option<usize>,
    told: Vec<(Option<usize>, Option<usize>)>,
}

/// A request on the wire.
#[derive(Debug)]
struct Wait {
    n: u64,
    sent: i128,
    timeout: i128,
    /// Since when the next byte is awaited.
    since: i128,
    head: bool,
    /// What its silence was sampled as.
    sampled: Option<u64>,
    silence_at: i128,
    /// A suspension, or a change of network, came between.
    says_nothing: bool,
}

impl Quality {
    /// Takes in a step and what came of it; gives the changes of class that must be told in it, in order: the class, and the
    /// one before.
    ///
    /// # Errors
    /// [`Unknown`] if the rules do not say; the model is of no use then.
    pub fn step(&mut self, step: &Step, shown: &[Shown]) -> Result<Vec<(String, String)>, Unknown> {
        let to = step.at.map_or(self.now, |at| at.0);
        let mut shown =
            shown.iter().filter(|shown| matches!(shown.out, Out::Send(_) | Out::Abort(_))).peekable();
        // Time first, with what is given up on the way.
        loop {
            let silence = self.air.iter().map(|wait| wait.silence_at).min().filter(|at| *at <= to);
            let before_input =
                shown.peek().filter(|shown| shown.at < to || is_abort(&shown.out)).map(|s| s.at);
            match (silence, before_input) {
                (Some(at), next) if next.is_none_or(|next| at <= next) => {
                    self.now = at;
                    self.silence(at)?;
                }
                (_, Some(_)) => {
                    let shown = shown.next().expect("it was peeked at");
                    self.now = shown.at;
                    self.wire(&shown.out)?;
                }
                (_, None) => break,
            }
        }
        self.now = to;
        if let Some(input) = &step.input {
            self.feed(input)?;
        }
        for shown in shown {
            self.wire(&shown.out)?;
        }
        let name = |class: Option<usize>| class.map_or("UNSPECIFIED", |class| CLASSES[class]).to_owned();
        Ok(std::mem::take(&mut self.told).into_iter().map(|(to, from)| (name(to), name(from))).collect())
    }

    fn wire(&mut self, out: &Out) -> Result<(), Unknown> {
        match out {
            Out::Send(send) => self.air.push(Wait {
                n: send.n,
                sent: self.now,
                timeout: send.timeout.map_or(i128::MAX, |timeout| timeout.0),
                since: self.now,
                head: false,
                sampled: None,
                silence_at: self.now + 3 * S,
                says_nothing: false,
            }),
            Out::Abort(abort) => {
                let Some(at) = self.air.iter().position(|wait| wait.n == abort.n) else { return Ok(()) };
                let wait = self.air.remove(at);
                let elapsed = self.now - wait.sent;
                // What is cut for another reason than time says nothing.
                if wait.says_nothing || elapsed < wait.timeout {
                    return Ok(());
                }
                match wait.sampled {
                    Some(sample) => self.correct(sample, elapsed)?,
                    // A timeout counts as at least its length: one below the estimate says nothing.
                    None => {
                        let estimate = self.estimate(&self.times);
                        let counts =
                            |at: fn((i128, i128)) -> i128| estimate.is_none_or(|of| elapsed >= at(of));
                        if counts(|(low, _)| low) != counts(|(_, high)| high) {
                            return Err(Unknown);
                        }
                        if counts(|(low, _)| low) {
                            self.request_time(elapsed)?;
                        }
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn feed(&mut self, input: &In) -> Result<(), Unknown> {
        match input {
            In::Head(head) => {
                let server =
                    head.metadata.get("server-timing").and_then(|text| text.strip_prefix("total;dur="));
                let server = server.and_then(|ms| ms.parse::<i128>().ok()).unwrap_or(0) * MS;
                self.head(head.send, head.after.map(|span| span.0), server)?;
            }
            In::Answer(answer) => self.ended(answer.send, true)?,
            In::Fail(fail) => self.failed(fail)?,
            In::Progress(progress) => self.bytes(progress.send)?,
            In::Transferred(transferred) => {
                let wait = self.air.iter().find(|wait| wait.n == transferred.send);
                let counts = wait.is_some_and(|wait| !wait.says_nothing) && transferred.bytes >= 32_000;
                if counts && transferred.over.0 > 0 {
                    // Bits a nanosecond are 1,000,000 kbit/s.
                    let kbps = i128::from(transferred.bytes) * 8 * 1_000_000 / transferred.over.0;
                    let sample = self.sample(kbps);
                    keep(&mut self.downlinks, sample);
                    self.sampled()?;
                }
                self.bytes(transferred.send)?;
            }
            In::App(app) if app.state == AppWord::Foreground => self.interrupted(),
            In::Hint(hint) => self.hint(&hint.what)?,
            _ => {}
        }
        Ok(())
    }

    fn hint(&mut self, hint: &HintKind) -> Result<(), Unknown> {
        match hint {
            HintKind::Quality(class) => {
                self.pinned = CLASSES.iter().position(|name| name == class);
                self.tell();
                return Ok(());
            }
            HintKind::Estimate(numbers) => {
                self.own.clone_from(numbers);
                self.tell();
                return Ok(());
            }
            HintKind::Reachable(reachable) => {
                let is_cut = *reachable == Some(false);
                if is_cut != self.unreachable {
                    self.refuted = false;
                }
                self.unreachable = is_cut;
            }
            HintKind::Interface(interface) if interface == "UNKNOWN" => self.hinted.0.clear(),
            HintKind::Interface(interface) => self.hinted.0.clone_from(interface),
            HintKind::Path(path) => self.hinted.1 = *path,
            _ => return Ok(()),
        }
        // What is told of a network while there is none comes to count when there is one.
        if !self.unreachable && self.hinted != self.network {
            self.network_changed()?;
        }
        self.tell();
        Ok(())
    }

    /// H3: what is remembered of its type, or typical of it, is where the estimate starts.
    fn network_changed(&mut self) -> Result<(), Unknown> {
        self.interrupted();
        if self.has_measured {
            let exactly = |samples: &[Sample]| match median(samples) {
                Some((low, high)) if low != high => Err(Unknown),
                found => Ok(found.map(|(low, _)| low)),
            };
            let numbers = numbers(exactly(&self.times)?, exactly(&self.downlinks)?);
            self.remembered.retain(|(interface, _)| *interface != self.network.0);
            self.remembered.push((self.network.0.clone(), numbers));
        }
        self.network.clone_from(&self.hinted);
        (self.times, self.downlinks) = (Vec::new(), Vec::new());
        (self.fresh_samples, self.has_measured) = (0, false);
        let remembered = self.remembered.iter().find(|(interface, _)| *interface == self.network.0);
        let start = remembered.map(|(_, numbers)| numbers.clone()).or_else(|| prior(&self.network.0));
        let start = start.unwrap_or_default();
        if let Some(time) = start.request_time {
            let sample = self.sample(time.0);
            keep(&mut self.times, sample);
        }
        if let Some(kbps) = start.downlink {
            let sample = self.sample(i128::from(kbps));
            keep(&mut self.downlinks, sample);
        }
        self.measured = class(&start, 1, 1);
        Ok(())
    }

    fn interrupted(&mut self) {
        for wait in &mut self.air {
            (wait.says_nothing, wait.silence_at) = (true, i128::MAX);
        }
    }

    /// Something came.
    fn heard(&mut self) {
        if self.unreachable && !self.refuted {
            self.refuted = true;
            self.tell();
        }
    }

    fn head(&mut self, n: u64, after: Option<i128>, server: i128) -> Result<(), Unknown> {
        let now = self.now;
        let Some(wait) = self.air.iter_mut().find(|wait| wait.n == n) else { return Ok(()) };
        if wait.head {
            return self.bytes(n);
        }
        let took = after.unwrap_or(now - wait.sent);
        let (sampled, says_nothing) = (wait.sampled.take(), wait.says_nothing);
        (wait.head, wait.since) = (true, now);
        wait.silence_at = if says_nothing { i128::MAX } else { now + 3 * S };
        self.heard();
        if says_nothing {
            return Ok(());
        }
        // A server that claims to have worked longer than anybody waited is not believed.
        let took = if server <= took { took - server } else { took };
        match sampled {
            Some(sample) => self.correct(sample, took),
            None => self.request_time(took),
        }
    }

    fn bytes(&mut self, n: u64) -> Result<(), Unknown> {
        let now = self.now;
        let Some(wait) = self.air.iter_mut().find(|wait| wait.n == n) else { return Ok(()) };
        let silence = now - wait.since;
        wait.since = now;
        let sampled = wait.sampled.take();
        let says_nothing = wait.says_nothing;
        wait.silence_at = if says_nothing { i128::MAX } else { now + 3 * S };
        self.heard();
        match sampled {
            Some(sample) if !says_nothing => self.correct(sample, silence),
            _ => Ok(()),
        }
    }

    /// The server has spoken; without a head the answer is its own.
    fn ended(&mut self, n: u64, is_evidence: bool) -> Result<(), Unknown> {
        if is_evidence {
            self.head(n, None, 0)?;
        } else if self.air.iter().any(|wait| wait.n == n) {
            self.heard();
        }
        self.air.retain(|wait| wait.n != n);
        Ok(())
    }

    fn failed(&mut self, fail: &Fail) -> Result<(), Unknown> {
        match fail.status.as_deref() {
            // By the deadline that the request names, the server has given up.
            Some(status) => self.ended(fail.send, status != "DEADLINE_EXCEEDED"),
            None => {
                self.air.retain(|wait| wait.n != fail.send);
                Ok(())
            }
        }
    }

    /// Nothing has come for 3 s.
    fn silence(&mut self, at: i128) -> Result<(), Unknown> {
        let sample = self.sample(3 * S);
        let wait = self.air.iter_mut().find(|wait| wait.silence_at == at).expect("its timer has just fired");
        (wait.sampled, wait.silence_at) = (Some(sample.id), i128::MAX);
        keep(&mut self.times, sample);
        self.sampled()
    }

    fn sample(&mut self, value: i128) -> Sample {
        self.taken += 1;
        Sample { id: self.taken, at: self.now, value }
    }

    fn request_time(&mut self, took: i128) -> Result<(), Unknown> {
        let sample = self.sample(took);
        keep(&mut self.times, sample);
        self.sampled()
    }

    fn sampled(&mut self) -> Result<(), Unknown> {
        self.fresh_samples += 1;
        self.has_measured = true;
        self.judge()
    }

    /// One wait is one sample.
    fn correct(&mut self, sample: u64, took: i128) -> Result<(), Unknown> {
        let before = self.times.len();
        self.times.retain(|kept| kept.id != sample);
        if self.times.len() < before {
            let corrected = Sample { id: sample, at: self.now, value: took };
            keep(&mut self.times, corrected);
        }
        self.judge()
    }

    /// What the samples of a kind say, unless the newest is older than five minutes (reading 31).
    fn estimate(&self, samples: &[Sample]) -> Option<(i128, i128)> {
        let is_old = samples.last().is_some_and(|newest| self.now - newest.at > 300 * S);
        if is_old { None } else { median(samples) }
    }

    /// H3.
    fn judge(&mut self) -> Result<(), Unknown> {
        if self.fresh_samples >= 5 {
            let (times, rates) = (self.estimate(&self.times), self.estimate(&self.downlinks));
            let next = self.next(times.map(|(low, _)| low), rates.map(|(low, _)| low));
            let others = [
                self.next(times.map(|(low, _)| low), rates.map(|(_, high)| high)),
                self.next(times.map(|(_, high)| high), rates.map(|(low, _)| low)),
                self.next(times.map(|(_, high)| high), rates.map(|(_, high)| high)),
            ];
            if others.iter().any(|other| *other != next) {
                return Err(Unknown);
            }
            if next != self.measured {
                (self.measured, self.fresh_samples) = (next, 0);
            }
        }
        self.tell();
        Ok(())
    }

    /// The class that follows from an estimate.
    fn next(&self, time: Option<i128>, kbps: Option<i128>) -> Option<usize> {
        let estimate = numbers(time, kbps);
        // As bad as this even if it were a fifth better, and as good as this even if it were a fifth worse.
        let (at_best, at_worst) = (class(&estimate, 12, 10), class(&estimate, 8, 10));
        match self.measured {
            None => class(&estimate, 1, 1),
            Some(current) if at_best.is_some_and(|class| class < current) => at_best,
            Some(current) if at_worst.is_some_and(|class| class > current) => at_worst,
            current => current,
        }
    }

    /// Reading 34, and H5: changes only.
    fn tell(&mut self) {
        let to = if self.pinned.is_some() {
            self.pinned
        } else if self.unreachable && !self.refuted {
            Some(0)
        } else if let Some(own) = &self.own {
            class(own, 1, 1)
        } else {
            self.measured
        };
        let from = std::mem::replace(&mut self.in_force, to);
        if from != to {
            self.told.push((to, from));
        }
    }
}

fn is_abort(out: &Out) -> bool {
    matches!(out, Out::Abort(_))
}
