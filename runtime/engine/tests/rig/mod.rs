//! A driver for tests: a scripted network and hook, a store in memory that can fail or be held, and virtual clocks.
#![allow(dead_code, unused_imports, reason = "every test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a panic is how tests fail")]

pub(crate) mod disk;
mod messages;
mod platform;
pub(crate) mod reach;
mod streams;

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use holdover_engine::{
    Account, AskCredentials, AttemptId, BootId, CallOptions, Code, Config, CredentialsAnswer, Delivered,
    Endpoint, Engine, Error, Event, Failure, Form, Input, Instant, Metadata, MethodId, Now, Observed, OpId,
    Output, Quality, Registered, Request, Response, Seed, Session, SessionId, Snapshot, StoreCommand,
    StoreRequest, TransportFailure,
};

pub(crate) use disk::Disk;
pub(crate) use messages::{ride, ride_request, string_field};
pub(crate) use reach::broken;

/// What came out, in order, as words: `send Quote`, `deliver 3`, `store WriteTags`.
pub(crate) type Trace = Vec<String>;

pub(crate) struct Rig {
    pub(crate) engine: Engine,
    pub(crate) methods: Registered,
    pub(crate) now: Now,
    pub(crate) disk: Disk,
    /// Store commands are kept here instead of being carried out.
    pub(crate) hold: bool,
    pub(crate) held: VecDeque<StoreRequest>,
    /// The hook answers at once, with a token that names the account.
    pub(crate) answers_hook: bool,
    pub(crate) asks: Vec<AskCredentials>,
    pub(crate) sends: Vec<Request>,
    pub(crate) delivered: Vec<(OpId, Delivered)>,
    pub(crate) events: Vec<Event>,
    /// Everything else that the engine wanted: of streams, probes, paths.
    pub(crate) wire: Vec<Output>,
    pub(crate) aborted: Vec<AttemptId>,
    pub(crate) trace: Trace,
    pub(crate) timeout: Option<Instant>,
    /// Answers of the store and the hook, for when the engine has nothing more to say.
    replies: VecDeque<Input>,
    seed: u8,
    ops: u64,
}

pub(crate) const ALICE: SessionId = SessionId(1);
pub(crate) const BOB: SessionId = SessionId(2);

impl Rig {
    pub(crate) fn new() -> Self {
        Self::with(Disk::default(), Config::default())
    }

    /// A process that starts on this disk.
    pub(crate) fn with(disk: Disk, config: Config) -> Self {
        Self::seeded(disk, config, 7)
    }

    /// The same, with another seed.
    pub(crate) fn seeded(disk: Disk, config: Config, seed: u8) -> Self {
        let mut engine = Engine::new(config, &Seed([seed; 32]));
        let policy = Bytes::from_static(include_bytes!("../../../../tests/vectors/api.policy"));
        let methods = engine.register(&policy).unwrap();
        let now = Now { boot_id: BootId(1), boot: Instant(1_000_000_000), wall_ms: 1_767_225_600_000 };
        let mut rig = Self {
            engine,
            methods,
            now,
            disk,
            hold: false,
            held: VecDeque::new(),
            answers_hook: true,
            asks: Vec::new(),
            sends: Vec::new(),
            delivered: Vec::new(),
            events: Vec::new(),
            wire: Vec::new(),
            aborted: Vec::new(),
            trace: Vec::new(),
            timeout: None,
            replies: VecDeque::new(),
            seed,
            ops: 0,
        };
        rig.open(ALICE, Account::user("alice"));
        rig.open(BOB, Account::user("bob"));
        rig
    }

    /// Another process on the same disk, a second later.
    pub(crate) fn restart(self) -> Self {
        let now = self.now;
        let mut rig = Self::seeded(self.disk.left(), Config::default(), self.seed.wrapping_add(1));
        rig.now = now;
        rig.pass(Duration::from_secs(1));
        rig
    }

    pub(crate) fn open(&mut self, session: SessionId, account: Account) {
        let config = Session {
            account,
            endpoint: Endpoint::new("prod"),
            metadata: Metadata::new(),
            varies: Vec::new(),
        };
        self.input(Input::OpenSession { session, config });
    }

    pub(crate) fn method(&self, name: &str) -> MethodId {
        self.methods.method(&format!("vectors.v1.Rides/{name}")).unwrap()
    }

