//! The reference model: what the rules say about gets, prefetches, observers, puts, mutations and invalidations, written from
//! `runtime/SEMANTICS.md` as plainly as possible and sharing no code with the engine. Everything is a list that is
//! searched from end to end.
//!
//! Where neither a rule nor a reading decides, the model declines to take the step ([`Skip`]), and the script goes on
//! without it.

mod answers;
mod calls;
mod clocks;
mod entry;
mod failures;
mod flights;
mod holds;
mod hook;
mod life;
mod method;
mod observers;
mod pace;
mod puts;
mod reach;
mod refetches;
mod retries;
mod serving;
mod states;
mod switches;
mod time;

use std::collections::BTreeMap;

use holdover_testkit::vector::{
    AppWord, Credentials, Delivery, ErrorOut, HintKind, In, Out, Part, Session, Span, Step, Switch, Vector,
};
use holdover_testkit::world::Shown;

use entry::Entry;
use flights::Flight;
use hook::Hook;

/// E3's limit of a jump ahead.
const YEAR_MS: i128 = 365 * 24 * 3_600_000;

/// No wall time has been seen.
const UNKNOWN_MS: i128 = -1_000 * YEAR_MS;

/// The rules do not say what would happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skip;

/// Whose entries they are.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Partition {
    Account(String),
    Device,
}

/// A client and its store, by the rules.
#[derive(Clone, Debug)]
pub struct Model {
    now: i128,
    wall_shift: i128,
    boot: u32,
    seen_wall_ms: i128,
    /// By this process, or by those whose knowledge it has.
    known_wall_ms: i128,
    saved_wall_ms: i128,
    jumped_ahead: bool,
    order: u64,
    quality: u8,
    save_data: bool,
    sessions: BTreeMap<String, OpenSession>,
    hooks: BTreeMap<String, Hook>,
    entries: Vec<Entry>,
    /// When the requests were sent whose answers have been stored, full (`false`) and reduced.
    answered: Vec<(Partition, String, bool, i128)>,
    /// What the answer to a request that was sent then said to be gone.
    evictions: Vec<(Partition, String, i128)>,
    invalidations: Vec<Invalidation>,
    flights: Vec<Flight>,
    /// What is off, for later processes too.
    switches: Vec<Switch>,
    path: u64,
    /// As many refreshes fly as may at once.
    is_full: bool,
    paces: Vec<pace::Pace>,
    reaches: Vec<reach::Reach>,
    /// Of endpoints, in tenths of tokens.
    budgets: Vec<(String, i32)>,
    calls: Vec<calls::Waiting>,
    observers: Vec<observers::Observer>,
    /// Since when the app is in the background.
    background_since: Option<i128>,
    grace_is_over: bool,
    /// What was sent before says nothing about the network: a place in the order of all that happened.
    evidence_since: u64,
    /// What came out of the engine in this step, and when: it tells where in their range random times were.
    seen: Option<Vec<(i128, Out)>>,
    /// Something has happened that the rules leave open.
    undecided: bool,
    sends: u64,
    asks: u64,
    names: u64,
    outs: Vec<Out>,
    /// When each of them came out, of those that have been looked at.
    times: Vec<i128>,
}

#[derive(Clone, Debug)]
struct OpenSession {
    config: Session,
    account: String,
    signed_out: bool,
}

#[derive(Clone, Debug)]
struct Invalidation {
    account: String,
    tag: String,
    order: u64,
}

