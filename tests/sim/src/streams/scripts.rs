//! Random scripts of streams: actions that mean something whatever came before.

use std::collections::BTreeMap;

use holdover_testkit::vector::{
    App, AppWord, Boot, Breakage, Call, Cancel, Credentials, End, Fail, FullWord, Head, Hint, HintKind, In,
    Invalidate, Item, Off, Open, Out, Part, Session, SignOut, Span, Step, Take, Vector,
};

use super::S;
use crate::server::body;

/// One thing that happens. Numbers choose among what there is when it happens.
#[derive(Clone, Copy, Debug)]
pub enum Action {
    /// Time passes, in milliseconds.
    Pass(u32),
    /// A stream: session, method, request, how much its caller takes and whether it wants everything.
    Start(u8, u8, u8, u8),
    /// A caller takes so many more.
    Take(u8, u8),
    /// A caller goes away.
    Cancel(u8),
    /// A head arrives.
    Head(u8),
    /// A message arrives.
    Item(u8),
    /// A stream ends with OK.
    End(u8),
    /// A stream fails: which, and how.
    Fail(u8, u8),
    /// The app goes to the background, or comes back.
    App(bool),
    /// The network is poor, or good.
    Poor(bool),
    /// What was said of a ride is outdated.
    Invalidate(u8, u8),
    /// The process dies and starts again.
    Restart,
    /// An account signs out, and in again.
    SignOut(u8),
}

/// What a script has to know to go on: read off the outputs.
#[derive(Clone, Debug, Default)]
pub struct Script {
    names: u64,
    values: u64,
    /// Operations that have not ended.
    operations: Vec<String>,
    /// Requests on the wire, and whether they were asked to be reduced.
    wire: Vec<(u64, String, bool)>,
    /// Sessions to be opened again.
    signed_out: Option<String>,
}

const METHODS: [&str; 8] =
    ["Watch", "Watch", "Watch", "Watch", "WatchTrimmed", "WatchTrimmed", "Follow", "Feed"];

/// Every account has its credentials at hand.
fn user(name: &str) -> Session {
    let pairs = BTreeMap::from([("authorization".to_owned(), name.to_owned())]);
    Session { user: Some(name.into()), credentials: Credentials::Use(pairs), ..Session::default() }
}

/// The setting of every script: two accounts on a good network.
#[must_use]
pub fn setting() -> Vector {
    Vector {
        title: "A random script of streams".into(),
        rules: BTreeMap::new(),
        why: None,
        sessions: BTreeMap::from([("ann".into(), user("ann")), ("bob".into(), user("bob"))]),
        quality: None,
        listen: Vec::new(),
        disk: None,
        memory: None,
        seed: 11,
        steps: Vec::new(),
    }
}

/// The highest number is the last there is.
fn pick<T>(among: &[T], which: u8) -> Option<&T> {
    if which == u8::MAX {
        return among.last();
    }
    among.get(usize::from(which).checked_rem(among.len())?)
}

impl Script {
    fn name(&mut self, kind: &str) -> String {
        self.names += 1;
        format!("{kind}{}", self.names)
    }

