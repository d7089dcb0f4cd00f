//! A client without threads, network or disk: the engine between a virtual clock, a scripted network, a scripted
//! credentials hook and a scripted store. It takes the inputs of vectors and gives their outputs.

mod clock;
pub(crate) mod feed;
pub(crate) mod show;
mod store;

pub use clock::{Clock, START};
pub use store::ScriptedStore;

use std::collections::{BTreeMap, VecDeque};

use holdover_engine::{
    AppState, AskId, AttemptId, Config, CredentialsAnswer, Engine, Input, Instant, OpId, Output, Platform,
    Quality, Registered, Seed, SessionId, StoreRequest,
};

use crate::api::Api;
use crate::vector::{Credentials, In, Out, Session, Step, Vector};

/// Timers that fire without time passing, after which something is wrong with the engine.
const MAX_IDLE_TICKS: u32 = 1000;

/// See the module.
pub struct World {
    api: Api,
    seed: u64,
    /// The budget of memory, if it is not the default.
    memory: Option<usize>,
    clock: Clock,
    store: ScriptedStore,
    /// What the app says of the network, if it says something.
    pinned: Option<Quality>,
    platform: Platform,
    app: AppState,
    process: Process,
    processes: u64,
    sessions: BTreeMap<String, OpenSession>,
    sends: Vec<SentRequest>,
    asks: u64,
    probes: u64,
    listen: Vec<String>,
    next_id: u64,
    outs: Vec<Shown>,
}

/// An output, and when it came.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// True time since the story began, in nanoseconds.
    pub at: i128,
    /// What came out, every member given.
    pub out: Out,
    /// The wall time that a snapshot's `as_of` must be where a vector does not say.
    pub as_of: Option<i128>,
}

/// What a restart takes away.
struct Process {
    engine: Engine,
    registered: Registered,
    timeout: Option<Instant>,
    operations: BTreeMap<OpId, Operation>,
    attempts: BTreeMap<AttemptId, u64>,
    probes: BTreeMap<AttemptId, u64>,
    asks: BTreeMap<u64, AskId>,
}

/// A call or an observer.
struct Operation {
    name: String,
    method: String,
}

struct OpenSession {
    id: SessionId,
    config: Session,
    signed_out: bool,
}

struct SentRequest {
    /// Unset when the process that sent it is gone.
    attempt: Option<AttemptId>,
    /// How many messages have been pulled that have not come.
    pulled: u64,
    /// What waits at the wire to be pulled.
    waiting: VecDeque<Input>,
}

impl SentRequest {
    fn new(attempt: AttemptId) -> Self {
        Self { attempt: Some(attempt), pulled: 0, waiting: VecDeque::new() }
    }

    /// What comes off the wire next: messages that are pulled, and the end behind them.
    fn arrive(&mut self) -> Option<Input> {
        let is_message = matches!(self.waiting.front()?, Input::Message { .. });
        if is_message {
            self.pulled = self.pulled.checked_sub(1)?;
        }
        self.waiting.pop_front()
    }
}

/// What the engine has asked of the store and of the hook, in order.
enum Errand {
    Store(Box<StoreRequest>),
    Credentials(AskId, CredentialsAnswer),
    /// Something of this request may be pulled off the wire now.
    Arrive(usize),
}

impl World {
    /// The setting of a vector, before its first step.
    ///
    /// # Errors
    /// When the setting is not understood, or the engine refuses the policy.
    pub fn new(api: &Api, vector: &Vector) -> Result<World, String> {
        let pinned = show::pinned(vector.quality.as_deref().unwrap_or("GOOD"))?;
        let mut world = World {
            api: api.clone(),
            seed: vector.seed,
            memory: vector.memory,
            clock: Clock::default(),
            store: ScriptedStore::new(vector.disk.unwrap_or(64 << 20)),
            pinned,
            platform: Platform::default(),
            app: AppState::default(),
            process: Process::new(api, vector.seed, vector.memory, 0)?,
            processes: 1,
            sessions: BTreeMap::new(),
            sends: Vec::new(),
            asks: 0,
            probes: 0,
            listen: vector.listen.clone(),
            next_id: 0,
            outs: Vec::new(),
        };
        world.handle(Input::PinQuality(pinned))?;
        for (name, session) in sessions_of(vector) {
            world.open_session(&name, &session)?;
        }
        Ok(world)
    }

