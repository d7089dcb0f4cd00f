//! Watching one answer.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::future::BoxFuture;

use crate::{CallOptions, Error, Snapshot};

/// What an observed answer is now. States, not a log: only the newest counts (rule B3).
#[derive(Debug)]
pub enum Observed<T> {
    /// Nothing to show yet.
    Loading,
    /// The newest answer. A refresh that failed is said in it: see [`Snapshot::error`].
    Value(Snapshot<T>),
    /// There is no answer that could be shown, and the last attempt to get one failed. Another one follows.
    Failed(Error),
}

impl<T: Clone> Clone for Observed<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Loading => Self::Loading,
            Self::Value(snapshot) => Self::Value(snapshot.clone()),
            Self::Failed(error) => Self::Failed(error.clone()),
        }
    }
}

impl<T: PartialEq> PartialEq for Observed<T> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Loading, Self::Loading) => true,
            (Self::Value(one), Self::Value(other)) => one == other,
            (Self::Failed(one), Self::Failed(other)) => one == other,
            _ => false,
        }
    }
}

/// A stream of the states of one answer, for screens. It starts when it is first polled or refreshed, does not end on
/// errors, and ends when the session or the runtime does. Dropping it stops watching. Runs on any executor.
#[must_use = "an observation starts when it is polled"]
pub struct Observation<T> {
    options: CallOptions,
    states: State<T>,
}

enum State<T> {
    Scripted(Pin<Box<dyn Stream<Item = Observed<T>> + Send>>),
}

impl<T> Observation<T> {
    /// Goes through the states of a stream: what fakes return, such as `Observation::of(stream::iter([…]))`.
    pub fn of(states: impl Stream<Item = Observed<T>> + Send + 'static) -> Self {
        Self { options: CallOptions::default(), states: State::Scripted(Box::pin(states)) }
    }

    /// Sets all options. Has no effect once the observation has started.
    pub fn options(mut self, options: CallOptions) -> Self {
        self.options = options;
        self
    }

    /// Pull to refresh: asks the network now, and returns or fails when that attempt ends. May be awaited anywhere,
    /// while the observation goes on elsewhere.
    pub fn refresh(&self) -> BoxFuture<'static, Result<(), Error>> {
        match self.states {
            State::Scripted(_) => Box::pin(std::future::ready(Ok(()))),
        }
    }
}

impl<T> Stream for Observation<T> {
    type Item = Observed<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match &mut self.states {
            State::Scripted(states) => states.as_mut().poll_next(context),
        }
    }
}

impl<T> Unpin for Observation<T> {}

impl<T> fmt::Debug for Observation<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observation").field("options", &self.options).finish_non_exhaustive()
    }
}
