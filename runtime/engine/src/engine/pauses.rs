//! Pausing: everything off the wire, the store closed, nothing started until the runtime works again (rule J1).

use std::time::Duration;

use super::Engine;
use super::disk::Pending;
use crate::call::OpId;
use crate::error::{Error, ErrorKind};
use crate::event::Event;
use crate::fault::{Fault, planted};
use crate::flight::FlightId;
use crate::network::{AttemptId, Failure, TransportFailure};
use crate::output::{Delivered, Output};
use crate::store::{StoreCommand, StoreFault};
use crate::timer::{Timer, TimerId};

/// How long what is on the wire has until it is cut.
const PATIENCE: Duration = Duration::from_secs(1);

/// How far a pause has come, and who waits for it.
#[derive(Default)]
pub(super) struct Pause {
    stage: PauseStage,
    waiting: Vec<OpId>,
}

#[derive(Default)]
enum PauseStage {
    #[default]
    Working,
    /// What is on the wire may still end.
    Draining(Option<TimerId>),
    /// The store is being closed.
    Closing,
    Paused,
}

impl Engine {
    /// Whether nothing may be sent.
    pub(super) fn is_paused(&self) -> bool {
        !matches!(self.life.pause.stage, PauseStage::Working)
    }

    /// Stop working, and close the store.
    pub(super) fn pause(&mut self, op: OpId) {
        self.life.pause.waiting.push(op);
        match self.life.pause.stage {
            PauseStage::Paused => self.tell_paused(&Ok(())),
            PauseStage::Draining(_) | PauseStage::Closing => {}
            PauseStage::Working => {
                self.life.pause.stage = PauseStage::Draining(None);
                // What is on the wire is not given the time that it would take.
                self.evidence_interrupted();
                self.rest_observers();
                self.suspend_flights(|flight| flight.held.is_some());
                self.streams_paused();
                if self.on_the_wire().next().is_some() {
                    let cut = self.timers.set(self.now.boot.after(PATIENCE), Timer::PauseCut);
                    self.life.pause.stage = PauseStage::Draining(Some(cut));
                }
            }
        }
    }

    /// Nobody waits for a pause any more. It goes on.
    pub(super) fn forget_pause(&mut self, op: OpId) {
        self.life.pause.waiting.retain(|waiting| *waiting != op);
    }

    /// What is on the wire had its time.
    pub(super) fn pause_cut(&mut self) {
        let attempts: Vec<AttemptId> =
            self.on_the_wire().filter(|_| !planted(Fault::PauseCutsNothing)).collect();
        for attempt in attempts {
            self.cut(attempt, "the app is being suspended");
        }
    }

    /// Takes an attempt off the wire as if its connection had broken. That is the runtime's doing, and no evidence.
    pub(super) fn cut(&mut self, attempt: AttemptId, message: &str) {
        self.evidence_dropped(attempt);
        self.outputs.push_back(Output::CancelAttempt(attempt));
        let failure =
            Failure::Transport { kind: TransportFailure::Reset, unsent: false, message: message.to_owned() };
        if self.stream_attempts.contains_key(&attempt) {
            self.stream_failed(attempt, failure);
        } else {
            self.attempt_failed(attempt, failure);
        }
    }

    /// Closes the store as soon as nothing is on the wire and nothing is half open.
    pub(super) fn continue_pause(&mut self) {
        let PauseStage::Draining(timer) = &mut self.life.pause.stage else { return };
        let mut timer = *timer;
        if self.on_the_wire().next().is_some() || !self.disk.is_settled() {
            return;
        }
        self.timers.cancel(&mut timer);
        self.evidence_interrupted();
        self.event(Event::Paused);
        if self.close_disk() {
            self.life.pause.stage = PauseStage::Closing;
            self.command(StoreCommand::Close, Pending::Close);
        } else {
            self.life.pause.stage = PauseStage::Paused;
            self.tell_paused(&Ok(()));
        }
    }

    /// The store has been closed.
    pub(super) fn disk_closed(&mut self, result: Result<(), StoreFault>) {
        if matches!(self.life.pause.stage, PauseStage::Closing) {
            self.life.pause.stage = PauseStage::Paused;
        }
        let result = result.map_err(|fault| {
            let message = format!(
                "the store could not be closed ({}): the system may end the process while it is suspended, and nothing is lost by that",
                fault.message
            );
            Error::new(ErrorKind::Storage, message)
        });
        self.tell_paused(&result);
    }

    fn tell_paused(&mut self, result: &Result<(), Error>) {
        for op in std::mem::take(&mut self.life.pause.waiting) {
            self.deliver(op, Delivered::Done(result.clone()));
        }
    }

    /// Whether a flight may be sent now; it is sent later, if not.
    pub(super) fn may_send(&mut self, id: FlightId) -> bool {
        if self.is_paused() {
            self.life.unsent.insert(id);
        }
        !self.is_paused()
    }

    /// Work again.
    pub(super) fn resume_work(&mut self) {
        match std::mem::take(&mut self.life.pause.stage) {
            PauseStage::Working => return,
            PauseStage::Draining(mut timer) => {
                self.timers.cancel(&mut timer);
                self.tell_paused(&Ok(()));
            }
            PauseStage::Closing | PauseStage::Paused => self.event(Event::Resumed),
        }
        self.evidence_interrupted();
        self.reopen_disk();
        // No probes have run meanwhile.
        self.review_all();
        self.let_go_reachable();
        // What is deferred and need not be any more follows when this is settled.
        self.network_news = true;
        let unsent = std::mem::take(&mut self.life.unsent);
        for id in self.in_order(unsent) {
            self.depart(id);
        }
        self.wake();
        self.streams_resumed();
    }
}