    /// What an action means here; `None` if there is nothing that it could mean.
    pub fn step(&mut self, action: Action, time: i128) -> Option<Step> {
        let step = |input: In| Some(Step { at: None, input: Some(input), out: Vec::new() });
        if let Some(name) = self.signed_out.take() {
            let session = user(&name);
            return step(In::Open(Open { name, session }));
        }
        let session = |which: u8| if which < 200 { "ann" } else { "bob" }.to_owned();
        match action {
            Action::Pass(millis) => {
                let at = Some(Span(time + i128::from(millis) * S / 1000));
                Some(Step { at, ..Step::default() })
            }
            Action::Start(who, method, ride, how) => step(In::Stream(Call {
                op: self.name("s"),
                method: if method > 240 { "WatchDraft" } else { pick(&METHODS, method)? }.to_owned(),
                request: body(&[(1, if ride < 40 { "r2" } else { "r1" })]),
                session: Some(session(who)),
                takes: [None, None, Some(1), Some(2)][usize::from(how % 4)],
                detail: (how > 230).then_some(FullWord::Full),
                ..Call::default()
            })),
            Action::Take(which, items) => step(In::Take(Take {
                op: pick(&self.operations, which)?.clone(),
                items: u32::from(items % 3) + 1,
            })),
            Action::Cancel(which) => step(In::Cancel(Cancel { op: pick(&self.operations, which)?.clone() })),
            Action::Head(which) => {
                let (send, method, reduced) = pick(&self.wire, which)?.clone();
                let mut metadata = BTreeMap::new();
                if reduced {
                    let plan = format!("reduced; plan={{plan {method}}}");
                    metadata.insert("holdover-detail-applied".to_owned(), plan);
                }
                step(In::Head(Head { send, metadata, after: None }))
            }
            Action::Item(which) => {
                let (send, method, reduced) = pick(&self.wire, which)?.clone();
                self.values += 1;
                let id = format!("v{}", self.values);
                let mut fields = vec![(1, id.as_str())];
                if method == "WatchTrimmed" && !reduced {
                    fields.push((4, "note"));
                }
                step(In::Item(Item { send, body: body(&fields) }))
            }
            Action::End(which) => {
                let send = pick(&self.wire, which)?.0;
                step(In::End(End { send, trailers: BTreeMap::new() }))
            }
            Action::Fail(which, how) => {
                let fail = Fail { send: pick(&self.wire, which)?.0, ..Fail::default() };
                let status = |code: &str| Fail { status: Some(code.into()), ..fail.clone() };
                step(In::Fail(match how % 6 {
                    0 => status("PERMISSION_DENIED"),
                    1 => status("INVALID_ARGUMENT"),
                    2 => status("UNAVAILABLE"),
                    _ => Fail { transport: Some(Breakage::Broken), ..fail },
                }))
            }
            Action::App(background) => {
                let state = if background { AppWord::Background } else { AppWord::Foreground };
                step(In::App(App { state }))
            }
            Action::Poor(poor) => {
                let class = if poor { "POOR" } else { "GOOD" }.to_owned();
                step(In::Hint(Hint { what: HintKind::Quality(class) }))
            }
            Action::Invalidate(who, ride) => step(In::Invalidate(Invalidate {
                op: self.name("i"),
                tag: vec![
                    Part::Literal("ride:".into()),
                    Part::Value { value: if ride < 40 { "r2" } else { "r1" }.into() },
                ],
                session: Some(session(who)),
            })),
            Action::Restart => step(In::Restart(Boot { how: Off { off: Span(S) } })),
            Action::SignOut(who) => {
                let name = session(who);
                self.signed_out = Some(name.clone());
                step(In::SignOut(SignOut { op: self.name("o"), hold: false, session: Some(name) }))
            }
        }
    }

    /// A step was not taken after all.
    pub fn give_up(&mut self) {
        self.signed_out = None;
    }

    /// Takes in a step that has been taken, and what came of it.
    pub fn take(&mut self, step: &Step, outs: &[Out]) {
        match &step.input {
            Some(In::Stream(call)) => self.operations.push(call.op.clone()),
            Some(In::Cancel(cancel)) => self.operations.retain(|op| *op != cancel.op),
            Some(In::Restart(_)) => {
                self.operations.clear();
                self.wire.clear();
            }
            _ => {}
        }
        for out in outs {
            match out {
                Out::Send(send) => {
                    let reduced = send.metadata.contains_key("holdover-detail");
                    self.wire.push((send.n, send.method.clone(), reduced));
                }
                Out::Abort(abort) => self.wire.retain(|(n, ..)| *n != abort.n),
                Out::To(delivery) if delivery.ended || delivery.failed.is_some() => {
                    self.operations.retain(|op| *op != delivery.to);
                }
                _ => {}
            }
        }
    }
}
