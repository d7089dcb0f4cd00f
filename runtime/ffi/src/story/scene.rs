//! A process in a story: what happens between its runtime and its host.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use holdover_client::{CredentialsProvider, Runtime, RuntimeBuilder};
use holdover_testkit::live::Report;

use super::Story;
use crate::abi::{HOLDOVER_EVENT_CANCELLED, HOLDOVER_EVENT_CREDIT};
use crate::guard::Refusal;
use crate::host::{Event, Listener};
use crate::operations::Operations;

/// How long an operation may take to begin: far longer than any machine needs, so that a test that has lost a task ends.
const PATIENCE: Duration = Duration::from_secs(60);

/// A process of a story, in the place of its runtime's listener.
pub(crate) struct Scene {
    story: Arc<Story>,
    host: Arc<dyn Listener>,
    operations: Arc<Operations>,
    playing: Mutex<Playing>,
}

#[derive(Default)]
struct Playing {
    /// Events of operations that the host has not heard yet.
    held: VecDeque<Event>,
    /// The runtime ends: nothing is held back any more.
    over: bool,
    expected: Option<Expected>,
    /// Those that have begun, by id.
    begun: HashMap<u64, Begun>,
}

/// An operation that the host was told to start.
struct Expected {
    op: String,
    /// How many items the app takes; `None`: all.
    takes: Option<u32>,
    /// Reading memory starts nothing: only a report says that it was done.
    only_reported: bool,
    has_begun: bool,
    since: Instant,
}

/// Who may have how much of a stream.
struct Begun {
    op: String,
    /// How many items the app takes in all; `None`: all.
    takes: Option<u64>,
    /// How many the package has asked for.
    asked: u64,
    /// How many the core was asked for.
    passed: u64,
}

impl Scene {
    pub(super) fn new(story: Arc<Story>, host: Arc<dyn Listener>) -> Self {
        Self { story, host, operations: Arc::default(), playing: Mutex::default() }
    }

    /// A runtime on the edges of the story.
    pub(crate) fn builder(&self) -> RuntimeBuilder {
        self.story.builder()
    }

    /// Lets the story drive it.
    pub(crate) fn build(&self, builder: RuntimeBuilder) -> Result<Runtime, Refusal> {
        let (runtime, driver) = builder.build_inline()?;
        self.story.live().attach(driver);
        Ok(runtime)
    }

    pub(crate) fn operations(&self) -> &Arc<Operations> {
        &self.operations
    }

    /// Answers for the session that the host was told to open.
    pub(crate) fn credentials(&self) -> Result<impl CredentialsProvider + use<>, Refusal> {
        self.story.credentials()
    }

    /// The host is told to start an operation.
    pub(super) fn expect(&self, op: &str, takes: Option<u32>, only_reported: bool) {
        let since = Instant::now();
        let expected = Expected { op: op.to_owned(), takes, only_reported, has_begun: false, since };
        self.playing().expected = Some(expected);
    }

    /// Whether the operation that the host was told to start has begun, or is reported already.
    pub(super) fn has_begun(&self, reports: &[Report]) -> Result<bool, String> {
        let mut playing = self.playing();
        let Some(expected) = &playing.expected else { return Ok(true) };
        if expected.has_begun || reports.iter().any(|report| report.to == expected.op) {
            playing.expected = None;
            return Ok(true);
        }
        if expected.since.elapsed() < PATIENCE {
            return Ok(false);
        }
        Err(format!(
            "`{}` never began: the core has not heard of it, and nothing of it was reported",
            expected.op
        ))
    }

    /// Memory had something.
    pub(crate) fn begun(&self) {
        if let Some(expected) = self.playing().expected.as_mut().filter(|expected| !expected.only_reported) {
            expected.has_begun = true;
        }
    }

    /// Lets an operation start by `start`. One that is refused is reported by its host.
    pub(crate) fn starting(
        &self,
        op: u64,
        start: impl FnOnce() -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let mut playing = self.playing();
        if let Some(expected) = playing.expected.as_ref().filter(|expected| !expected.has_begun) {
            let takes = expected.takes.map(u64::from);
            let begun = Begun { op: expected.op.clone(), takes, asked: 0, passed: 0 };
            playing.begun.insert(op, begun);
        }
        drop(playing);
        start()?;
        self.begun();
        Ok(())
    }

    /// The package asks for more items: how many the core is asked for.
    pub(crate) fn asked(&self, op: u64, items: u32) -> u32 {
        let mut playing = self.playing();
        let Some(begun) = playing.begun.get_mut(&op) else { return items };
        begun.asked += u64::from(items);
        begun.pass()
    }

    /// The app takes more items.
    pub(super) fn takes(&self, op: &str, items: u32) {
        let mut playing = self.playing();
        let Some((id, begun)) = playing.begun.iter_mut().find(|(_, begun)| begun.op == op) else { return };
        begun.takes = begun.takes.map(|takes| takes + u64::from(items));
        let (id, more) = (*id, begun.pass());
        drop(playing);
        if let Some(call) = self.operations.running(id) {
            call.demand(more);
        }
    }

    /// How many deliveries the host has not heard yet.
    pub(super) fn held(&self) -> u64 {
        self.playing().held.iter().filter(|event| is_delivery(event)).count() as u64
    }

    /// Tells the host of the next delivery, and of what needs no report after it. The permission to send is reported here.
    pub(super) fn tell_next(&self) -> Option<Report> {
        let mut playing = self.playing();
        let mut now = Vec::new();
        let mut credit = None;
        while playing.held.front().is_some_and(|event| now.is_empty() || !is_delivery(event))
            && let Some(event) = playing.held.pop_front()
        {
            if event.kind == HOLDOVER_EVENT_CREDIT {
                let to = playing.begun.get(&event.op).map(|begun| begun.op.clone()).unwrap_or_default();
                credit = Some(Report { to, credit: Some(event.count), ..Report::default() });
            }
            now.push(event);
        }
        drop(playing);
        now.into_iter().for_each(|event| self.host.hear(event));
        credit
    }

    fn playing(&self) -> MutexGuard<'_, Playing> {
        self.playing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Begun {
    /// How much more of what both sides want the core was not asked for.
    fn pass(&mut self) -> u32 {
        let wanted = self.takes.map_or(self.asked, |takes| takes.min(self.asked));
        let more = wanted - self.passed;
        self.passed = wanted;
        u32::try_from(more).unwrap_or(u32::MAX)
    }
}

/// Whether it counts as a delivery, which the host is to report.
fn is_delivery(event: &Event) -> bool {
    event.kind < HOLDOVER_EVENT_CANCELLED
}

impl Listener for Scene {
    fn hear(&self, event: Event) {
        let mut playing = self.playing();
        let of_operation = event.kind <= HOLDOVER_EVENT_CANCELLED;
        if of_operation && !playing.over && (is_delivery(&event) || !playing.held.is_empty()) {
            playing.held.push_back(event);
            return;
        }
        drop(playing);
        self.host.hear(event);
    }

    fn taken_on(&self) {
        self.host.taken_on();
    }

    fn ends(&self) {
        let mut playing = self.playing();
        playing.over = true;
        let held = std::mem::take(&mut playing.held);
        drop(playing);
        held.into_iter().for_each(|event| self.host.hear(event));
    }
}
