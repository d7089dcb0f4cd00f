//! The engine itself: inputs in, outputs out.

mod answers;
mod calls;
mod credentials;
mod deferral;
mod deliveries;
mod disk;
mod distrust;
mod flights;
mod interest;
mod invalidations;
mod lifecycle;
mod observers;
mod offline;
mod partitions;
mod paths;
mod pauses;
mod probes;
mod puts;
mod quality;
mod reach;
mod records;
mod refetches;
mod refreshes;
mod registrations;
mod retries;
mod serving;
mod sessions;
mod signouts;
mod specs;
mod states;
mod streams;
mod switches;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use holdover_wire::Limits;

use crate::call::{CallOptions, MethodId, OpId};
use crate::clock::Clock;
use crate::config::Config;
use crate::counts::Counts;
use crate::credentials::AskId;
use crate::credentials::Credentials;
use crate::event::Event;
use crate::failure::Failed;
use crate::flight::{Flight, FlightId};
use crate::input::Input;
use crate::key::{Key, Owner};
use crate::memory::{Memory, MemoryUse};
use crate::method::Method;
use crate::network::{AttemptId, NetworkState, Quality};
use crate::operation::Operation;
use crate::output::Output;
use crate::partition::Partition;
use crate::random::Random;
use crate::retry::Budget;
use crate::session::{Account, Endpoint, SessionId};
use crate::snapshot::Snapshot;
use crate::stream::{Reader, Stream, StreamId};
use crate::time::Now;
use crate::timer::{Timer, TimerId, Timers};
use disk::Disk;
use lifecycle::Life;
use quality::Evidence;
use reach::Reaches;
use refreshes::Refreshes;
pub use registrations::Registered;
use sessions::SessionState;
use switches::Switchboard;

/// Where the engine's own randomness starts. Keys of partitions come from it, so a real runtime takes it from the
/// system's generator; a test takes a constant, and gets the same outputs byte for byte.
#[derive(Clone)]
pub struct Seed(pub [u8; 32]);

/// Every decision of the runtime, and no effect.
///
/// After [`Engine::handle`], and after a [`Engine::peek`] that left outputs, the driver calls [`Engine::poll_output`]
/// until it returns [`Output::Timeout`], before the next input. Outputs of one input are carried out in order. What is due
/// at an instant happens before what arrives at that instant.
pub struct Engine {
    config: Config,
    limits: Limits,
    random: Random,
    now: Now,
    clock: Clock,
    network: NetworkState,
    evidence: Evidence,
    life: Life,
    /// Encoded policies, with what they were registered as.
    policies: Vec<(Bytes, Registered)>,
    /// As they are registered.
    registered: Vec<Arc<Method>>,
    /// The same without what is turned off.
    methods: Vec<Arc<Method>>,
    switchboard: Switchboard,
    sessions: BTreeMap<SessionId, SessionState>,
    credentials: BTreeMap<Account, Credentials>,
    partitions: BTreeMap<Owner, Partition>,
    memory: Memory,
    disk: Disk,
    operations: BTreeMap<OpId, Operation>,
    /// Operations that end with [`Delivered::Done`](crate::output::Delivered::Done), by account.
    chores: BTreeMap<OpId, Account>,
    /// Calls and observers by the key of their entry.
    interested: BTreeMap<Key, BTreeSet<OpId>>,
    flights: BTreeMap<FlightId, Flight>,
    /// Flights that can be joined, oldest first.
    by_key: BTreeMap<(Key, bool), Vec<FlightId>>,
    attempts: BTreeMap<AttemptId, FlightId>,
    streams: BTreeMap<StreamId, Stream>,
    readers: BTreeMap<OpId, Reader>,
    /// Streams that others may share, by key and by whether they are reduced.
    shared_streams: BTreeMap<(Key, bool), StreamId>,
    stream_attempts: BTreeMap<AttemptId, StreamId>,
    /// Questions in the air, with when they are given up.
    asks: BTreeMap<AskId, (Account, TimerId)>,
    reaches: Reaches,
    refreshes: Refreshes,
    /// Retry budgets that are not full.
    budgets: BTreeMap<Endpoint, Budget>,
    /// Flights that ended while something else was being decided.
    ended: VecDeque<(FlightId, Failed)>,
    /// Streams that broke meanwhile.
    broken: VecDeque<(StreamId, Failed)>,
    /// The network has changed meanwhile: streams are looked at.
    network_news: bool,
    /// Whether trimming is called for may have changed meanwhile: what is reduced on the screen is looked at.
    detail_news: bool,
    /// The device has moved to another network meanwhile.
    path_news: bool,
    /// When what was sent over an old path is cut, by the last attempt that was.
    drains: BTreeMap<AttemptId, TimerId>,
    timers: Timers,
    outputs: VecDeque<Output>,
    /// Where keys are written.
    scratch: Vec<u8>,
    /// The last of all names that the engine has given.
    named: u64,
    /// Hits by row 1, 2 and 3.
    counts: Counts,
}

