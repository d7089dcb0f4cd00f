//! What the lock guards, and what is done after it is free again.

use std::collections::HashMap;
use std::sync::Arc;
use std::task::Waker;

use holdover_engine::{
    AttemptId, Delivered, Engine, Error, ErrorKind, Event, Input, Instant, Now, Observed, OpId, Quality,
    SessionId, StoreId,
};

use super::tap::Tap;
use super::{Announcer, Driver, Place, Storekeeper, Wire, Worker, worker};
use crate::CredentialsProvider;
use crate::telemetry::Telemetry;

pub(super) struct State {
    pub(super) engine: Engine,
    /// Who waits for what.
    pub(super) places: HashMap<OpId, Arc<dyn Place>>,
    /// Streams that are open.
    pub(super) wires: HashMap<AttemptId, Wire>,
    pub(super) hooks: HashMap<SessionId, Arc<dyn CredentialsProvider>>,
    /// Ids of operations and sessions.
    last_id: u64,
    pub(super) worker: Worker,
    pub(super) store: Option<Storekeeper>,
    pub(super) announcer: Announcer,
    /// What the engine said of the network last.
    quality: Quality,
    /// When the worker was last told to tick.
    pub(super) tick_at: Option<Instant>,
    pub(super) decisions: u64,
    /// What callers have been given, hits of memory included.
    pub(super) delivered: u64,
    /// Of an inline driver that was asked to watch.
    pub(super) tap: Option<Tap>,
    /// The engine has been told something since its outputs were polled.
    pub(super) undrained: bool,
    /// Why nothing can be started any more.
    pub(super) ended: Option<Error>,
}

/// What is to be done when the lock is free again, because it runs code of callers, which may come back.
#[derive(Default)]
pub(super) struct Afterwards {
    pub(super) wake: Vec<Waker>,
    pub(super) tell: Vec<Event>,
    /// Commands that no store takes.
    pub(super) unstored: Vec<StoreId>,
    /// Dropped when the lock is free: a hook may own a session.
    pub(super) release: Vec<Arc<dyn CredentialsProvider>>,
    /// The same of listeners.
    pub(super) silenced: Option<Announcer>,
}

impl State {
    pub(super) fn new(
        engine: Engine,
        worker: Worker,
        store: Option<Storekeeper>,
        announcer: Announcer,
    ) -> Self {
        let quality = engine.quality();
        Self {
            engine,
            places: HashMap::new(),
            wires: HashMap::new(),
            hooks: HashMap::new(),
            last_id: 0,
            worker,
            store,
            announcer,
            quality,
            tick_at: None,
            decisions: 0,
            delivered: 0,
            tap: None,
            undrained: false,
            ended: None,
        }
    }

    pub(super) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    pub(super) fn handle(&mut self, input: Input, now: Now) {
        self.undrained = true;
        self.engine.handle(input, now);
    }

    pub(super) fn work(
        &mut self,
        driver: &Arc<Driver>,
        command: worker::Command,
        afterwards: &mut Afterwards,
    ) {
        if self.ended.is_none() && !self.worker.send(driver, command) {
            let error = "there is no thread for the network; free resources and build another runtime";
            self.end(&Error::new(ErrorKind::Unreachable, error), afterwards);
        }
    }

    pub(super) fn deliver(&mut self, op: OpId, delivered: Delivered, wake: &mut Vec<Waker>) {
        let last = match &delivered {
            Delivered::Answer(_) | Delivered::Done(_) | Delivered::Ended(_) => true,
            Delivered::Item(_) | Delivered::Credit(_) => false,
            Delivered::Observed(state) => {
                matches!(&**state, Observed::Failed(error) if error.kind == ErrorKind::SignedOut)
            }
        };
        if last {
            if let Some(place) = self.places.remove(&op) {
                self.delivered += 1;
                place.put(delivered, last, wake);
            }
        } else if let Some(place) = self.places.get(&op) {
            self.delivered += 1;
            place.put(delivered, last, wake);
        }
    }

    /// Tells the listeners of an event, in the order of decisions.
    pub(super) fn announce(&mut self, event: &Event, telemetry: &Telemetry) {
        if !self.announcer.is_silent() && !self.announcer.event(event, telemetry.name_of(event)) {
            telemetry.unheard();
        }
    }

    /// Tells the listeners of the network's quality if it is another one (rule H5).
    pub(super) fn announce_quality(&mut self) {
        let quality = self.engine.quality();
        if std::mem::replace(&mut self.quality, quality) != quality {
            self.announcer.quality(quality);
        }
    }

    /// Ends every operation with an error, refuses new ones, and lets the worker go.
    pub(super) fn end(&mut self, error: &Error, afterwards: &mut Afterwards) {
        for (_, place) in self.places.drain() {
            place.end(error.clone(), &mut afterwards.wake);
        }
        self.wires.clear();
        afterwards.release.extend(self.hooks.drain().map(|(_, hook)| hook));
        self.worker.stop();
        if self.ended.is_none() {
            afterwards.silenced = Some(self.announcer.stop());
        }
        self.ended.get_or_insert_with(|| error.clone());
    }
}

impl Afterwards {
    pub(super) fn carry_out(self, telemetry: &Telemetry) {
        self.wake.into_iter().for_each(Waker::wake);
        for event in &self.tell {
            telemetry.tell(event);
        }
        drop(self.release);
        drop(self.silenced);
    }
}
