//! The thread that tells the host's listeners, so that a slow one holds up neither the engine nor the network.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Context;

use futures_util::task::AtomicWaker;
use holdover_engine::{Event, Quality};
use tokio::sync::oneshot;

/// What the host listens with.
#[derive(Default)]
pub(crate) struct Listeners {
    pub(crate) event: Option<EventListener>,
    pub(crate) quality: Option<QualityListener>,
}

/// Hears of decisions, with the method's full name where one is about a method.
pub(crate) type EventListener = Box<dyn Fn(&Event, Option<&str>) + Send>;
/// Hears how good the network is, when that has changed.
pub(crate) type QualityListener = Box<dyn Fn(Quality) + Send>;

/// How many events about methods wait for a slow listener.
const CALLS: usize = 1024;
/// How many events wait in all: those of sessions, of the store and of the network are rare, and matter for longer.
const ALL: usize = 2 * CALLS;

/// The way to the listeners, whose thread is made when there is something to tell.
#[derive(Default)]
pub(crate) enum Announcer {
    /// Nobody listens.
    #[default]
    Silent,
    NotYet(Listeners),
    /// The second part resolves when everything has been told.
    Running(Arc<Queue>, Option<oneshot::Receiver<()>>),
}

impl Announcer {
    pub(crate) fn new(listeners: Listeners) -> Self {
        if listeners.event.is_none() && listeners.quality.is_none() {
            return Self::Silent;
        }
        Self::NotYet(listeners)
    }

    /// Listeners that somebody else tells.
    pub(crate) fn inline(listeners: Listeners) -> (Self, Arc<Queue>, Listeners) {
        let queue = Arc::new(Queue::of(&listeners));
        (Self::Running(queue.clone(), None), queue, listeners)
    }

    pub(crate) fn is_silent(&self) -> bool {
        matches!(self, Self::Silent)
    }

    /// Tells of an event, unless too many are waiting. Whether it will be heard.
    pub(crate) fn event(&mut self, event: &Event, name: Option<Arc<str>>) -> bool {
        self.queue().is_none_or(|queue| queue.push(event, name))
    }

    /// Tells of the network's quality. What it was meanwhile is not told.
    pub(crate) fn quality(&mut self, quality: Quality) {
        if let Some(queue) = self.queue() {
            queue.pending().quality = Some(quality);
            queue.wake();
        }
    }

    /// Lets the thread end when it has told what is waiting.
    pub(crate) fn stop(&mut self) -> Self {
        let before = std::mem::take(self);
        if let Self::Running(queue, _) = &before {
            queue.pending().closed = true;
            queue.wake();
        }
        before
    }

    /// Resolves when the thread has ended.
    pub(crate) fn ending(self) -> Option<oneshot::Receiver<()>> {
        match self {
            Self::Running(_, ending) => ending,
            Self::Silent | Self::NotYet(_) => None,
        }
    }

    fn queue(&mut self) -> Option<&Queue> {
        if let Self::NotYet(listeners) = self {
            *self = spawn(std::mem::take(listeners));
        }
        match self {
            Self::Running(queue, _) => Some(queue),
            Self::Silent | Self::NotYet(_) => None,
        }
    }
}

fn spawn(listeners: Listeners) -> Announcer {
    let queue = Arc::new(Queue::of(&listeners));
    let theirs = queue.clone();
    let (ending, ended) = oneshot::channel();
    let run = move || {
        while theirs.wait_and_tell(&listeners) {}
        drop(listeners);
        drop(ending);
    };
    match std::thread::Builder::new().name("holdover-events".to_owned()).spawn(run) {
        Ok(_thread) => Announcer::Running(queue, Some(ended)),
        Err(error) => {
            tracing::error!(%error, "no thread for the listeners");
            Announcer::Silent
        }
    }
}

/// What waits to be told.
pub(crate) struct Queue {
    pending: Mutex<Pending>,
    /// The thread that waits.
    ready: Condvar,
    /// The task that waits, where there is no thread.
    task: AtomicWaker,
    events: bool,
}

#[derive(Default)]
struct Pending {
    events: VecDeque<(Event, Option<Arc<str>>)>,
    quality: Option<Quality>,
    /// What the listener of quality heard last.
    told: Quality,
    closed: bool,
}

impl Queue {
    fn of(listeners: &Listeners) -> Self {
        let (ready, task) = (Condvar::new(), AtomicWaker::new());
        Self { pending: Mutex::default(), ready, task, events: listeners.event.is_some() }
    }

    fn wake(&self) {
        self.ready.notify_one();
        self.task.wake();
    }

