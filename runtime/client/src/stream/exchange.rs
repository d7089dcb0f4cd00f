//! A stream of a runtime, as its two sides share it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use holdover_engine::Input;

use super::{Incoming, Outgoing};
use crate::binding::Target;
use crate::driver::{Arrived, Lane, Ticket};
use crate::options::Options;
use crate::{Error, Snapshot};

/// Starts when either side is used. Dropping it cancels.
pub(crate) struct Exchange<Request, Response> {
    target: Target<Response>,
    encode: fn(&Request) -> Bytes,
    stage: Mutex<Stage>,
}

#[derive(Default)]
struct Stage {
    options: Options,
    /// The client's side is gone: its sequence is empty if the stream starts now.
    abandoned: bool,
    started: Option<Result<Arc<Ticket<Lane>>, Error>>,
}

impl<Request, Response> Exchange<Request, Response> {
    pub(crate) fn new(target: Target<Response>, encode: fn(&Request) -> Bytes) -> Self {
        Self { target, encode, stage: Mutex::default() }
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        // Nothing panics under this lock.
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn started(&self) -> Result<Arc<Ticket<Lane>>, Error> {
        let mut stage = self.stage();
        if let Some(started) = &stage.started {
            return started.clone();
        }
        let opened = stage.options.take().and_then(|options| self.target.open(options)).map(Arc::new);
        if let Ok(ticket) = &opened
            && stage.abandoned
        {
            close(ticket);
        }
        stage.started.insert(opened).clone()
    }
}

fn close(ticket: &Ticket<Lane>) {
    ticket.driver().tell(Input::CloseSend { op: ticket.op() });
}

impl<Request, Response> Incoming<Response> for Exchange<Request, Response> {
    fn configure(&self, set: &mut dyn FnMut(&mut Options)) {
        set(&mut self.stage().options);
    }

    fn poll_next(&self, context: &mut Context<'_>) -> Poll<Option<Result<Snapshot<Response>, Error>>> {
        let ticket = self.started()?;
        let (item, demand) = match ready!(ticket.place().take(context)) {
            Arrived::Item(item, demand) => (item, demand),
            Arrived::End(Err(error)) => return Poll::Ready(Some(Err(error))),
            Arrived::End(Ok(())) | Arrived::Nothing => return Poll::Ready(None),
        };
        if demand > 0 {
            ticket.driver().tell(Input::Demand { op: ticket.op(), items: demand });
        }
        let read = self.target.snapshot(*item);
        if let Err(error) = &read {
            ticket.driver().cancel(ticket.op());
            ticket.place().give_up(error.clone());
        }
        Poll::Ready(Some(read))
    }
}

impl<Request, Response> Outgoing<Request> for Exchange<Request, Response> {
    fn configure(&self, set: &mut dyn FnMut(&mut Options)) {
        set(&mut self.stage().options);
    }

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.started()?.place().poll_credit(context)
    }

    fn send(&self, message: &Request) {
        if let Ok(ticket) = self.started() {
            ticket.place().spend_credit();
            let message = (self.encode)(message);
            ticket.driver().tell(Input::SendMessage { op: ticket.op(), message });
        }
    }

    fn close(&self) {
        if let Ok(ticket) = self.started() {
            close(&ticket);
        }
    }

    fn abandon(&self) {
        let mut stage = self.stage();
        stage.abandoned = true;
        let started = stage.started.clone();
        drop(stage);
        if let Some(Ok(ticket)) = started {
            close(&ticket);
        }
    }
}