    pub(crate) fn op(&mut self) -> OpId {
        self.ops += 1;
        OpId(self.ops)
    }

    pub(crate) fn input(&mut self, input: Input) {
        self.engine.handle(input, self.now);
        self.drain();
    }

    pub(crate) fn drain(&mut self) {
        loop {
            match self.engine.poll_output() {
                Output::Timeout(timeout) => {
                    self.timeout = timeout;
                    let Some(input) = self.replies.pop_front() else { return };
                    self.engine.handle(input, self.now);
                }
                Output::Deliver { op, delivered } => {
                    self.trace.push(format!("deliver {}", op.0));
                    self.delivered.push((op, delivered));
                }
                Output::Send(request) => {
                    self.trace
                        .push(format!("send {}", &request.path[request.path.rfind('/').unwrap() + 1..]));
                    self.sends.push(*request);
                }
                Output::CancelAttempt(attempt) => {
                    self.trace.push(format!("abort {}", attempt.0));
                    self.aborted.push(attempt);
                }
                Output::SetPriority { .. } => self.trace.push("raise".into()),
                Output::AskCredentials(ask) => {
                    self.trace.push("ask".into());
                    self.asks.push(*ask.clone());
                    if self.answers_hook {
                        let answer =
                            CredentialsAnswer::Use { metadata: token(&ask.account), expires_ms: None };
                        self.replies.push_back(Input::Credentials { ask: ask.ask, answer });
                    }
                }
                Output::Store(request) => {
                    self.trace.push(format!("store {}", command_name(&request.command)));
                    if self.hold {
                        self.held.push_back(*request);
                    } else {
                        self.carry_out(*request);
                    }
                }
                Output::Event(event) => self.events.push(event),
                wire => self.wire.push(wire),
            }
        }
    }

    fn carry_out(&mut self, request: StoreRequest) {
        let result = self.disk.carry_out(request.command);
        self.replies.push_back(Input::Stored { id: request.id, result });
    }

    /// Carries out the first held store command.
    pub(crate) fn release(&mut self) {
        let request = self.held.pop_front().expect("a store command is held");
        self.carry_out(request);
        self.drain();
    }

    pub(crate) fn release_all(&mut self) {
        while !self.held.is_empty() {
            self.release();
        }
    }

    /// Lets time pass, firing timers when they are due.
    pub(crate) fn pass(&mut self, wait: Duration) {
        let end = self.now.boot.after(wait);
        while let Some(due) = self.timeout.filter(|due| *due <= end) {
            self.advance_to(due.max(self.now.boot));
            self.input(Input::Tick);
        }
        self.advance_to(end);
        self.input(Input::Tick);
    }

    fn advance_to(&mut self, boot: Instant) {
        let passed = boot.since(self.now.boot);
        self.now.boot = boot;
        self.now.wall_ms += i64::try_from(passed.as_millis()).unwrap();
    }

    pub(crate) fn start(
        &mut self,
        session: SessionId,
        method: &str,
        ride: &str,
        options: CallOptions,
        form: Form,
    ) -> OpId {
        let op = self.op();
        let method = self.method(method);
        self.input(Input::Call { op, session, method, request: ride_request(ride), options, form });
        op
    }

    pub(crate) fn get(&mut self, session: SessionId, method: &str, ride: &str) -> OpId {
        self.start(session, method, ride, CallOptions::default(), Form::Get)
    }

    pub(crate) fn observe(&mut self, session: SessionId, method: &str, ride: &str) -> OpId {
        self.start(session, method, ride, CallOptions::default(), Form::Observe)
    }

    pub(crate) fn peek(&mut self, session: SessionId, method: &str, ride: &str) -> Option<Snapshot> {
        let method = self.method(method);
        let now = self.now;
        let snapshot = self.engine.peek(session, method, &ride_request(ride), &CallOptions::default(), now);
        self.drain();
        snapshot
    }

    pub(crate) fn last_attempt(&self) -> AttemptId {
        self.sends.last().expect("something was sent").attempt
    }

    pub(crate) fn answer(&mut self, attempt: AttemptId, id: &str) {
        let response = Response { body: ride(id), ..Response::default() };
        self.input(Input::Response { attempt, response });
    }

    /// Whether an attempt was cancelled on the wire.
    pub(crate) fn is_aborted(&self, attempt: AttemptId) -> bool {
        self.aborted.contains(&attempt)
    }

