//! The client's sequence of messages, sent as a case wants it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{BoxStream, StreamExt as _, unfold};
use tokio::sync::{Notify, Semaphore};

/// What a case wants of the sequence.
pub(crate) struct Plan {
    pub(crate) messages: Vec<Bytes>,
    /// Before every message.
    pub(crate) delay: Duration,
    /// Everything but the first message waits for an answer to the one before, the end too.
    pub(crate) take_turns: bool,
    /// The sequence stays open when everything is sent.
    pub(crate) stays_open: bool,
}

/// What becomes of it.
pub(crate) struct Sent {
    unsent: AtomicUsize,
    /// Everything is sent, and the sequence closed unless it stays open.
    pub(crate) done: Notify,
    turns: Semaphore,
}

impl Sent {
    /// Messages that were not taken.
    pub(crate) fn unsent(&self) -> usize {
        self.unsent.load(Ordering::SeqCst)
    }

    /// An answer has come.
    pub(crate) fn answered(&self) {
        self.turns.add_permits(1);
    }
}

pub(crate) fn sending(plan: Plan) -> (BoxStream<'static, Bytes>, Arc<Sent>) {
    let sent = Arc::new(Sent {
        unsent: AtomicUsize::new(plan.messages.len()),
        done: Notify::new(),
        turns: Semaphore::new(1),
    });
    let Plan { messages, delay, take_turns, stays_open } = plan;
    let state = (messages.into_iter(), sent.clone());
    let stream = unfold(state, move |(mut messages, sent)| async move {
        let next = messages.next();
        if take_turns {
            sent.turns.acquire().await.ok()?.forget();
        }
        let Some(message) = next else {
            sent.done.notify_one();
            if stays_open {
                std::future::pending::<()>().await;
            }
            return None;
        };
        tokio::time::sleep(delay).await;
        sent.unsent.fetch_sub(1, Ordering::SeqCst);
        Some((message, (messages, sent)))
    });
    (stream.boxed(), sent)
}