    /// Wakes a task from now on, when there is something to tell.
    pub(crate) fn listen(&self, context: &Context<'_>) {
        self.task.register(context.waker());
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        // Nothing panics under this lock.
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, event: &Event, name: Option<Arc<str>>) -> bool {
        if !self.events {
            return true;
        }
        let room = if name.is_some() { CALLS } else { ALL };
        let mut pending = self.pending();
        if pending.events.len() >= room {
            return false;
        }
        pending.events.push_back((event.clone(), name));
        drop(pending);
        self.wake();
        true
    }

    /// Waits for something, and tells it. `false`: there will be nothing more.
    fn wait_and_tell(&self, listeners: &Listeners) -> bool {
        let mut pending = self.pending();
        while pending.events.is_empty() && pending.quality.is_none() {
            if pending.closed {
                return false;
            }
            pending = self.ready.wait(pending).unwrap_or_else(PoisonError::into_inner);
        }
        drop(pending);
        self.tell(listeners)
    }

    /// Tells one thing, if there is one.
    pub(crate) fn tell(&self, listeners: &Listeners) -> bool {
        let mut pending = self.pending();
        if let Some((event, name)) = pending.events.pop_front() {
            drop(pending);
            if let Some(listener) = &listeners.event {
                told(|| listener(&event, name.as_deref()));
            }
            return true;
        }
        let Some(quality) = pending.quality.take() else { return false };
        let before = std::mem::replace(&mut pending.told, quality);
        drop(pending);
        if let Some(listener) = &listeners.quality
            && quality != before
        {
            told(|| listener(quality));
        }
        true
    }
}

fn told(tell: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(tell)).is_err() {
        tracing::error!("a listener panicked; calls go on");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log() -> (Arc<Mutex<Vec<String>>>, Listeners) {
        let log: Arc<Mutex<Vec<String>>> = Arc::default();
        let (events, qualities) = (log.clone(), log.clone());
        let event: EventListener = Box::new(move |event, name| {
            events.lock().unwrap().push(format!("{event:?} of {name:?}"));
        });
        let quality: QualityListener = Box::new(move |quality| {
            qualities.lock().unwrap().push(format!("{quality:?}"));
        });
        (log, Listeners { event: Some(event), quality: Some(quality) })
    }

    #[test]
    fn events_are_told_in_order_and_qualities_when_they_changed() {
        let (log, listeners) = log();
        let (mut announcer, queue, listeners) = Announcer::inline(listeners);
        assert!(announcer.event(&Event::StoreRecovered, None));
        announcer.quality(Quality::Poor);
        announcer.quality(Quality::Good);
        assert!(announcer.event(&Event::StoreRecreated, Some("p.S/M".into())));
        while queue.tell(&listeners) {}
        announcer.quality(Quality::Poor);
        announcer.quality(Quality::Good);
        while queue.tell(&listeners) {}
        announcer.quality(Quality::Poor);
        while queue.tell(&listeners) {}
        let heard = log.lock().unwrap();
        assert_eq!(*heard, ["StoreRecovered of None", "StoreRecreated of Some(\"p.S/M\")", "Good", "Poor"]);
    }

    #[test]
    fn a_slow_listener_misses_events_about_calls_first() {
        let (log, listeners) = log();
        let (mut announcer, queue, listeners) = Announcer::inline(listeners);
        let of_a_call = |announcer: &mut Announcer| announcer.event(&Event::StoreRecovered, Some("m".into()));
        assert!((0..CALLS).all(|_| of_a_call(&mut announcer)));
        assert!(!of_a_call(&mut announcer));
        assert!((CALLS..ALL).all(|_| announcer.event(&Event::StoreRecreated, None)));
        assert!(!announcer.event(&Event::StoreRecreated, None));
        while queue.tell(&listeners) {}
        assert_eq!(log.lock().unwrap().len(), ALL);
        assert!(of_a_call(&mut announcer), "there is room again");
    }

    #[test]
    fn a_thread_tells_what_is_waiting_and_ends() {
        let (log, listeners) = log();
        let ended = {
            let (sender, ended) = std::sync::mpsc::channel::<()>();
            let Listeners { event, quality } = listeners;
            // Dropped with the thread.
            let event: Option<EventListener> = event.map(|event| -> EventListener {
                Box::new(move |happened, name| {
                    let _alive = &sender;
                    event(happened, name);
                })
            });
            let mut announcer = Announcer::new(Listeners { event, quality });
            assert!((0..10).all(|_| announcer.event(&Event::StoreRecovered, None)));
            announcer.stop();
            ended
        };
        ended.recv().unwrap_err();
        assert_eq!(log.lock().unwrap().len(), 10);
        assert!(Announcer::new(Listeners::default()).is_silent());
    }
}
