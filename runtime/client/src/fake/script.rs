//! Both sides of a stream of a fake.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;

use crate::options::Options;
use crate::stream::{Incoming, Outgoing};
use crate::{CallOptions, Error, Snapshot};

pub(super) type Items<Response> = BoxStream<'static, Result<Snapshot<Response>, Error>>;
/// Hears what is sent to a fake.
pub(super) type Sent<Request> = Box<dyn FnMut(Option<&Request>) + Send>;
type Start<Request, Response> = Box<dyn FnOnce(CallOptions) -> Running<Request, Response> + Send>;

/// A stream of a fake: starts when either side is used.
pub(super) struct Script<Request, Response>(Mutex<Stage<Request, Response>>);

struct Stage<Request, Response> {
    options: Options,
    abandoned: bool,
    start: Option<Start<Request, Response>>,
    running: Option<Result<Running<Request, Response>, Error>>,
}

/// A stream of a fake that has started.
pub(super) struct Running<Request, Response> {
    pub(super) items: Items<Response>,
    /// Hears of every message that is sent, and by `None` that there is no other.
    pub(super) sent: Sent<Request>,
}

impl<Request, Response> Script<Request, Response> {
    pub(super) fn new(
        start: impl FnOnce(CallOptions) -> Running<Request, Response> + Send + 'static,
    ) -> Self {
        let start: Start<Request, Response> = Box::new(start);
        let stage =
            Stage { options: Options::default(), abandoned: false, start: Some(start), running: None };
        Self(Mutex::new(stage))
    }

    fn stage(&self) -> MutexGuard<'_, Stage<Request, Response>> {
        // A panic of a script must not hide what was remembered.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Request, Response> Stage<Request, Response> {
    fn running(&mut self) -> Result<&mut Running<Request, Response>, Error> {
        if let Some(start) = self.start.take() {
            let mut running = self.options.take().map(start);
            if let Ok(running) = &mut running
                && self.abandoned
            {
                (running.sent)(None);
            }
            self.running = Some(running);
        }
        match &mut self.running {
            Some(Ok(running)) => Ok(running),
            Some(Err(error)) => Err(error.clone()),
            None => Err(Error::misuse("the script of a fake panicked when it was started; mend it")),
        }
    }
}

impl<Request, Response> Incoming<Response> for Script<Request, Response> {
    fn configure(&self, set: &mut dyn FnMut(&mut Options)) {
        set(&mut self.stage().options);
    }

    fn poll_next(&self, context: &mut Context<'_>) -> Poll<Option<Result<Snapshot<Response>, Error>>> {
        self.stage().running()?.items.poll_next_unpin(context)
    }
}

impl<Request, Response> Outgoing<Request> for Script<Request, Response> {
    fn configure(&self, set: &mut dyn FnMut(&mut Options)) {
        set(&mut self.stage().options);
    }

    fn poll_ready(&self, _context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(self.stage().running().map(|_| ()))
    }

    fn send(&self, message: &Request) {
        if let Ok(running) = self.stage().running() {
            (running.sent)(Some(message));
        }
    }

    fn close(&self) {
        if let Ok(running) = self.stage().running() {
            (running.sent)(None);
        }
    }

    fn abandon(&self) {
        let mut stage = self.stage();
        stage.abandoned = true;
        if let Some(Ok(running)) = &mut stage.running {
            (running.sent)(None);
        }
    }
}
