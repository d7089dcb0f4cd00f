//! Streams (section G): opened, read, broken, opened again.

mod ends;
mod items;
mod lifecycle;
mod openings;
mod readers;
mod reconnects;
mod replay;
mod sequences;
mod starts;

use super::Engine;
use crate::credentials::Asker;
use crate::network::AttemptId;
use crate::output::Output;
use crate::session::Account;
use crate::snapshot::Detail;
use crate::stream::{Opening, Phase, Stream, StreamId};

impl Engine {
    /// The stream that an attempt is an opening of.
    fn stream_of(&mut self, attempt: AttemptId) -> Option<(StreamId, &mut Stream)> {
        let id = *self.stream_attempts.get(&attempt)?;
        Some((id, self.streams.get_mut(&id)?))
    }

    /// Takes a stream off the wire. What its server has sent is kept.
    fn take_off_wire(&mut self, id: StreamId, cancel: bool) -> Option<Box<Opening>> {
        self.keep_last(id);
        let stream = self.streams.get_mut(&id)?;
        let mut opening = match std::mem::replace(&mut stream.phase, Phase::Suspended) {
            Phase::Open(opening) => opening,
            other => {
                stream.phase = other;
                return None;
            }
        };
        self.timers.cancel(&mut opening.head);
        self.stream_attempts.remove(&opening.id);
        self.evidence_dropped(opening.id);
        if cancel {
            self.outputs.push_back(Output::CancelAttempt(opening.id));
        }
        Some(opening)
    }

    /// Takes a stream out of everything but its readers. `cancel`: nothing more is wanted of what is on the wire.
    fn retire(&mut self, id: StreamId, cancel: bool) -> Option<Stream> {
        self.take_off_wire(id, cancel);
        let mut stream = self.streams.remove(&id)?;
        self.reaches.interest.go(&stream.spec.endpoint);
        match &mut stream.phase {
            Phase::Waiting(timer) => self.timers.cancel(timer),
            Phase::Asking => {
                if let Some(account) = self.credentials.get_mut(&stream.spec.account) {
                    account.forget(Asker::Stream(id));
                }
            }
            Phase::Looking | Phase::Open(_) | Phase::Suspended => {}
        }
        if let Some(kept) = &mut stream.kept {
            self.timers.cancel(&mut kept.save);
            if let Some(key) = stream.spec.shared_key() {
                self.memory.unpin(key);
            }
        }
        self.unlist(id, &stream);
        Some(stream)
    }

    /// Others can join the stream from now on, if its policy lets them (rule G4).
    fn list(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get(&id).filter(|stream| stream.kept.is_some()) else { return };
        if let Some(key) = stream.spec.shared_key() {
            self.shared_streams.insert((key.clone(), stream.want == Detail::Reduced), id);
        }
    }

    /// Nobody can join it any more.
    fn unlist(&mut self, id: StreamId, stream: &Stream) {
        if let Some(key) = stream.spec.shared_key() {
            let index = (key.clone(), stream.want == Detail::Reduced);
            if self.shared_streams.get(&index) == Some(&id) {
                self.shared_streams.remove(&index);
            }
        }
    }

    /// Streams of an account that wait for its credentials and change nothing on the server.
    pub(super) fn streams_asking_to_read(&self, account: &Account) -> impl Iterator<Item = StreamId> {
        let waits = |stream: &Stream| {
            matches!(stream.phase, Phase::Asking)
                && stream.spec.account == *account
                && stream.spec.method.is_read()
        };
        self.streams.iter().filter(move |(_, stream)| waits(stream)).map(|(id, _)| *id)
    }
}
