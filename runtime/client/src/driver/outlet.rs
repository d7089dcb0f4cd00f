//! Where deliveries go when nobody polls: straight to a sink.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

use holdover_engine::{Delivered, Error};

use super::place::Place;
use crate::host::{Sink, Told};

/// Tells a sink of one operation, one thing after the other, until exactly one end. One thread tells at a time; what comes
/// meanwhile, from whatever thread, is told by that one.
pub(crate) struct Outlet {
    sink: Box<dyn Sink>,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    waiting: VecDeque<(Told, bool)>,
    /// Nothing more is taken in: the end is waiting, or was told.
    over: bool,
    /// The sink owns whatever an end gives back to it.
    started: bool,
    telling: bool,
}

impl Outlet {
    pub(crate) fn new(sink: Box<dyn Sink>) -> Arc<Self> {
        Arc::new(Self { sink, inner: Mutex::default() })
    }

    /// Ends it as cancelled, unless it has ended. What was not told yet is not told any more. [`drain`](Self::drain) tells.
    pub(crate) fn cancel(&self) -> bool {
        let mut inner = self.lock();
        if inner.over {
            return false;
        }
        inner.over = true;
        let untold = std::mem::take(&mut inner.waiting);
        inner.waiting.push_back((Told::Cancelled, true));
        drop(inner);
        drop(untold);
        true
    }

    /// Nothing is ever told, because it could not be started. `false`: the end was told, or is waiting.
    pub(crate) fn refuse(&self) -> bool {
        !std::mem::replace(&mut self.lock().over, true)
    }

    /// From now on there is an end, whatever happens. `false`: it has come already.
    pub(crate) fn open(&self) -> bool {
        let mut inner = self.lock();
        inner.started = true;
        !inner.over
    }

    pub(crate) fn is_over(&self) -> bool {
        self.lock().over
    }

    /// Tells what is waiting, unless somebody is telling.
    pub(crate) fn drain(&self) {
        let mut inner = self.lock();
        if std::mem::replace(&mut inner.telling, true) {
            return;
        }
        while let Some((told, last)) = inner.waiting.pop_front() {
            drop(inner);
            self.sink.tell(told, last);
            inner = self.lock();
        }
        inner.telling = false;
    }

    fn put(&self, told: Told, last: bool) {
        let mut inner = self.lock();
        if !inner.over {
            inner.over = last;
            inner.waiting.push_back((told, last));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing panics under this lock.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        let inner = self.inner.get_mut().unwrap_or_else(PoisonError::into_inner);
        if inner.started && !inner.over {
            inner.over = true;
            self.sink.tell(Told::Cancelled, true);
        }
    }
}

impl Wake for Outlet {
    fn wake(self: Arc<Self>) {
        self.drain();
    }
}

/// An outlet as the driver knows it.
pub(super) struct Opening(pub(super) Arc<Outlet>);

impl Place for Opening {
    fn put(&self, delivered: Delivered, last: bool, wake: &mut Vec<Waker>) {
        self.0.put(Told::Delivered(delivered), last);
        wake.push(self.0.clone().into());
    }

    fn end(&self, error: Error, wake: &mut Vec<Waker>) {
        self.0.put(Told::Ended(error), true);
        wake.push(self.0.clone().into());
    }

    fn is_over(&self) -> bool {
        self.0.is_over()
    }
}