    /// Carries out a step and gives everything that came out.
    ///
    /// # Errors
    /// When the step is not understood: a mistake in the vector, not in the engine.
    pub fn step(&mut self, step: &Step) -> Result<Vec<Shown>, String> {
        if let Some(at) = step.at {
            self.advance_to(at.0)?;
        }
        if let Some(input) = &step.input {
            self.feed(input)?;
        }
        Ok(std::mem::take(&mut self.outs))
    }

    /// True time since the story began, in nanoseconds.
    #[must_use]
    pub fn time(&self) -> i128 {
        self.clock.true_time()
    }

    /// When the engine has something to do by itself, in true time since the story began.
    #[must_use]
    pub fn next_timer(&self) -> Option<i128> {
        self.process.timeout.map(|timeout| self.clock.true_time_of(timeout))
    }

    /// How many requests have been sent, and whether each still waits for an answer in this process.
    #[must_use]
    pub fn waiting_sends(&self) -> Vec<u64> {
        (1..).zip(&self.sends).filter(|(_, send)| send.attempt.is_some()).map(|(n, _)| n).collect()
    }

    /// Time passes; timers fire on the way.
    fn advance_to(&mut self, time: i128) -> Result<(), String> {
        let mut idle = 0;
        while let Some(due) = self.process.timeout.map(|timeout| self.clock.true_time_of(timeout)) {
            if due > time {
                break;
            }
            idle = if due > self.clock.true_time() { 0 } else { idle + 1 };
            if idle > MAX_IDLE_TICKS {
                return Err("the engine asks for one tick after the other without letting time pass".into());
            }
            self.clock.advance_to(due.max(self.clock.true_time()))?;
            self.handle(Input::Tick)?;
        }
        self.clock.advance_to(time)
    }

    /// The process ends and, `off` later, another one starts.
    fn restart(&mut self, off: i128, reboot: bool) -> Result<(), String> {
        self.clock.advance_to(self.clock.true_time() + off)?;
        if reboot {
            self.clock.reboot();
        }
        for send in &mut self.sends {
            send.attempt = None;
            send.waiting.clear();
        }
        self.store.restart();
        self.process = Process::new(&self.api, self.seed, self.memory, self.processes)?;
        self.processes += 1;
        self.handle(Input::PinQuality(self.pinned))?;
        self.handle(Input::Platform(self.platform))?;
        self.handle(Input::App(self.app))?;
        let sessions = std::mem::take(&mut self.sessions);
        for (name, session) in sessions.into_iter().filter(|(_, session)| !session.signed_out) {
            self.open_session(&name, &session.config)?;
        }
        Ok(())
    }

    fn fresh_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// Gives the engine a fact, and carries out all that follows from it at this instant.
    fn handle(&mut self, input: Input) -> Result<(), String> {
        let now = self.clock.now();
        self.process.engine.handle(input, now);
        self.follow()
    }

    /// Something comes of a stream: at once, or when it is pulled.
    fn arrive(&mut self, send: usize, input: Input) -> Result<(), String> {
        self.sends[send].waiting.push_back(input);
        while let Some(input) = self.sends[send].arrive() {
            self.handle(input)?;
        }
        Ok(())
    }

