//! The reference model of streams, from section G of the rules and the readings on it: plain lists, searched from end to
//! end, and no code of the engine's.
//!
//! When a broken stream is opened again is up to chance within limits. So the model does not say when: it takes the moment
//! from what came out, and checks that it was within the limits.

mod kept;
mod openings;
mod readers;
mod scripts;
mod starts;

use std::collections::{BTreeMap, VecDeque};

use holdover_testkit::vector::{
    Abort, Delivery, ErrorOut, HintKind, In, Message, Out, Part, Span, Step, Vector,
};
use holdover_testkit::world::Shown;

use kept::Kept;
pub use scripts::{Action, Script, setting};

const S: i128 = 1_000_000_000;
/// How long a stream stays on the wire in the background.
const GRACE: i128 = 30 * S;
/// How long the last message may be replayed.
const WINDOW: i128 = 60 * S;
/// How long a head may take.
const HEAD: i128 = 10 * S;

/// What the rules, or this model of them, leave open: the step is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skip;

/// Whose stream of what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    account: String,
    method: String,
    request: Vec<u8>,
}

impl Name {
    /// Its last message is kept, and it is shared.
    fn is_kept(&self) -> bool {
        self.method.starts_with("Watch")
    }

    /// It is opened again by itself.
    fn comes_back(&self) -> bool {
        self.method != "Feed"
    }

    fn is_trimmed(&self) -> bool {
        self.method == "WatchTrimmed"
    }
}

/// A stream, shared by its readers.
#[derive(Clone, Debug)]
struct Stream {
    name: Name,
    readers: Vec<readers::Reader>,
    opening: Option<Opening>,
    /// From when until when it has to be opened again.
    due: Option<(i128, i128)>,
    /// It is off the wire until the app is back.
    suspended: bool,
    /// Openings in a row that have brought nothing.
    failures: i32,
    /// Something may have been missed since the last message.
    lost: bool,
}

/// A stream on the wire.
#[derive(Clone, Debug)]
struct Opening {
    n: u64,
    sent: i128,
    reduced: bool,
    head: bool,
    /// When the head came.
    since: i128,
    /// The last message that it has brought, and when.
    current: Option<(Vec<u8>, i128, u64)>,
    /// What waits at the wire.
    waiting: VecDeque<Wire>,
}

/// What comes off the wire.
#[derive(Clone, Debug)]
enum Wire {
    Message(Vec<u8>),
    End,
    Fail(ErrorOut, Class),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Transient,
    Evicting,
    Other,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Model {
    now: i128,
    order: u64,
    poor: bool,
    background_since: Option<i128>,
    streams: Vec<Stream>,
    /// Readers whose stream has ended, and who have not taken all of it.
    leaving: Vec<readers::Reader>,
    kept: Vec<Kept>,
    invalidations: Vec<(String, String, u64)>,
    sessions: BTreeMap<String, String>,
    sends: u64,
    outs: Vec<Out>,
}

impl Model {
    /// The setting of a script.
    #[must_use]
    pub fn new(setting: &Vector) -> Model {
        let user = |session: &holdover_testkit::vector::Session| session.user.clone().unwrap_or_default();
        Model {
            now: 0,
            order: 0,
            poor: false,
            background_since: None,
            streams: Vec::new(),
            leaving: Vec::new(),
            kept: Vec::new(),
            invalidations: Vec::new(),
            sessions: setting.sessions.iter().map(|(name, session)| (name.clone(), user(session))).collect(),
            sends: 0,
            outs: Vec::new(),
        }
    }

    /// What must come out of a step that is admitted, given when things came out. `None`: while time passed something
    /// happened that the rules, or this model of them, leave open; the model is of no use from then on.
    ///
    /// # Errors
    /// Says what came at a time at which it must not.
    pub fn step(&mut self, step: &Step, got: &[Shown]) -> Result<Option<Vec<Out>>, String> {
        if let Some(at) = step.at
            && self.let_time_pass(at.0, got)?.is_err()
        {
            return Ok(None);
        }
        self.order += 1;
        if let Some(input) = &step.input {
            self.feed(input).map_err(|Skip| "the step was not admitted".to_owned())?;
        }
        Ok(Some(std::mem::take(&mut self.outs)))
    }

