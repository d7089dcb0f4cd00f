//! Events on their way to the JVM, which comes for them.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::abi::{HOLDOVER_EVENT_STATE, HOLDOVER_FLAG_LAST};
use crate::guard::Refusal;
use crate::host::{Event, Listener};
use crate::table::{Kind, Table};

static QUEUES: Table<Arc<Queue>> = Table::of(Kind::Queue);

/// A host on the JVM.
pub(crate) struct JvmHost(Arc<Queue>);

/// What waits for the JVM. It is bounded by what the host has started and asked for, as everything is that it is told.
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    ready: Condvar,
}

#[derive(Default)]
struct Waiting {
    events: VecDeque<Event>,
    /// The number of the first of them.
    first: u64,
    /// The state of each observer that waits: its number.
    states: HashMap<u64, u64>,
    /// There will be no more.
    closed: bool,
}

/// What was given.
pub(crate) enum Given {
    /// So many events.
    Events(usize),
    /// They could not be taken.
    Nothing,
    /// There will be no more.
    End,
}

/// A queue, and who fills it.
pub(crate) fn open() -> Result<(u64, JvmHost), Refusal> {
    let queue = Arc::new(Queue { waiting: Mutex::default(), ready: Condvar::new() });
    let handle = QUEUES.insert(queue.clone())?;
    Ok((handle, JvmHost(queue)))
}

pub(crate) fn find(queue: u64) -> Result<Arc<Queue>, Refusal> {
    QUEUES.get(queue)
}

/// Lets a queue go.
pub(crate) fn close(queue: u64) {
    drop(QUEUES.remove(queue));
}

impl Listener for JvmHost {
    fn hear(&self, event: Event) {
        let mut waiting = self.0.lock();
        waiting.push(event);
        drop(waiting);
        self.0.ready.notify_one();
    }
}

impl Drop for JvmHost {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.ready.notify_all();
    }
}

impl Waiting {
    fn push(&mut self, event: Event) {
        if event.kind == HOLDOVER_EVENT_STATE && event.flags & HOLDOVER_FLAG_LAST == 0 {
            let next = self.first + self.events.len() as u64;
            let number = *self.states.entry(event.op).or_insert(next);
            if number != next {
                // Nobody has seen the one before, and only the newest counts (rule B3).
                let index = usize::try_from(number - self.first).expect("it waits in memory");
                self.events[index] = event;
                return;
            }
        }
        self.events.push_back(event);
    }

    fn pop(&mut self) -> Option<Event> {
        let event = self.events.pop_front()?;
        if self.states.get(&event.op) == Some(&self.first) {
            self.states.remove(&event.op);
        }
        self.first += 1;
        Some(event)
    }

    fn push_back_front(&mut self, event: Event) {
        self.first -= 1;
        if event.kind == HOLDOVER_EVENT_STATE && event.flags & HOLDOVER_FLAG_LAST == 0 {
            self.states.entry(event.op).or_insert(self.first);
        }
        self.events.push_front(event);
    }
}

impl Queue {
    /// Waits for events, and gives up to `most` of them by `give`, which says whether it could take one.
    pub(crate) fn next(&self, most: usize, mut give: impl FnMut(usize, &Event) -> bool) -> Given {
        let mut waiting = self.lock();
        while waiting.events.is_empty() {
            if waiting.closed {
                return Given::End;
            }
            waiting = self.ready.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        let mut given = 0;
        while given < most
            && let Some(event) = waiting.pop()
        {
            // Giving takes its time, and whoever tells must not wait for the JVM.
            drop(waiting);
            let taken = give(given, &event);
            waiting = self.lock();
            if !taken {
                waiting.push_back_front(event);
                break;
            }
            given += 1;
        }
        if given == 0 { Given::Nothing } else { Given::Events(given) }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing panics under this lock but an allocation that fails.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::{HOLDOVER_EVENT_DONE, HOLDOVER_EVENT_ITEM};

    fn event(kind: u32, op: u64, count: u32) -> Event {
        Event { op, count, ..Event::new(kind) }
    }

    fn take(queue: &Queue, most: usize) -> Vec<(u32, u64, u32)> {
        let mut taken = Vec::new();
        queue.next(most, |_, event| {
            taken.push((event.kind, event.op, event.count));
            true
        });
        taken
    }

    #[test]
    fn only_the_newest_state_of_an_observer_waits_and_everything_else_does() {
        let (handle, host) = open().unwrap();
        let queue = find(handle).unwrap();
        for (kind, op, count) in [
            (HOLDOVER_EVENT_STATE, 1, 0),
            (HOLDOVER_EVENT_ITEM, 2, 1),
            (HOLDOVER_EVENT_STATE, 1, 1),
            (HOLDOVER_EVENT_STATE, 3, 0),
            (HOLDOVER_EVENT_ITEM, 2, 2),
            (HOLDOVER_EVENT_STATE, 3, 1),
        ] {
            host.hear(event(kind, op, count));
        }
        assert_eq!(take(&queue, 1), [(HOLDOVER_EVENT_STATE, 1, 1)]);
        host.hear(event(HOLDOVER_EVENT_STATE, 1, 2));
        host.hear(event(HOLDOVER_EVENT_STATE, 3, 2));
        host.hear(Event { flags: HOLDOVER_FLAG_LAST, ..event(HOLDOVER_EVENT_STATE, 3, 9) });
        assert_eq!(
            take(&queue, 9),
            [
                (HOLDOVER_EVENT_ITEM, 2, 1),
                (HOLDOVER_EVENT_STATE, 3, 2),
                (HOLDOVER_EVENT_ITEM, 2, 2),
                (HOLDOVER_EVENT_STATE, 1, 2),
                (HOLDOVER_EVENT_STATE, 3, 9),
            ]
        );
        host.hear(event(HOLDOVER_EVENT_DONE, 4, 0));
        drop(host);
        assert_eq!(take(&queue, 9).len(), 1, "what was told is given");
        assert!(matches!(queue.next(9, |_, _| true), Given::End));
        close(handle);
        assert!(find(handle).is_err());
    }

    #[test]
    fn what_could_not_be_taken_is_given_again() {
        let (handle, host) = open().unwrap();
        let queue = find(handle).unwrap();
        host.hear(event(HOLDOVER_EVENT_STATE, 1, 1));
        host.hear(event(HOLDOVER_EVENT_DONE, 2, 0));
        assert!(matches!(queue.next(9, |_, _| false), Given::Nothing));
        host.hear(event(HOLDOVER_EVENT_STATE, 1, 2));
        assert!(matches!(queue.next(9, |index, _| index == 0), Given::Events(1)));
        assert_eq!(take(&queue, 9), [(HOLDOVER_EVENT_DONE, 2, 0)]);
        close(handle);
    }
}
