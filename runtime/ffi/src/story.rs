//! Vectors, replayed through a package of another language as its users have it (feature `testing`).
//!
//! A story is a vector that happens to a real runtime: the clock, the network, the store, the credentials hook and the
//! listener are played here, by `holdover_testkit::live`, which defines actions and reports; everything else is as in
//! production, above all the way of events from the core to whoever waits. What an app does is done by the test, by the
//! package's own API. A vector that is added for Rust runs in every language.
//!
//! ```text
//! story = holdover_story_new(policy, vector, &error)      tests/vectors/api.policy, and a vector's JSON text
//! reports = "[]"
//! loop {
//!     switch holdover_story_next(story, reports, &instruction)
//!         {"do": {name: parts}}   do it, then go on
//!         {"wait": n}             n > 0: go on when n deliveries have come that were not reported yet
//!                                 0: go on when others had a turn (Task.yield(), yield()): see below
//!         {"passed": true}        the end: everything came out as the vector says
//!         {"failed": text}        the end: what did not
//!     reports = what has come since the last time, as a JSON array, in order; "[]" at first
//! }
//! holdover_story_free(story)
//! ```
//!
//! Text is UTF-8. Bytes are lower-case hex in JSON, durations nanoseconds, members that are absent, `null`, `false` or `[]`
//! mean the same. `"failed"` holds what to print.
//!
//! # What to do
//!
//! - `start`: a process begins. Let go of runtime, sessions, clients and operations of the one before, and of what was to be
//!   reported of them; wait for nothing of theirs (`shutdown` would never be done: nobody drives them). Then make a runtime
//!   as always, whose `RuntimeConfig` has the story's handle in `story`, `varies`, `memory` as `memory_bytes`, and an
//!   endpoint for each name: any URL does, such as `http://rides.invalid`, `plain_text`. The core leaves its configuration
//!   of transport, store, keys and listener alone. Register the policy.
//! - `open`: make a session with this account (`user`, or the guest), endpoint and ambient metadata. The story answers for
//!   its credentials.
//! - `get`, `observe`, `stream`, `cached`, `prefetch`, `put`, `refresh`, `invalidate`, `sign_out`, `erase`, `pause` and
//!   `disable` start an operation that the story calls `op`. They may begin later than `holdover_story_next` is called next,
//!   as tasks do: then that says `{"wait": 0}` until the core or a report has heard of the operation. Their answers are
//!   awaited by tasks of their own, which report them.
//! - Everything else takes effect before the story goes on: await what is asynchronous. `cancel` cancels the task that
//!   waits, or ends the loop over states or items; after it nothing of the operation is reported.
//! - `set_metadata` replaces all of it: the hint `replace_metadata`.
//! - `take` lets a loop over items read so many more of them, and `takes` of `stream` how many it reads at first (null: all).
//!   The core gets the smaller of what the story says and what the package has asked for, so a package that asks ahead
//!   takes no more than the app would. A loop that may not read on does not take.
//! - A `value` of a tag's part is JSON text: `"\"r1\""` is the text `r1`, `"5"` the number 5.
//!
//! # What to report
//!
//! Each delivery as a `Report`: `to` is the operation, and the members are what it says. A state of an observer, an item, an
//! answer: `value` and the snapshot's members, or `failed`; the first state of an observer that has nothing: `loading`; the
//! end of a stream: `ended`, or `failed`; the end of the others: `done`, or `failed`; the end of a refresh, too; memory that has nothing for `cached`:
//! `done`; a call that is refused at once: `failed`. The `plan` of a value with `reduced` is `own` if the package knows what
//! it lacks (`HOLDOVER_SNAPSHOT_WITHHELD`), and `unknown` if not. The permission to send (`credit`) is reported by the story
//! itself, as no package shows it. Errors have `kind` (`UNAVAILABLE`), `code` of the server's status (`RESOURCE_EXHAUSTED`),
//! `message` of that status, `paths`, `retry_after` and `will_retry`.
//!
//! # Time and threads
//!
//! Everything that the core does, it does inside of `holdover_story_next`, and inside of the functions that the package
//! calls: there is no thread of its own. Time passes inside of `holdover_story_next` only, and not while a delivery waits
//! to be reported. Deliveries are told one by one, the next one when the one before was reported, by the callback, on the
//! thread that calls `holdover_story_next`, or through the JVM's queue: nothing is ever merged with what follows it.

mod scene;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use bytes::Bytes;
use holdover_client::{CredentialsProvider, RuntimeBuilder};
use holdover_testkit::api::Api;
use holdover_testkit::live::{Action, Instruction, LiveStory, Report};
use holdover_testkit::vector::Vector;

pub(crate) use scene::Scene;

use crate::guard::Refusal;
use crate::host::Listener;
use crate::table::{Kind, Table};

static STORIES: Table<Arc<Story>> = Table::of(Kind::Story);

/// A vector on its way through a host.
pub(crate) struct Story {
    live: Mutex<LiveStory>,
    stage: Mutex<Stage>,
}

