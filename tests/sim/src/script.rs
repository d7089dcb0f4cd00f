//! Random scripts: abstract actions that mean something whatever came before, so that any part of a script is a script.

mod seen;

use std::collections::BTreeMap;

use holdover_testkit::vector::{
    App, AppWord, Boot, CacheMode, Call, Cancel, Clock, Disable, FullWord, Head, Hint, HintKind, In,
    Invalidate, Off, Open, Part, PartWord, Put, Refresh, Reply, Session, SetMetadata, SignOut, Span, Step,
    Switch, Wall,
};

pub use crate::setting::setting;
pub use seen::{Seen, is_last};

use crate::server::{answer, body, failure};
use seen::pick;

/// One thing that happens. Numbers choose among what there is when it happens.
#[derive(Clone, Copy, Debug)]
pub enum Action {
    /// The script is about three methods, mostly: nothing happens by that.
    Focus([u8; 3]),
    /// Time passes, in milliseconds.
    Pass(u32),
    /// A call.
    Get(Choice),
    /// The synchronous read.
    Cached(Choice),
    /// Warming.
    Prefetch(Choice),
    /// Watching.
    Observe(Choice),
    /// The app stores a value.
    Put(Choice),
    /// Pull-to-refresh of an observer.
    Refresh(u8),
    /// `invalidate`, of a session and a ride or driver.
    Invalidate(u8, u8),
    /// An operation is cancelled.
    Cancel(u8),
    /// The operation that was started last is cancelled.
    Leave,
    /// The request that was sent last is answered: by what kind of server.
    Newest(u8),
    /// The request that was sent last fails: how.
    Lose(u8),
    /// A head arrives.
    Head(u8),
    /// A request is answered: which, and by what kind of server.
    Answer(u8, u8),
    /// A request fails: which, and how.
    Fail(u8, u8),
    /// The hook answers: which question, and how.
    Reply(u8, u8),
    /// The network changes.
    Quality(u8),
    /// The app goes to the background, or comes back.
    App(bool),
    /// The platform tells of a path.
    Path(u8),
    /// Parts are turned off, or everything on.
    Disable(u8),
    /// Data saving is switched.
    DataSaver(bool),
    /// The host has new credentials.
    NewCredentials,
    /// The locale is set.
    Locale(u8),
    /// A session signs out.
    SignOut(u8),
    /// A session is opened, if there is none of the account.
    Open(u8),
    /// The process restarts.
    Restart,
    /// The device restarts; off for so many seconds.
    Reboot(u8),
    /// The wall clock is set.
    Wall(u8),
}

/// What is called, and how.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// Which session.
    pub session: u8,
    /// Which method.
    pub method: u8,
    /// Which request.
    pub ride: u8,
    /// Options: timeout, cache, detail, metadata, priority, packed.
    pub options: u16,
}

const METHODS: [&str; 29] = [
    "Quote", "Quote", "Stale", "Fare", "Plan", "Plan", "Patient", "History", "Map", "Draft", "Driver",
    "Status", "Sync", "Plain", "Update", "Update", "Replace", "Trip", "Trip", "Trip", "FailFast", "StaleDay",
    "Leg", "Masked", "Wait", "Wait", "Deferred", "Retry", "Retry",
];

/// The [`Choice::method`] that is this method whatever the script is about.
///
/// # Panics
/// If scripts do not call the method.
#[must_use]
pub fn always(method: &str) -> u8 {
    let among = 200..=u8::MAX;
    let is_it = |number: &u8| METHODS[usize::from(*number) % METHODS.len()] == method;
    among.into_iter().find(is_it).expect("scripts call the method")
}

