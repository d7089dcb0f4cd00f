//! Where the caller of a stream waits: items in order, none lost, and no more than it asked for.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use holdover_engine::{Delivered, Error, ErrorKind, Snapshot};

use super::place::{Place, remember};

/// Holds the items of one stream, its end, and how many messages its caller may send.
#[derive(Default)]
pub(crate) struct Lane(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    items: VecDeque<Box<Snapshot>>,
    window: Window,
    credit: u32,
    end: Option<End>,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

enum End {
    /// Of a method that answers once.
    Answer(Box<Result<Snapshot, Error>>),
    /// For this reason, or because the server was done.
    Ended(Result<(), Error>),
    /// It was told.
    Told,
}

/// What the reader of a stream finds.
pub(crate) enum Arrived {
    /// An item, and how many more the engine is to be asked for.
    Item(Box<Snapshot>, u32),
    /// The end, told once.
    End(Result<(), Error>),
    /// Everything has been taken.
    Nothing,
}

impl Lane {
    /// Bounds what is read ahead of the caller, and says how much to ask for at the start.
    pub(crate) fn open(&self, window: Window) -> u32 {
        let mut inner = self.lock();
        inner.window = window;
        inner.window.demand()
    }

    pub(crate) fn take(&self, context: &Context<'_>) -> Poll<Arrived> {
        let mut inner = self.lock();
        if let Some(item) = inner.items.pop_front() {
            let demand = if inner.end.is_none() { inner.window.taken(item.value.len()) } else { 0 };
            return Poll::Ready(Arrived::Item(item, demand));
        }
        match inner.end.replace(End::Told) {
            Some(End::Told) => Poll::Ready(Arrived::Nothing),
            Some(End::Ended(result)) => Poll::Ready(Arrived::End(result)),
            Some(End::Answer(answer)) => Poll::Ready(match *answer {
                Ok(answer) => {
                    inner.end = Some(End::Ended(Ok(())));
                    Arrived::Item(Box::new(answer), 0)
                }
                Err(error) => Arrived::End(Err(error)),
            }),
            None => {
                inner.end = None;
                let before = remember(&mut inner.reader, context);
                drop(inner);
                drop(before);
                Poll::Pending
            }
        }
    }

    /// Waits until a message may be sent.
    ///
    /// # Errors
    ///
    /// When the stream has ended: for its own reason, if it has one.
    pub(crate) fn poll_credit(&self, context: &Context<'_>) -> Poll<Result<(), Error>> {
        let mut inner = self.lock();
        match &inner.end {
            Some(End::Ended(Err(error))) => return Poll::Ready(Err(error.clone())),
            Some(End::Answer(answer)) if answer.is_err() => {
                return Poll::Ready(answer.as_ref().as_ref().map(|_| ()).map_err(Clone::clone));
            }
            Some(_) => return Poll::Ready(Err(Error::new(ErrorKind::Rejected, ENDED))),
            None => {}
        }
        if inner.credit > 0 {
            return Poll::Ready(Ok(()));
        }
        let before = remember(&mut inner.writer, context);
        drop(inner);
        drop(before);
        Poll::Pending
    }

    /// A message is sent.
    pub(crate) fn spend_credit(&self) {
        let mut inner = self.lock();
        inner.credit = inner.credit.saturating_sub(1);
    }

    /// What arrived is not wanted any more.
    pub(crate) fn give_up(&self, error: Error) {
        let mut inner = self.lock();
        inner.items.clear();
        inner.end = Some(End::Ended(Err(error)));
        let writer = inner.writer.take();
        drop(inner);
        if let Some(writer) = writer {
            writer.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing panics under this lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const ENDED: &str = "the server has ended the stream and takes no more messages; read what it said";

impl Place for Lane {
    fn put(&self, delivered: Delivered, _last: bool, wake: &mut Vec<Waker>) {
        let mut inner = self.lock();
        match delivered {
            Delivered::Item(item) => inner.items.push_back(item),
            Delivered::Credit(more) => {
                inner.credit = inner.credit.saturating_add(more);
                wake.extend(inner.writer.take());
                return;
            }
            Delivered::Ended(result) => _ = inner.end.get_or_insert(End::Ended(result)),
            Delivered::Answer(answer) => _ = inner.end.get_or_insert(End::Answer(answer)),
            // No end of a stream.
            Delivered::Observed(_) | Delivered::Done(_) => return,
        }
        wake.extend(inner.reader.take());
        if inner.end.is_some() {
            wake.extend(inner.writer.take());
        }
    }

    fn end(&self, error: Error, wake: &mut Vec<Waker>) {
        let mut inner = self.lock();
        inner.end.get_or_insert(End::Ended(Err(error)));
        wake.extend(inner.reader.take());
        wake.extend(inner.writer.take());
    }

    fn is_over(&self) -> bool {
        self.lock().end.is_some()
    }
}

/// How far a stream is read ahead of its caller: by a number of items, and by bytes. Asking for many at once keeps the
/// lock out of the way; asking for few keeps memory small.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    most: u32,
    /// What is asked for, as the sizes of items have it.
    items: u32,
    /// Asked for, and not taken yet.
    open: u32,
}

impl Window {
    /// Of what is read ahead. Longer items are asked for one by one.
    const BYTES: usize = 256 << 10;

    /// For a stream whose every message counts.
    pub(crate) const DEEP: Self = Self::of(16);
    /// For a stream that may skip to its newest message: what waits here cannot be skipped any more.
    pub(crate) const SHALLOW: Self = Self::of(4);
    /// For a method that answers once: nobody has to ask.
    pub(crate) const NONE: Self = Self::of(0);

    const fn of(items: u32) -> Self {
        Self { most: items, items, open: 0 }
    }

    /// How much to ask for, now.
    fn demand(&mut self) -> u32 {
        if self.open > self.items / 2 {
            return 0;
        }
        let more = self.items - self.open;
        self.open += more;
        more
    }

    /// An item of so many bytes was taken.
    fn taken(&mut self, bytes: usize) -> u32 {
        self.open = self.open.saturating_sub(1);
        let fit = u32::try_from(Self::BYTES / bytes.max(1)).unwrap_or(u32::MAX);
        self.items = self.most.min(fit.max(1));
        self.demand()
    }
}

impl Default for Window {
    fn default() -> Self {
        Self::NONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn demand_is_made_when_half_is_taken() {
        let mut window = Window::DEEP;
        assert_eq!(window.demand(), 16);
        let asked: Vec<u32> = (0..16).map(|_| window.taken(100)).collect();
        assert_eq!(asked, [0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 8]);
        assert_eq!(window.open, 16);
    }

    #[test]
    fn long_items_are_asked_for_one_by_one() {
        let mut window = Window::DEEP;
        window.demand();
        let asked: u32 = (0..16).map(|_| window.taken(1 << 20)).sum();
        assert_eq!((asked, window.open), (1, 1), "the last one asks for the next");
        assert_eq!((window.taken(1 << 20), window.open), (1, 1));
        assert_eq!((window.taken(64 << 10), window.open), (4, 4), "four of these fit");
        assert_eq!(window.taken(10), 13);
    }

    #[test]
    fn a_window_of_nothing_never_asks() {
        let mut window = Window::NONE;
        assert_eq!((window.demand(), window.taken(10), window.open), (0, 0, 0));
    }
}