impl Engine {
    /// An engine without sessions or policies. No effect.
    #[must_use]
    pub fn new(config: Config, seed: &Seed) -> Self {
        let mut random = Random::new(seed);
        let limits =
            Limits { max_bytes: config.max_message_bytes, max_tags: config.max_tags, ..Limits::DEFAULT };
        Self {
            limits,
            memory: Memory::new(config.memory_bytes, random.hash_seed()),
            disk: Disk::new(config.store),
            random,
            config,
            now: Now::default(),
            clock: Clock::default(),
            network: NetworkState { quality: Quality::Unspecified, save_data: false },
            evidence: Evidence::default(),
            life: Life::default(),
            policies: Vec::new(),
            registered: Vec::new(),
            methods: Vec::new(),
            switchboard: Switchboard::default(),
            sessions: BTreeMap::new(),
            credentials: BTreeMap::new(),
            partitions: BTreeMap::new(),
            operations: BTreeMap::new(),
            chores: BTreeMap::new(),
            interested: BTreeMap::new(),
            flights: BTreeMap::new(),
            by_key: BTreeMap::new(),
            attempts: BTreeMap::new(),
            streams: BTreeMap::new(),
            readers: BTreeMap::new(),
            shared_streams: BTreeMap::new(),
            stream_attempts: BTreeMap::new(),
            asks: BTreeMap::new(),
            reaches: Reaches::default(),
            refreshes: Refreshes::default(),
            budgets: BTreeMap::new(),
            ended: VecDeque::new(),
            broken: VecDeque::new(),
            network_news: false,
            detail_news: false,
            path_news: false,
            drains: BTreeMap::new(),
            timers: Timers::default(),
            outputs: VecDeque::new(),
            scratch: Vec::new(),
            named: 0,
            counts: Counts::default(),
        }
    }

    /// Takes in a fact. What to do follows from [`Engine::poll_output`].
    pub fn handle(&mut self, input: Input, now: Now) {
        self.pass_time(now);
        match input {
            Input::OpenSession { session, config } => self.open_session(session, config),
            Input::SetMetadata { session, metadata } => self.set_metadata(session, metadata),
            Input::CloseSession { session } => self.close_session(session),
            Input::SignOut { op, session, outbox } => self.sign_out(op, session, outbox),
            Input::Erase { op, account } => self.erase(op, account),
            Input::Call { op, session, method, request, options, form } => {
                self.start_call(op, session, method, &request, &options, form);
            }
            Input::Cancel { op } => self.cancel(op),
            Input::Refresh { op, observer } => self.pull_to_refresh(op, observer),
            Input::Put { op, session, method, request, value, options } => {
                self.put(op, session, method, &request, value, &options);
            }
            Input::Invalidate { op, session, tag } => self.invalidate_tag(op, session, &tag),
            Input::Demand { op, items } => self.demand(op, items),
            Input::SendMessage { op, message } => self.send_message(op, message),
            Input::CloseSend { op } => self.close_send(op),
            Input::App(state) => self.app_state(state),
            Input::Pause { op } => self.pause(op),
            Input::Resume => self.resume_work(),
            Input::MemoryPressure => self.memory_pressure(),
            Input::Disable { op, switches } => self.disable(op, switches),
            Input::Platform(platform) => self.platform_changed(platform),
            Input::PinQuality(quality) => self.pin_quality(quality),
            Input::OwnEstimate(estimate) => self.own_estimate(estimate),
            Input::Credentials { ask, answer } => self.credentials_answered(ask, answer),
            Input::CredentialsChanged { account } => self.credentials_changed(&account),
            Input::Head { attempt, head } if self.stream_attempts.contains_key(&attempt) => {
                self.stream_head(attempt, &head);
            }
            Input::Head { attempt, head } => self.head(attempt, &head),
            Input::Progress { attempt } => self.progress(attempt),
            Input::Transferred { attempt, bytes, over } => self.transferred(attempt, bytes, over),
            Input::Message { attempt, message } => self.stream_message(attempt, message),
            Input::Ended { attempt, trailers } => self.stream_ended(attempt, &trailers),
            Input::Written { attempt, messages } => self.stream_written(attempt, messages),
            Input::Contact { attempt } => self.contact(attempt),
            Input::Response { attempt, response } if self.stream_attempts.contains_key(&attempt) => {
                self.stream_response(attempt, response);
            }
            Input::Response { attempt, response } => self.response(attempt, response),
            Input::Failed { attempt, failure } if self.stream_attempts.contains_key(&attempt) => {
                self.stream_failed(attempt, failure);
            }
            Input::Failed { attempt, failure } => {
                if !self.probe_failed(attempt, &failure) {
                    self.attempt_failed(attempt, failure);
                }
            }
            Input::Stored { id, result } => self.stored(id, result),
            Input::Tick => {}
        }
        self.settle();
        // What has become due by that.
        self.fire();
    }