    /// Carries out what the engine wants, errands and their answers included.
    fn follow(&mut self) -> Result<(), String> {
        let now = self.clock.now();
        let mut errands = VecDeque::new();
        loop {
            match self.process.engine.poll_output() {
                Output::Timeout(timeout) => {
                    self.process.timeout = timeout;
                    let Some(errand) = errands.pop_front() else { return Ok(()) };
                    let input = match errand {
                        Errand::Store(request) => {
                            Input::Stored { id: request.id, result: self.store.carry_out(request.command) }
                        }
                        Errand::Credentials(ask, answer) => Input::Credentials { ask, answer },
                        Errand::Arrive(send) => match self.sends[send].arrive() {
                            Some(input) => {
                                errands.push_front(Errand::Arrive(send));
                                input
                            }
                            None => continue,
                        },
                    };
                    self.process.engine.handle(input, now);
                }
                Output::Pull { attempt, messages } => {
                    let n = *self
                        .process
                        .attempts
                        .get(&attempt)
                        .ok_or("the engine pulls what it has not sent")?;
                    let send = usize::try_from(n).map_err(|error| error.to_string())? - 1;
                    self.sends[send].pulled += u64::from(messages);
                    errands.push_back(Errand::Arrive(send));
                }
                Output::Store(request) => errands.push_back(Errand::Store(request)),
                Output::AskCredentials(question) => {
                    let session = self
                        .sessions
                        .values()
                        .find(|session| session.id == question.session)
                        .ok_or("the engine asks the hook of a session that does not exist")?;
                    if let Credentials::Use(metadata) = &session.config.credentials {
                        let answer =
                            CredentialsAnswer::Use { metadata: feed::metadata(metadata)?, expires_ms: None };
                        errands.push_back(Errand::Credentials(question.ask, answer));
                    } else {
                        self.asks += 1;
                        self.process.asks.insert(self.asks, question.ask);
                        self.show(show::question(self.asks, &question), None);
                    }
                }
                other => self.take(other)?,
            }
        }
    }

    fn show(&mut self, out: Out, as_of: Option<i128>) {
        self.outs.push(Shown { at: self.clock.true_time(), out, as_of });
    }
}

impl Process {
    fn new(api: &Api, seed: u64, memory: Option<usize>, number: u64) -> Result<Process, String> {
        let memory_bytes = memory.unwrap_or(Config::default().memory_bytes);
        let mut engine =
            Engine::new(Config { memory_bytes, ..Config::default() }, &Seed(seed_of(seed, number)));
        let registered =
            engine.register(api.policy()).map_err(|error| format!("the policy was refused: {error}"))?;
        Ok(Process {
            engine,
            registered,
            timeout: None,
            operations: BTreeMap::new(),
            attempts: BTreeMap::new(),
            probes: BTreeMap::new(),
            asks: BTreeMap::new(),
        })
    }
}

/// Where the randomness of a process starts.
pub(crate) fn seed_of(story: u64, process: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&story.to_le_bytes());
    // A runtime takes its seed from the system, so no two processes have the same.
    bytes[8..16].copy_from_slice(&process.to_le_bytes());
    bytes
}

/// The sessions that a story begins with.
pub(crate) fn sessions_of(vector: &Vector) -> BTreeMap<String, Session> {
    if vector.sessions.is_empty() {
        BTreeMap::from([("me".to_owned(), Session { user: Some("u1".into()), ..Session::default() })])
    } else {
        vector.sessions.clone()
    }
}

impl World {
    fn open_session(&mut self, name: &str, config: &Session) -> Result<(), String> {
        if self.sessions.get(name).is_some_and(|session| !session.signed_out) {
            return Err(format!("a session `{name}` is open already"));
        }
        let id = SessionId(self.fresh_id());
        self.sessions.insert(name.into(), OpenSession { id, config: config.clone(), signed_out: false });
        self.handle(Input::OpenSession { session: id, config: feed::session(config)? })
    }

    /// The quality that the app has said last.
    #[must_use]
    pub fn quality(&self) -> Quality {
        self.pinned.unwrap_or(Quality::Unspecified)
    }

    /// Feeds one input at this instant.
    fn feed(&mut self, input: &In) -> Result<(), String> {
        feed::feed(self, input)
    }
}