impl Model {
    /// The setting of a vector.
    #[must_use]
    pub fn new(setting: &Vector) -> Model {
        let mut model = Model {
            now: 0,
            wall_shift: 0,
            boot: 1,
            seen_wall_ms: 0,
            known_wall_ms: UNKNOWN_MS,
            saved_wall_ms: UNKNOWN_MS,
            jumped_ahead: false,
            order: 0,
            quality: quality(setting.quality.as_deref().unwrap_or("GOOD")),
            save_data: false,
            sessions: BTreeMap::new(),
            hooks: BTreeMap::new(),
            entries: Vec::new(),
            answered: Vec::new(),
            evictions: Vec::new(),
            invalidations: Vec::new(),
            flights: Vec::new(),
            switches: Vec::new(),
            path: 0,
            is_full: false,
            paces: Vec::new(),
            reaches: Vec::new(),
            budgets: Vec::new(),
            calls: Vec::new(),
            observers: Vec::new(),
            background_since: None,
            grace_is_over: false,
            evidence_since: 0,
            seen: None,
            undecided: false,
            sends: 0,
            asks: 0,
            names: 0,
            outs: Vec::new(),
            times: Vec::new(),
        };
        for (name, session) in &setting.sessions {
            model.open(name, session);
        }
        model
    }

    /// What comes out of a step, and when, given what the engine did: by that it is known when random times were. Without it they are
    /// as late as they can be.
    ///
    /// # Errors
    /// [`Skip`] if the rules do not say; the model is of no use then.
    pub fn step(&mut self, step: &Step, got: Option<&[Shown]>) -> Result<Vec<(i128, Out)>, Skip> {
        self.seen = got.map(|got| got.iter().map(|shown| (shown.at, shown.out.clone())).collect());
        if let Some(at) = step.at {
            self.let_time_pass(at.0)?;
            let just_now = |(from, until, _): &(i128, i128, String)| *from == at.0 && from < until;
            if step.input.is_some() && self.permits().iter().any(just_now) {
                // What comes at this very instant may be because of either.
                return Err(Skip);
            }
        }
        if let Some(input) = &step.input {
            self.order += 1;
            // Nobody looks at the clock just because it is set.
            if !matches!(input, In::Clock(_)) {
                self.look_at_the_clock();
            }
            self.feed(input)?;
            self.settle()?;
        }
        if self.undecided {
            return Err(Skip);
        }
        let mut outs = std::mem::take(&mut self.outs);
        for out in &mut outs {
            if let Out::To(delivery) = out {
                for error in [&mut delivery.error, &mut delivery.failed].into_iter().flatten() {
                    error.message = None;
                }
            }
        }
        self.times.resize(outs.len(), self.now);
        Ok(std::mem::take(&mut self.times).into_iter().zip(outs).collect())
    }

    fn feed(&mut self, input: &In) -> Result<(), Skip> {
        match input {
            In::Get(call) => self.get(call, false),
            In::Prefetch(call) => self.get(call, true),
            In::Cached(call) => self.cached(call),
            In::Observe(call) => self.observe(call),
            In::Refresh(refresh) => self.pull(refresh),
            In::App(app) => self.app(app.state == AppWord::Background),
            In::Put(put) => self.put(put),
            In::Invalidate(invalidate) => {
                let session = self.session(invalidate.session.as_ref());
                if session.signed_out {
                    self.fail(&invalidate.op, error("SIGNED_OUT"));
                    return Ok(());
                }
                let [Part::Literal(literal), Part::Value { value }] = invalidate.tag.as_slice() else {
                    return Err(Skip);
                };
                let tag = format!("{literal}{}", value.as_str().ok_or(Skip)?);
                self.invalidate(&session.account, &tag);
                self.done(&invalidate.op);
                Ok(())
            }
            In::SignOut(sign_out) => {
                let session = self.session(sign_out.session.as_ref());
                if session.signed_out {
                    self.fail(&sign_out.op, error("SIGNED_OUT"));
                    return Ok(());
                }
                self.sign_out(&session.account);
                self.done(&sign_out.op);
                Ok(())
            }
            In::Disable(disable) => self.disable(disable),
            In::Open(open) => {
                self.open(&open.name, &open.session);
                Ok(())
            }
            In::SetMetadata(set) => {
                let name = set.session.clone().expect("scripts name their sessions");
                let session = self.sessions.get_mut(&name).expect("scripts name sessions that exist");
                session.config.metadata.clone_from(&set.metadata);
                Ok(())
            }
            In::Cancel(cancel) => self.cancel(&cancel.op),
            In::Credentials(reply) => self.reply(reply),
            In::Head(head) => {
                self.head(head.send);
                Ok(())
            }
            In::Answer(answer) => self.answer(answer),
            In::Fail(fail) => self.failure(fail),
            In::Hint(hint) => {
                match &hint.what {
                    HintKind::Quality(class) => self.set_quality(quality(class))?,
                    HintKind::Path(path) => self.set_path(*path)?,
                    HintKind::DataSaver(on) => {
                        if std::mem::replace(&mut self.save_data, *on) != *on {
                            self.restore()?;
                        }
                    }
                    HintKind::Credentials(session) => {
                        let account = self.sessions[session].account.clone();
                        self.new_credentials(&account)?;
                    }
                    _ => return Err(Skip),
                }
                Ok(())
            }
            In::Restart(boot) => {
                self.restart(boot.how.off.0, false);
                Ok(())
            }
            In::Reboot(boot) => {
                self.restart(boot.how.off.0, true);
                Ok(())
            }
            In::Clock(clock) => {
                self.wall_shift += clock.by.wall.0;
                Ok(())
            }
            _ => Err(Skip),
        }
    }