    /// Whether the rules say what comes of an input.
    #[must_use]
    pub fn admits(&self, input: &In) -> bool {
        self.clone().feed(input).is_ok()
    }

    fn feed(&mut self, input: &In) -> Result<(), Skip> {
        match input {
            In::Stream(call) => self.start(call),
            In::Take(take) => self.take(&take.op, take.items),
            In::Cancel(cancel) => self.leave(&cancel.op),
            In::Head(head) => self.head(head.send),
            In::Item(item) => self.wire(item.send, Wire::Message(item.body.0.clone())),
            In::End(end) => self.wire(end.send, Wire::End),
            In::Fail(fail) => {
                let (error, class) = openings::understand(fail);
                self.wire(fail.send, Wire::Fail(error, class))
            }
            In::App(app) => self.app(app.state == holdover_testkit::vector::AppWord::Background),
            In::Hint(hint) => match &hint.what {
                HintKind::Quality(class) => self.quality(class == "POOR"),
                _ => Err(Skip),
            },
            In::Invalidate(invalidate) => {
                let text = invalidate.tag.iter().map(|part| match part {
                    Part::Literal(text) => text.clone(),
                    Part::Value { value } => value.as_str().unwrap_or_default().to_owned(),
                });
                let account = self.account(invalidate.session.as_ref());
                self.order += 1;
                self.invalidations.push((account, text.collect(), self.order));
                self.done(&invalidate.op);
                Ok(())
            }
            In::Restart(boot) => self.restart(boot.how.off.0),
            In::SignOut(sign_out) => {
                let account = self.account(sign_out.session.as_ref());
                self.sign_out(&account);
                self.done(&sign_out.op);
                Ok(())
            }
            In::Open(_) => Ok(()),
            _ => Err(Skip),
        }
    }

    fn account(&self, session: Option<&String>) -> String {
        session.and_then(|session| self.sessions.get(session)).cloned().unwrap_or_default()
    }

    /// Time passes: what is due happens, and streams are opened again when they were.
    fn let_time_pass(&mut self, to: i128, got: &[Shown]) -> Result<Result<(), Skip>, String> {
        loop {
            let sends = got.iter().filter_map(|shown| match &shown.out {
                Out::Send(send) if send.n == self.sends + 1 && shown.at <= to => Some(shown.at),
                _ => None,
            });
            let opened =
                sends.filter(|at| self.streams.iter().any(|s| s.due.is_some_and(|(from, _)| from <= *at)));
            let heads = self.streams.iter().filter_map(|stream| {
                let opening = stream.opening.as_ref().filter(|opening| !opening.head)?;
                Some(opening.sent + HEAD)
            });
            let grace = self.background_since.map(|since| since + GRACE);
            let grace = grace.filter(|_| self.streams.iter().any(|s| s.name.comes_back() && !s.suspended));
            let timers = heads.map(|at| (at, 0)).chain(grace.map(|at| (at, 1)));
            let Some((at, what)) = timers.chain(opened.map(|at| (at, 2))).filter(|(at, _)| *at <= to).min()
            else {
                break;
            };
            self.overdue(at)?;
            self.now = self.now.max(at);
            match what {
                0 => {
                    if self.head_is_late(at).is_err() {
                        return Ok(Err(Skip));
                    }
                }
                1 => self.grace_is_over(),
                _ => self.open_again(got)?,
            }
        }
        self.overdue(to)?;
        self.now = to;
        Ok(Ok(()))
    }

    fn overdue(&self, at: i128) -> Result<(), String> {
        match self.streams.iter().find(|stream| stream.due.is_some_and(|(_, until)| until < at)) {
            Some(stream) => Err(format!("{:?} had to be opened again before {}", stream.name, Span(at).0)),
            None => Ok(()),
        }
    }

    fn deliver(&mut self, to: &str, delivery: Delivery) {
        self.outs.push(Out::To(Delivery { to: to.to_owned(), ..delivery }));
    }

    fn done(&mut self, to: &str) {
        self.deliver(to, Delivery { done: true, ..Delivery::default() });
    }

    fn abort(&mut self, n: u64) {
        self.outs.push(Out::Abort(Abort { n }));
    }
}

fn message(bytes: &[u8]) -> Option<Message> {
    Some(Message(bytes.to_vec()))
}