    /// Serves from memory, without a flight or a load: rows 1 and 2; offline, also what `serve_stale` permits (reading 63). A row 2 hit leaves outputs (its refresh).
    ///
    /// `None` says nothing about the call but that it has to be started.
    pub fn peek(
        &mut self,
        session: SessionId,
        method: MethodId,
        request: &Bytes,
        options: &CallOptions,
        now: Now,
    ) -> Option<Snapshot> {
        self.read_clocks(now);
        let snapshot = self.serve_from_memory(session, method, request, options);
        self.settle();
        snapshot
    }

    /// Whether [`Engine::poll_output`] has more than a timeout to say.
    #[must_use]
    pub fn has_output(&self) -> bool {
        !self.outputs.is_empty()
    }

    /// The next effect, or [`Output::Timeout`] when there is nothing more to do.
    pub fn poll_output(&mut self) -> Output {
        self.outputs.pop_front().unwrap_or_else(|| Output::Timeout(self.timers.next()))
    }

    /// How good the network is held to be.
    #[must_use]
    pub fn quality(&self) -> Quality {
        self.network.quality
    }

    /// How often each decision was made. Hits of [`Engine::peek`] by row 1 are counted, but are no events.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// What the memory tier holds now.
    #[must_use]
    pub fn memory_use(&self) -> MemoryUse {
        self.memory.in_use()
    }

    fn read_clocks(&mut self, now: Now) {
        self.now = now;
        if self.clock.observe(&now) {
            self.event(Event::ClockDistrusted);
        }
    }

    /// Moves on to `now`: whatever is due happens first.
    fn pass_time(&mut self, now: Now) {
        self.read_clocks(now);
        self.notice_suspension();
        self.fire();
        self.notice_lapses();
    }

    /// Everything that is due happens.
    fn fire(&mut self) {
        while let Some(timer) = self.timers.pop_due(self.now.boot) {
            match timer {
                Timer::Wait(op) => self.wait_over(op),
                Timer::StaleAfter(op) => self.stale_after(op),
                Timer::Crossing(op) => self.crossing(op),
                Timer::Attempt(flight) => self.attempt_timeout(flight),
                Timer::Refetch(op) => self.refetch_due(op),
                Timer::Deferral(flight) => self.let_go(flight),
                Timer::Probe(endpoint) => self.probe_due(&endpoint),
                Timer::Ask(ask) => self.ask_unanswered(ask),
                Timer::Retry(flight) => self.retry(flight),
                Timer::Total(flight) => self.total_timeout(flight),
                Timer::Silence(attempt) => self.silence(attempt),
                Timer::Grace => self.grace_over(),
                Timer::Deadline(op) => self.reader_deadline(op),
                Timer::StreamHead(stream) => self.stream_head_timeout(stream),
                Timer::Reopen(stream) => self.reopen_due(stream),
                Timer::SaveKept(stream) => self.save_kept(stream),
                Timer::PauseCut => self.pause_cut(),
                Timer::Drained(last) => self.drained(last),
            }
            self.settle();
        }
    }

    /// Ends what ended while something else was being decided, and lets refreshes go whose turn has come.
    fn settle(&mut self) {
        loop {
            if let Some((flight, failed)) = self.ended.pop_front() {
                self.flight_failed(flight, failed);
            } else if let Some((stream, failed)) = self.broken.pop_front() {
                self.stream_broke(stream, failed);
            } else if std::mem::take(&mut self.path_news) {
                self.streams_path_changed();
            } else if std::mem::take(&mut self.network_news) {
                self.end_deferrals();
                if std::mem::take(&mut self.detail_news) {
                    self.restore_observers();
                }
                self.restore_streams();
                self.streams_reachable();
            } else if !self.give_turn() {
                break;
            }
        }
        self.watch_all();
        self.forget_drains();
        self.continue_pause();
    }

    fn name(&mut self) -> u64 {
        self.named += 1;
        self.named
    }

    fn event(&mut self, event: Event) {
        self.counts.count(&event);
        self.outputs.push_back(Output::Event(event));
    }
}
