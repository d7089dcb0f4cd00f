//! Replays vectors through a whole client: a real runtime between edges that the story plays, called by a host as an app
//! would call it, in any language.
//!
//! The edges below the runtime are played here: the clock, the network, the store, the credentials hook, and what hears
//! of events. What an app does is done by the host, with what its language offers to apps. The two speak JSON:
//!
//! ```text
//! story = LiveStory::new(api, vector)
//! reports = []
//! loop {
//!     match story.next(reports) {
//!         {"do": action}      do it, as an app would: see Action
//!         {"wait": n}         wait until n deliveries have come that were not reported yet
//!         {"passed": true}    the end: everything came out as the vector says
//!         {"failed": text}    the end: what did not
//!     }
//!     reports = what has come to operations since the last time, in order: see Report
//! }
//! ```
//!
//! On `{"do": {"start": …}}` the host lets go of everything it holds and builds a runtime from [`LiveStory::builder`] (or
//! what its language makes of it), with no threads, whose driver it gives to [`LiveStory::attach`]. Sessions take their
//! credentials from [`LiveStory::credentials`]. Time passes inside `next` only, from timer to timer, and not while a
//! delivery has not been reported: so each one is seen at the instant at which it was made.

mod action;
mod clock;
mod edges;
mod exchange;
mod feed;
mod hook;
mod report;
mod story;
mod wire;

use std::collections::{BTreeMap, BTreeSet};

use holdover_annotations::policy::PolicySet;
use holdover_annotations::policy::method::Kind;
use holdover_client::{CredentialsProvider, InlineDriver, Runtime, RuntimeBuilder, Tapped};
use prost::Message as _;

pub use action::{Action, Call, Hex, Numbers, Platform, Switch, TagPart};
pub use report::{ErrorReport, Report};
pub use story::{Instruction, LiveStory};

use crate::api::{Api, SERVICE};
use crate::vector::{Closed, In, Message, Out, Raise, Said, Session, Vector};
use crate::world::{Clock, ScriptedStore, Shown, seed_of, sessions_of};
use edges::{Device, Edges};

/// The edges of a client, and what of its app the edges have to know.
struct LiveWorld {
    api: Api,
    /// Places and kinds in the policy, by name.
    methods: BTreeMap<String, (usize, &'static str)>,
    seed: u64,
    memory: Option<usize>,
    /// All that the story will speak of: endpoints are declared when a process begins.
    endpoints: Vec<String>,
    varies: Vec<String>,
    edges: Edges,
    driver: Option<InlineDriver>,
    /// How many requests there were before this process.
    before: usize,
    signed_out: BTreeSet<String>,
    /// The methods of this process's operations, by the operation's name.
    operations: BTreeMap<String, String>,
    quality: Option<String>,
    platform: Platform,
    foreground: bool,
}

impl LiveWorld {
    fn new(api: &Api, vector: &Vector) -> Result<Self, String> {
        let device = Device {
            api: api.clone(),
            clock: Clock::default(),
            store: ScriptedStore::new(vector.disk.unwrap_or(64 << 20)),
            process: 0,
            sessions: BTreeMap::new(),
            sleepers: BTreeMap::new(),
            last_sleeper: 0,
            idle: 0,
            requests: Vec::new(),
            probes: Vec::new(),
            questions: Vec::new(),
            listen: vector.listen.clone(),
            shown: Vec::new(),
        };
        let quality = vector.quality.clone().unwrap_or_else(|| "GOOD".into());
        Ok(Self {
            api: api.clone(),
            methods: methods_of(api)?,
            seed: vector.seed,
            memory: vector.memory,
            endpoints: endpoints_of(vector),
            varies: varies_of(vector)?,
            edges: Edges::new(device),
            driver: None,
            before: 0,
            signed_out: BTreeSet::new(),
            operations: BTreeMap::new(),
            quality: Some(quality).filter(|class| class != "measured"),
            platform: Platform { reachable: None, interface: "UNKNOWN".into(), path: 0, data_saver: false },
            foreground: true,
        })
    }

    /// A process begins with these sessions.
    fn begin(&mut self, sessions: Vec<(String, Session)>) -> Result<Vec<Action>, String> {
        self.before = self.edges.device().requests.len();
        let mut actions = vec![
            Action::Start {
                endpoints: self.endpoints.clone(),
                varies: self.varies.clone(),
                memory: self.memory,
            },
            Action::Quality { class: self.quality.clone() },
        ];
        if self.edges.process > 0 {
            actions.push(Action::Platform(self.platform.clone()));
            actions.push(Action::App { foreground: self.foreground });
        }
        for (name, session) in sessions {
            actions.push(self.open(&name, &session)?);
        }
        Ok(actions)
    }

    fn builder(&self) -> RuntimeBuilder {
        let edges = self.edges.clone();
        Runtime::builder()
            .clock(edges.clone())
            .transport(edges.clone())
            .store(edges.clone())
            .seed(seed_of(self.seed, edges.process))
            .on_event(move |event, _| edges.hear(event))
    }