    fn open(&mut self, name: &str, config: &Session) {
        let account = config.user.clone().unwrap_or_default();
        let automatic = match &config.credentials {
            Credentials::Use(metadata) => Some(metadata.clone()),
            Credentials::Ask(_) => None,
        };
        self.hooks.entry(account.clone()).or_default().automatic = automatic;
        self.sessions.insert(name.into(), OpenSession { config: config.clone(), account, signed_out: false });
    }

    fn session(&self, name: Option<&String>) -> OpenSession {
        self.sessions[name.expect("scripts name their sessions")].clone()
    }

    /// D1 and D4.
    fn invalidate(&mut self, account: &str, tag: &str) {
        self.order += 1;
        self.invalidations.push(Invalidation { account: account.into(), tag: tag.into(), order: self.order });
        let refetched = self.refetch_outdated(account, tag);
        self.note(refetched);
    }

    /// What the rules leave open may happen deep down.
    fn note(&mut self, result: Result<(), Skip>) {
        self.undecided |= result.is_err();
    }

    /// A6, for every session of the account.
    fn sign_out(&mut self, account: &str) {
        for session in self.sessions.values_mut() {
            session.signed_out |= session.account == account;
        }
        for op in self.observers_that(|observer| observer.session.account == account) {
            self.fail(&op, error("SIGNED_OUT"));
            self.stop_observing(&op);
        }
        for op in self
            .calls
            .iter()
            .filter(|call| call.account == account)
            .map(|call| call.op.clone())
            .collect::<Vec<_>>()
        {
            self.fail(&op, error("SIGNED_OUT"));
            self.leave(&op);
        }
        for flight in
            self.flights.iter().filter(|flight| flight.account == account).map(|f| f.id).collect::<Vec<_>>()
        {
            if self.flight(flight).partition != Partition::Device {
                self.abandon(flight);
            }
        }
        self.entries.retain(|entry| entry.partition != Partition::Account(account.into()));
        self.hooks.remove(account);
    }

    fn done(&mut self, to: &str) {
        self.outs.push(Out::To(Delivery { to: to.into(), done: true, ..Delivery::default() }));
    }

    fn fail(&mut self, to: &str, failed: ErrorOut) {
        self.outs.push(Out::To(Delivery { to: to.into(), failed: Some(failed), ..Delivery::default() }));
    }
}

fn error(kind: &str) -> ErrorOut {
    ErrorOut { kind: kind.into(), ..ErrorOut::default() }
}

fn span(nanos: i128) -> Option<Span> {
    Some(Span(nanos))
}

/// Worst first, from OFFLINE.
fn quality(class: &str) -> u8 {
    ["OFFLINE", "VERY_POOR", "POOR", "MODERATE", "GOOD"]
        .iter()
        .position(|name| *name == class)
        .and_then(|position| u8::try_from(position).ok())
        .expect("scripts name classes that exist")
}