/// What is between the story and its host.
#[derive(Default)]
struct Stage {
    /// A process begins, and its runtime is to be made.
    beginning: bool,
    /// The name of the session that is to be opened.
    session: Option<String>,
    /// That of the process that lives.
    scene: Weak<Scene>,
    /// What has come while the story waited for something else.
    reports: Vec<Report>,
    /// Why it cannot go on.
    failed: Option<String>,
}

/// Begins a story.
pub(crate) fn open(policy: Bytes, vector: &Bytes) -> Result<u64, Refusal> {
    let text = std::str::from_utf8(vector)
        .map_err(|error| Refusal::misuse(format!("the vector is no text in UTF-8: {error}")))?;
    let api = Api::new(policy).map_err(Refusal::misuse)?;
    let vector = Vector::parse(text)
        .map_err(|error| Refusal::misuse(format!("the vector cannot be read: {error}")))?;
    let live = LiveStory::new(&api, &vector).map_err(Refusal::misuse)?;
    STORIES.insert(Arc::new(Story { live: Mutex::new(live), stage: Mutex::default() }))
}

pub(crate) fn find(story: u64) -> Result<Arc<Story>, Refusal> {
    STORIES.get(story)
}

/// Ends a story, wherever it is.
pub(crate) fn free(story: u64) -> Result<(), Refusal> {
    STORIES.remove(story).map(drop)
}

impl Story {
    /// Takes an array of reports, and gives an instruction, both in JSON.
    pub(crate) fn next(&self, reports: &[u8]) -> Vec<u8> {
        let instruction = match serde_json::from_slice(reports) {
            Ok(reports) => self.go_on(reports),
            Err(error) => self.fail(format!("the reports cannot be read: {error}")),
        };
        serde_json::to_vec(&instruction).expect("instructions are plain data")
    }

    fn go_on(&self, reports: Vec<Report>) -> Instruction {
        let mut stage = self.stage();
        if let Some(text) = &stage.failed {
            return Instruction::Failed(text.clone());
        }
        if stage.beginning {
            drop(stage);
            return self.fail("no runtime was made with this story in its configuration".to_owned());
        }
        stage.reports.extend(reports);
        let scene = stage.scene.upgrade();
        match scene.as_ref().map_or(Ok(true), |scene| scene.has_begun(&stage.reports)) {
            Ok(true) => {}
            Ok(false) => return Instruction::Wait(0),
            Err(text) => {
                drop(stage);
                return self.fail(text);
            }
        }
        let mut reports = std::mem::take(&mut stage.reports);
        drop(stage);
        loop {
            let instruction = self.live().next(reports);
            match (&instruction, &scene) {
                (Instruction::Do(action), scene) => self.prepare(action, scene.as_deref()),
                (Instruction::Wait(missing), Some(scene)) => {
                    let told = missing.saturating_sub(scene.held());
                    if told > 0 {
                        return Instruction::Wait(told);
                    }
                    match scene.tell_next() {
                        None => return Instruction::Wait(1),
                        Some(credit) => {
                            reports = vec![credit];
                            continue;
                        }
                    }
                }
                _ => {}
            }
            return instruction;
        }
    }

    fn fail(&self, text: String) -> Instruction {
        Instruction::Failed(self.stage().failed.insert(text).clone())
    }

    /// Before the host does it.
    fn prepare(&self, action: &Action, scene: Option<&Scene>) {
        match action {
            Action::Start { .. } => {
                let mut stage = self.stage();
                stage.beginning = true;
                stage.scene = Weak::new();
            }
            Action::Open { session, .. } => self.stage().session = Some(session.clone()),
            Action::Take { op, items } => {
                if let Some(scene) = scene {
                    scene.takes(op, *items);
                }
            }
            _ => {}
        }
        if let (Some(scene), Some(op)) = (scene, action.starts()) {
            let takes = match action {
                Action::Stream(call) => call.takes,
                _ => None,
            };
            scene.expect(op, takes, matches!(action, Action::Cached(_)));
        }
    }

    /// A process begins whose events this listener hears.
    pub(crate) fn begin(self: &Arc<Self>, listener: Arc<dyn Listener>) -> Result<Arc<Scene>, Refusal> {
        let mut stage = self.stage();
        if !std::mem::take(&mut stage.beginning) {
            return Err(Refusal::misuse("no process begins in the story: make one runtime for each `start`"));
        }
        let scene = Arc::new(Scene::new(self.clone(), listener));
        stage.scene = Arc::downgrade(&scene);
        Ok(scene)
    }

    fn builder(&self) -> RuntimeBuilder {
        self.live().builder()
    }

    /// Answers for the session that the host was told to open.
    fn credentials(&self) -> Result<impl CredentialsProvider + use<>, Refusal> {
        let session = self.stage().session.take();
        let session = session.ok_or_else(|| {
            Refusal::misuse("the story opens no session now: make one session for each `open`")
        })?;
        Ok(self.live().credentials(&session))
    }

    fn live(&self) -> MutexGuard<'_, LiveStory> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