    fn credentials(&self, session: &str) -> impl CredentialsProvider + use<> {
        hook::Hook { edges: self.edges.clone(), session: session.to_owned() }
    }

    /// Lets everything happen that follows at this instant.
    fn settle(&mut self) -> Result<(), String> {
        let Some(driver) = &mut self.driver else { return Ok(()) };
        driver.run();
        let tapped = driver.tapped();
        let mut device = self.edges.device();
        for tapped in tapped {
            self.see(&mut device, tapped)?;
        }
        Ok(())
    }

    fn see(&self, device: &mut Device, tapped: Tapped) -> Result<(), String> {
        let place = |number: usize| {
            let place = self.before + number;
            let unseen = || format!("request {} never came to the transport", place + 1);
            if place < device.requests.len() { Ok((place, place as u64 + 1)) } else { Err(unseen()) }
        };
        match tapped {
            Tapped::Said(number, message) => {
                let (place, n) = place(number)?;
                device.show(Out::Said(Said { n, body: Message(message.to_vec()) }));
                device.requests[place].say(message);
            }
            Tapped::Closed(number) => {
                let (_, n) = place(number)?;
                device.show(Out::Closed(Closed { n }));
            }
            Tapped::Raised(number) => {
                let (_, n) = place(number)?;
                device.show(Out::Raise(Raise { n }));
            }
        }
        Ok(())
    }

    /// Time passes up to the next timer that is due by `time`, or to `time`. Whether it has come to that.
    fn pass(&mut self, time: i128) -> Result<bool, String> {
        let mut device = self.edges.device();
        match device.next_due() {
            Some(due) if due <= time => {
                let now = device.clock.true_time();
                device.advance_to(due.max(now))?;
                Ok(false)
            }
            _ => device.advance_to(time).map(|()| true),
        }
    }

    /// What was reported, as an output at this instant.
    fn hear(&self, report: Report) -> Shown {
        let device = self.edges.device();
        let method = self.operations.get(&report.to);
        let usual_plan = method.and_then(|method| self.api.plans().get(method));
        let (delivery, as_of) = report.read(&device.clock, usual_plan);
        Shown { at: device.clock.true_time(), out: Out::To(delivery), as_of }
    }

    /// What came out at the edges.
    fn shown(&self) -> Vec<Shown> {
        std::mem::take(&mut self.edges.device().shown)
    }

    fn session_name(&self, name: Option<&String>) -> Result<String, String> {
        self.edges.device().session_name(name)
    }

    fn method(&self, name: &str) -> Result<(usize, &'static str), String> {
        let found = self.methods.get(name).copied();
        found.ok_or_else(|| format!("the API has no method {SERVICE}/{name}"))
    }

    /// A new operation.
    fn operation(&mut self, name: &str, method: &str) -> Result<String, String> {
        if self.operations.insert(name.to_owned(), method.to_owned()).is_some() {
            return Err(format!("an operation `{name}` exists already; each has a name of its own"));
        }
        Ok(name.to_owned())
    }

    /// An operation of this process.
    fn known(&self, name: &str) -> Result<String, String> {
        let known = self.operations.contains_key(name);
        known
            .then(|| name.to_owned())
            .ok_or_else(|| format!("there is no operation `{name}` in this process"))
    }
}

fn methods_of(api: &Api) -> Result<BTreeMap<String, (usize, &'static str)>, String> {
    let set = PolicySet::decode(api.policy().clone())
        .map_err(|error| format!("the policy cannot be read: {error}"))?;
    let methods = set.methods.iter().enumerate().filter(|(_, method)| method.service == SERVICE);
    Ok(methods
        .map(|(index, method)| {
            let kind = match method.kind() {
                Kind::Unspecified | Kind::Unary => "UNARY",
                Kind::ServerStream => "SERVER_STREAM",
                Kind::ClientStream => "CLIENT_STREAM",
                Kind::BidiStream => "BIDI_STREAM",
            };
            (method.name.clone(), (index, kind))
        })
        .collect())
}

fn all_sessions(vector: &Vector) -> Vec<Session> {
    let opened = vector.steps.iter().filter_map(|step| match &step.input {
        Some(In::Open(open)) => Some(open.session.clone()),
        _ => None,
    });
    sessions_of(vector).into_values().chain(opened).collect()
}

fn endpoints_of(vector: &Vector) -> Vec<String> {
    let mut names = vec!["prod".to_owned()];
    for session in all_sessions(vector) {
        if !names.iter().any(|name| name == session.endpoint()) {
            names.push(session.endpoint().to_owned());
        }
    }
    names
}

/// A runtime varies by the same metadata on every session: those that a story lets vary by nothing must have none of it.
fn varies_of(vector: &Vector) -> Result<Vec<String>, String> {
    let sessions = all_sessions(vector);
    let varies: BTreeSet<String> = sessions.iter().flat_map(|session| session.varies.clone()).collect();
    for session in &sessions {
        if varies.iter().any(|name| session.metadata.contains_key(name) && !session.varies.contains(name)) {
            return Err(
                "every session that sends a name by which another one varies must vary by it, too".into()
            );
        }
    }
    Ok(varies.into_iter().collect())
}
