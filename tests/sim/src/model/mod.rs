//! The reference model: what the rules say about gets, prefetches, puts, mutations and invalidations, written from
//! `runtime/SEMANTICS.md` as plainly as possible and sharing no code with the engine. Everything is a list that is
//! searched from end to end. Observers are not modelled: they have invariants and vectors.
//!
//! Where neither a rule nor a reading decides, the model declines to take the step ([`Skip`]), and the script goes on
//! without it.

mod calls;
mod entry;
mod flights;
mod holds;
mod hook;
mod method;
mod pace;
mod reach;
mod retries;

use std::collections::BTreeMap;

use holdover_testkit::vector::{
    Credentials, Delivery, ErrorOut, HintKind, In, Out, Part, Session, Span, Step, Vector,
};

use entry::{Entry, Moment};
use flights::Flight;
use hook::Hook;

/// E3's limit of a jump ahead.
const YEAR_MS: i128 = 365 * 24 * 3_600_000;

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
    saved_wall_ms: i128,
    jumped_ahead: bool,
    order: u64,
    quality: u8,
    save_data: bool,
    sessions: BTreeMap<String, OpenSession>,
    hooks: BTreeMap<String, Hook>,
    entries: Vec<Entry>,
    /// What the answer to a request that was sent then said to be gone.
    evictions: Vec<(Partition, String, u64)>,
    invalidations: Vec<Invalidation>,
    flights: Vec<Flight>,
    paces: Vec<pace::Pace>,
    reaches: Vec<reach::Reach>,
    /// Of endpoints, in tenths of tokens.
    budgets: Vec<(String, i32)>,
    calls: Vec<calls::Waiting>,
    sends: u64,
    asks: u64,
    names: u64,
    outs: Vec<Out>,
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
            saved_wall_ms: 0,
            jumped_ahead: false,
            order: 0,
            quality: quality(setting.quality.as_deref().unwrap_or("GOOD")),
            save_data: false,
            sessions: BTreeMap::new(),
            hooks: BTreeMap::new(),
            entries: Vec::new(),
            evictions: Vec::new(),
            invalidations: Vec::new(),
            flights: Vec::new(),
            paces: Vec::new(),
            reaches: Vec::new(),
            budgets: Vec::new(),
            calls: Vec::new(),
            sends: 0,
            asks: 0,
            names: 0,
            outs: Vec::new(),
        };
        for (name, session) in &setting.sessions {
            model.open(name, session);
        }
        model
    }

    /// What comes out of a step.
    ///
    /// # Errors
    /// [`Skip`] if the rules do not say; the model is of no use then.
    pub fn step(&mut self, step: &Step) -> Result<Vec<Out>, Skip> {
        if let Some(at) = step.at {
            self.let_time_pass(at.0)?;
        }
        if let Some(input) = &step.input {
            self.order += 1;
            // Nobody looks at the clock just because it is set.
            if !matches!(input, In::Clock(_)) {
                self.look_at_the_clock();
            }
            self.feed(input)?;
            self.give_turns()?;
        }
        Ok(std::mem::take(&mut self.outs))
    }

    fn feed(&mut self, input: &In) -> Result<(), Skip> {
        match input {
            In::Get(call) => self.get(call, false),
            In::Prefetch(call) => self.get(call, true),
            In::Cached(call) => self.cached(call),
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
                self.invalidate(&session.account, tag);
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
            In::Cancel(cancel) => {
                self.cancel(&cancel.op);
                Ok(())
            }
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
                    HintKind::DataSaver(on) => self.save_data = *on,
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
    fn invalidate(&mut self, account: &str, tag: String) {
        self.order += 1;
        self.invalidations.push(Invalidation { account: account.into(), tag, order: self.order });
    }

    /// A6, for every session of the account.
    fn sign_out(&mut self, account: &str) {
        for session in self.sessions.values_mut() {
            session.signed_out |= session.account == account;
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

    /// E6, and what outlives a process.
    fn restart(&mut self, off: i128, reboot: bool) {
        self.now += off;
        self.boot += u32::from(reboot);
        self.calls.clear();
        self.flights.clear();
        self.paces.clear();
        self.reaches.clear();
        self.budgets.clear();
        self.jumped_ahead = false;
        self.entries.retain(|entry| !entry.memory_only);
        for entry in &mut self.entries {
            entry.unseen = true;
        }
        self.hooks.clear();
        let open: Vec<(String, OpenSession)> = std::mem::take(&mut self.sessions).into_iter().collect();
        for (name, session) in open.into_iter().filter(|(_, session)| !session.signed_out) {
            self.open(&name, &session.config);
        }
    }

    fn moment(&self) -> Moment {
        Moment {
            order: self.order,
            time: self.now,
            boot: self.boot,
            wall_ms: (self.now + self.wall_shift).div_euclid(1_000_000),
        }
    }

    /// E3: the highest wall time is kept, and a jump of more than a year is remembered.
    fn look_at_the_clock(&mut self) {
        let now = self.moment().wall_ms;
        if now > self.seen_wall_ms + YEAR_MS {
            self.jumped_ahead = true;
        }
        self.seen_wall_ms = self.seen_wall_ms.max(now);
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