impl Seen {
    /// What an action means here; `None` if there is nothing that it could mean.
    pub fn step(&mut self, action: Action, time: i128) -> Option<Step> {
        let input = match action {
            Action::Focus(methods) => {
                self.focus =
                    methods.iter().map(|method| METHODS[usize::from(*method) % METHODS.len()]).collect();
                return None;
            }
            Action::Pass(millis) => {
                let at = Some(Span(time + i128::from(millis) * 1_000_000));
                return Some(Step { at, ..Step::default() });
            }
            Action::Get(choice) => In::Get(self.call("get", choice)?),
            Action::Cached(choice) => {
                In::Cached(Call { cache: CacheMode::Default, ..self.plain("cached", choice)? })
            }
            Action::Prefetch(choice) => In::Prefetch(self.plain("prefetch", choice)?),
            Action::Observe(choice) => {
                let call = self.call("observe", choice)?;
                // What observers of one entry that share no flights do at the same instant is in no rule's order.
                let cache =
                    if call.cache == CacheMode::NetworkOnly { CacheMode::Default } else { call.cache };
                In::Observe(Call { cache, metadata: BTreeMap::new(), ..call })
            }
            Action::Put(choice) => {
                let call = self.plain("put", choice)?;
                let account =
                    if call.method == "Map" { "device".into() } else { self.account(call.session.as_ref()?) };
                let value = body(&[(1, &format!("{account}:put")), (5, "d1")]);
                In::Put(Put {
                    op: call.op,
                    method: call.method,
                    request: call.request,
                    value,
                    session: call.session,
                })
            }
            Action::Refresh(which) => {
                let of = pick(&self.observers, which)?.clone();
                In::Refresh(Refresh { op: self.name("refresh"), of })
            }
            Action::Invalidate(session, what) => {
                let (literal, value) =
                    [("ride:", "r1"), ("ride:", "r2"), ("driver:", "d1")][usize::from(what) % 3];
                let tag = vec![Part::Literal(literal.into()), Part::Value { value: value.into() }];
                In::Invalidate(Invalidate {
                    op: self.name("invalidate"),
                    tag,
                    session: Some(self.session(session)?),
                })
            }
            Action::Cancel(which) => In::Cancel(Cancel { op: pick(&self.operations, which)?.clone() }),
            Action::Head(which) => {
                In::Head(Head { send: pick(&self.sends, which)?.n, metadata: BTreeMap::new(), after: None })
            }
            Action::Answer(which, server) => {
                let sent = pick(&self.sends, which)?.clone();
                In::Answer(answer(&sent, server))
            }
            Action::Leave => In::Cancel(Cancel { op: self.operations.last()?.clone() }),
            Action::Newest(server) => In::Answer(answer(self.sends.last()?, server)),
            Action::Lose(how) => In::Fail(failure(self.sends.last()?.n, how)),
            Action::Fail(which, how) => In::Fail(failure(pick(&self.sends, which)?.n, how)),
            Action::Reply(which, how) => {
                let (ask, account) = pick(&self.asks, which)?.clone();
                let value = format!("{account}:{ask}");
                let metadata = Some(BTreeMap::from([("authorization".to_owned(), value)]));
                In::Credentials(match how % 8 {
                    0 => Reply { ask, sign_in_required: true, ..Reply::default() },
                    1 => Reply { ask, throws: true, ..Reply::default() },
                    2 => Reply { ask, metadata, expires: Some(Span(20_000_000_000)), ..Reply::default() },
                    _ => Reply { ask, metadata, ..Reply::default() },
                })
            }
            Action::Quality(class) => {
                let class =
                    ["OFFLINE", "VERY_POOR", "POOR", "POOR", "MODERATE", "GOOD"][usize::from(class) % 6];
                In::Hint(Hint { what: HintKind::Quality(class.into()) })
            }
            Action::App(background) => {
                let state = if background { AppWord::Background } else { AppWord::Foreground };
                In::App(App { state })
            }
            Action::Path(path) => In::Hint(Hint { what: HintKind::Path(u64::from(path % 3)) }),
            Action::Disable(which) => {
                In::Disable(Disable { op: self.name("disable"), switches: switches(which) })
            }
            Action::DataSaver(on) => In::Hint(Hint { what: HintKind::DataSaver(on) }),
            Action::NewCredentials if !self.sessions.contains_key("bob") => return None,
            Action::NewCredentials => In::Hint(Hint { what: HintKind::Credentials("bob".into()) }),
            Action::Locale(which) => {
                let session = self.session(which)?;
                let locale = if which % 2 == 0 { "en" } else { "nl" };
                let metadata = BTreeMap::from([("locale".to_owned(), locale.to_owned())]);
                if self.sessions[&session].0.varies.is_empty() {
                    return None;
                }
                In::SetMetadata(SetMetadata { metadata, session: Some(session) })
            }
            Action::SignOut(which) => {
                let session = self.session(which)?;
                (!self.sessions[&session].1).then_some(())?;
                In::SignOut(SignOut { op: self.name("bye"), hold: false, session: Some(session) })
            }
            Action::Open(which) => {
                let signed_out = self.sessions.iter().filter(|(_, (_, signed_out))| *signed_out);
                let mut gone: Vec<(String, Session)> =
                    signed_out.map(|(name, (session, _))| (name.clone(), session.clone())).collect();
                gone.extend(self.closed.clone());
                let (name, session) = pick(&gone, which)?.clone();
                In::Open(Open { name, session })
            }
            Action::Restart => In::Restart(Boot { how: Off { off: Span(1_000_000_000) } }),
            Action::Reboot(off) => {
                In::Reboot(Boot { how: Off { off: Span(i128::from(off) * 1_000_000_000) } })
            }
            Action::Wall(which) => {
                let seconds = [-2, 3, -86_400, 90_000, 366 * 86_400, -366 * 86_400][usize::from(which) % 6];
                In::Clock(Clock { by: Wall { wall: Span(seconds * 1_000_000_000) } })
            }
        };
        // No two requests are sent at the same nanosecond, as no two are in life: then it is clear which is the later.
        let sends = matches!(
            input,
            In::Get(_)
                | In::Prefetch(_)
                | In::Observe(_)
                | In::Refresh(_)
                | In::Invalidate(_)
                | In::Hint(_)
                | In::App(_)
                | In::Cached(_)
                | In::Credentials(_)
                | In::Answer(_)
                | In::Fail(_)
        );
        let at = sends.then_some(Span(time + 1_000_000));
        Some(Step { at, input: Some(input), out: Vec::new() })
    }

