//! What the core asks of the host, until it is answered or nobody waits for it any more.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};

use bytes::Bytes;
use holdover_client::host::next_op;
use holdover_client::{Credentials, CredentialsError, KeyError};
use tokio::sync::oneshot;

use crate::abi::{
    HOLDOVER_REPLY_CREDENTIALS, HOLDOVER_REPLY_HTTP_CHUNK, HOLDOVER_REPLY_HTTP_END,
    HOLDOVER_REPLY_HTTP_FAILED, HOLDOVER_REPLY_HTTP_HEAD, HOLDOVER_REPLY_KEY,
};
use crate::exchange::Exchange;
use crate::guard::Refusal;
use crate::host::{Event, Listener};
use crate::message;

/// The open requests of one runtime.
pub(crate) struct Requests {
    listener: Arc<dyn Listener>,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    pending: HashMap<u64, Pending>,
    /// The runtime has ended: nobody would answer.
    closed: bool,
}

/// Who waits.
pub(crate) enum Pending {
    Credentials(oneshot::Sender<Result<Credentials, CredentialsError>>),
    Key(mpsc::SyncSender<Result<Vec<u8>, KeyError>>),
    Http(Arc<Exchange>),
}

/// An open request. Dropping it closes it.
pub(crate) struct Request {
    requests: Arc<Requests>,
    pub(crate) id: u64,
}

impl Requests {
    pub(crate) fn new(listener: Arc<dyn Listener>) -> Arc<Self> {
        Arc::new(Self { listener, open: Mutex::default() })
    }

    pub(crate) fn hear(&self, event: Event) {
        self.listener.hear(event);
    }

    /// Remembers who waits. The host is told by the caller, afterwards.
    pub(crate) fn open(self: &Arc<Self>, pending: Pending) -> Request {
        let id = next_op().0;
        let mut open = self.lock();
        // An exchange ends with its call, which the end of a runtime drops.
        if !open.closed || matches!(pending, Pending::Http(_)) {
            open.pending.insert(id, pending);
        }
        Request { requests: self.clone(), id }
    }

    /// The host's answer.
    pub(crate) fn reply(&self, id: u64, kind: u32, bytes: Bytes) -> Result<(), Refusal> {
        let mut open = self.lock();
        let fits = match open.pending.get(&id) {
            None => return Err(Refusal::Gone),
            Some(Pending::Credentials(_)) => kind == HOLDOVER_REPLY_CREDENTIALS,
            Some(Pending::Key(_)) => kind == HOLDOVER_REPLY_KEY,
            Some(Pending::Http(_)) => (HOLDOVER_REPLY_HTTP_HEAD..=HOLDOVER_REPLY_HTTP_FAILED).contains(&kind),
        };
        if !fits {
            return Err(Refusal::misuse(format!("{kind} is no kind of reply to what was asked")));
        }
        let more = matches!(kind, HOLDOVER_REPLY_HTTP_HEAD | HOLDOVER_REPLY_HTTP_CHUNK);
        let pending = if more {
            match open.pending.get(&id) {
                Some(Pending::Http(exchange)) => Some(Pending::Http(exchange.clone())),
                _ => None,
            }
        } else {
            open.pending.remove(&id)
        };
        drop(open);
        match pending {
            None => Err(Refusal::Gone),
            Some(Pending::Credentials(waiting)) => {
                let (answer, outcome) = message::credentials(&bytes);
                // Whoever asked may have gone meanwhile.
                let _ = waiting.send(answer);
                outcome
            }
            Some(Pending::Key(waiting)) => {
                let (answer, outcome) = message::key(&bytes);
                let _ = waiting.send(answer);
                outcome
            }
            Some(Pending::Http(exchange)) => {
                let outcome = match kind {
                    HOLDOVER_REPLY_HTTP_HEAD => exchange.head(&bytes),
                    HOLDOVER_REPLY_HTTP_CHUNK => exchange.chunk(bytes),
                    HOLDOVER_REPLY_HTTP_END => exchange.end(&bytes),
                    _ => exchange.failed(&bytes),
                };
                if outcome.is_err() {
                    self.lock().pending.remove(&id);
                }
                outcome
            }
        }
    }

    /// The host has room for more pieces of a request's body. `false`: `id` is no open exchange.
    pub(crate) fn credit(&self, id: u64, pieces: u32) -> bool {
        let open = self.lock();
        let Some(Pending::Http(exchange)) = open.pending.get(&id) else { return false };
        let exchange = exchange.clone();
        drop(open);
        exchange.credit(pieces);
        true
    }

    /// Lets no hook wait any more.
    pub(crate) fn close(&self) {
        let mut open = self.lock();
        open.closed = true;
        let ended: Vec<_> =
            open.pending.extract_if(|_, pending| !matches!(pending, Pending::Http(_))).collect();
        drop(open);
        drop(ended);
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        // Nothing panics under this lock but an allocation that fails.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Request {
    pub(crate) fn requests(&self) -> &Arc<Requests> {
        &self.requests
    }

    pub(crate) fn hear(&self, event: Event) {
        self.requests.hear(event);
    }

    /// Closes it. `false`: the host had the last word.
    pub(crate) fn close(&self) -> bool {
        let pending = self.requests.lock().pending.remove(&self.id);
        pending.is_some()
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        self.close();
    }
}