    /// Answers what was sent last.
    pub(crate) fn answer_last(&mut self, id: &str) {
        self.answer(self.last_attempt(), id);
    }

    pub(crate) fn fail_last(&mut self, code: Code) {
        let failure = Failure::Status {
            code,
            message: String::new(),
            details: Bytes::new(),
            metadata: Metadata::new(),
        };
        self.input(Input::Failed { attempt: self.last_attempt(), failure });
    }

    pub(crate) fn break_last(&mut self) {
        let failure =
            Failure::Transport { kind: TransportFailure::Reset, unsent: false, message: String::new() };
        self.input(Input::Failed { attempt: self.last_attempt(), failure });
    }

    pub(crate) fn quality(&mut self, quality: Quality) {
        self.input(Input::PinQuality(Some(quality)));
    }

    /// The end of a call, if it has come.
    pub(crate) fn result(&self, op: OpId) -> Option<Result<Snapshot, Error>> {
        self.delivered.iter().find_map(|(to, delivered)| match delivered {
            Delivered::Answer(result) if *to == op => Some(*result.clone()),
            _ => None,
        })
    }

    pub(crate) fn done(&self, op: OpId) -> Option<Result<(), Error>> {
        self.delivered.iter().find_map(|(to, delivered)| match delivered {
            Delivered::Done(result) if *to == op => Some(result.clone()),
            _ => None,
        })
    }

    /// The states of an observer, in order.
    pub(crate) fn states(&self, op: OpId) -> Vec<Observed> {
        let states = self.delivered.iter().filter_map(|(to, delivered)| match delivered {
            Delivered::Observed(state) if *to == op => Some(*state.clone()),
            _ => None,
        });
        states.collect()
    }

    /// The value that an observer shows now.
    pub(crate) fn shown(&self, observer: OpId) -> Snapshot {
        match self.states(observer).pop() {
            Some(Observed::Value(snapshot)) => snapshot,
            other => panic!("no value is shown: {other:?}"),
        }
    }

    /// A call that is answered at once: the entry is stored afterwards.
    pub(crate) fn fetch(&mut self, session: SessionId, method: &str, ride: &str, id: &str) {
        let op = self.get(session, method, ride);
        self.answer_last(id);
        assert_eq!(self.result(op).unwrap().unwrap().value, self::ride(id));
    }

    /// Whether the plan of Trip drops something of a message.
    pub(crate) fn drops(&self, message: &[u8]) -> bool {
        let policy = include_bytes!("../../../../tests/vectors/api.policy");
        let policy = prost::Message::decode(&policy[..]).unwrap();
        let schema = holdover_wire::Schema::new(&policy).unwrap();
        let method = schema.method("/vectors.v1.Rides/Trip").unwrap();
        method.response_pruner().unwrap().contains_dropped(message, &holdover_wire::Limits::DEFAULT).unwrap()
    }

    pub(crate) fn take_trace(&mut self) -> Trace {
        std::mem::take(&mut self.trace)
    }

    pub(crate) fn has_event(&self, wanted: impl Fn(&Event) -> bool) -> bool {
        self.events.iter().any(wanted)
    }
}

/// The hook's answer for an account.
pub(crate) fn token(account: &Account) -> Metadata {
    let mut metadata = Metadata::new();
    metadata.push("authorization", format!("{account:?}")).unwrap();
    metadata
}

fn command_name(command: &StoreCommand) -> &'static str {
    match command {
        StoreCommand::Open => "Open",
        StoreCommand::Recreate => "Recreate",
        StoreCommand::OpenPartition { .. } => "OpenPartition",
        StoreCommand::FindPartition { .. } => "FindPartition",
        StoreCommand::Load { .. } => "Load",
        StoreCommand::Save { .. } => "Save",
        StoreCommand::Remove { .. } => "Remove",
        StoreCommand::WriteTags(_) => "WriteTags",
        StoreCommand::MarkSignOut { .. } => "MarkSignOut",
        StoreCommand::DropPartition { .. } => "DropPartition",
        StoreCommand::SaveSwitches(_) => "SaveSwitches",
        StoreCommand::Distrust => "Distrust",
        StoreCommand::Trust => "Trust",
        StoreCommand::Close => "Close",
    }
}