    fn plain(&mut self, kind: &str, choice: Choice) -> Option<Call> {
        Some(Call {
            op: self.name(kind),
            method: match pick(&self.focus, choice.method) {
                Some(method) if choice.method < 200 => (*method).into(),
                _ => METHODS[usize::from(choice.method) % METHODS.len()].into(),
            },
            request: body(&[(1, if choice.ride < 40 { "r2" } else { "r1" })]),
            session: Some(self.session(choice.session)?),
            ..Call::default()
        })
    }

    fn call(&mut self, kind: &str, choice: Choice) -> Option<Call> {
        let bits = |shift: u16, count: u16| usize::from(choice.options >> shift) % usize::from(count);
        let pair = |name: &str, value: &str| BTreeMap::from([(name.to_owned(), value.to_owned())]);
        Some(Call {
            timeout: [None, None, Some(Span(1_300_000_000)), Some(Span(45_000_000_000))][bits(0, 4)],
            cache: match bits(2, 10) {
                0 => CacheMode::CacheOnly,
                1 => CacheMode::NetworkOnly,
                2 => CacheMode::MaxAge(Span(3_000_000_000)),
                _ => CacheMode::Default,
            },
            detail: (bits(6, 4) == 0).then_some(FullWord::Full),
            metadata: match bits(8, 16) {
                0 => pair("x-debug", "1"),
                1 => pair("traceparent", "00-1"),
                2 => pair("authorization", "own"),
                _ => BTreeMap::new(),
            },
            priority: (bits(12, 8) == 0).then(|| "BACKGROUND".into()),
            ..self.plain(kind, choice)?
        })
    }
}

/// What is turned off; nothing, mostly, which turns everything on.
fn switches(which: u8) -> Vec<Switch> {
    let of = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
    let switch = |part, methods| Switch { part, methods };
    match which % 8 {
        0 => vec![switch(PartWord::Cache, None)],
        1 => vec![switch(PartWord::Cache, of(&["Quote", "Map"]))],
        2 => vec![switch(PartWord::Detail, None)],
        3 => vec![switch(PartWord::Cache, of(&["Fare"])), switch(PartWord::Detail, of(&["Trip"]))],
        _ => vec![],
    }
}
