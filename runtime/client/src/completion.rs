//! Work that goes on by itself.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use holdover_engine::Delivered;

use crate::Error;
use crate::driver::{Taken, Ticket};

/// The end of something that has been started already: await it to know how it went, or drop it and let it go on.
pub struct Completion(State);

enum State {
    Running(Option<Ticket>),
    Known(Option<Result<(), Error>>),
}

impl Completion {
    pub(crate) fn of(started: Result<Ticket, Error>) -> Self {
        match started {
            Ok(ticket) => Self(State::Running(Some(ticket))),
            Err(error) => Self::known(Err(error)),
        }
    }

    /// What is over already: what fakes return.
    pub fn known(outcome: Result<(), Error>) -> Self {
        Self(State::Known(Some(outcome)))
    }
}

impl Future for Completion {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            State::Known(outcome) => Poll::Ready(outcome.take().unwrap_or(Ok(()))),
            State::Running(ticket) => {
                let Some(running) = ticket else { return Poll::Ready(Ok(())) };
                let taken = std::task::ready!(running.place().take(context));
                *ticket = None;
                Poll::Ready(match taken {
                    Taken::Delivered(Delivered::Done(outcome)) => outcome,
                    Taken::Delivered(Delivered::Answer(answer)) => answer.map(|_| ()),
                    Taken::Ended(error) => Err(error),
                    Taken::Delivered(_) | Taken::Nothing => Ok(()),
                })
            }
        }
    }
}

impl Drop for Completion {
    fn drop(&mut self) {
        if let State::Running(ticket) = &mut self.0
            && let Some(ticket) = ticket.take()
        {
            ticket.detach();
        }
    }
}

impl fmt::Debug for Completion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Completion").finish_non_exhaustive()
    }
}
