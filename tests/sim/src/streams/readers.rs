//! Readers: what they take, and what they miss (G5).

use holdover_testkit::vector::{Delivery, ErrorOut, Span};

use super::{Model, Skip, Wire, message};

/// A caller of a stream.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    pub(super) op: String,
    pub(super) account: String,
    /// How many items it takes.
    pub(super) demand: u64,
    /// It wants everything, whatever the network.
    pub(super) full: bool,
    /// The newest message that it has not taken.
    pub(super) newest: Option<Piece>,
    /// How its stream has ended, where it has not heard of it yet.
    pub(super) over: Option<Option<ErrorOut>>,
}

/// An item that is delivered, or will be.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) value: Vec<u8>,
    pub(super) arrived: i128,
    pub(super) live: bool,
    pub(super) reduced: bool,
    pub(super) gap: bool,
    pub(super) last_known: Option<Vec<u8>>,
}

impl Model {
    /// Gives a reader a piece, or lets it wait: only the newest does.
    pub(super) fn give(&mut self, reader: &mut Reader, piece: Piece) {
        if reader.demand == 0 || reader.newest.is_some() {
            let missed = reader.newest.as_ref().map(|missed| missed.gap);
            let gap = piece.gap || missed.is_some();
            reader.newest = Some(Piece { gap, ..piece });
            return;
        }
        reader.demand -= 1;
        self.hand_over(&reader.op, &piece);
    }

    fn hand_over(&mut self, op: &str, piece: &Piece) {
        let delivery = Delivery {
            value: message(&piece.value),
            source: Some(if piece.live { "NETWORK" } else { "REPLAY" }.into()),
            freshness: Some(if piece.live { "FRESH" } else { "STALE" }.into()),
            age: Some(Span(self.now - piece.arrived)),
            detail: piece.reduced.then(|| "REDUCED".into()),
            last_known: piece.last_known.as_deref().and_then(message),
            gap: piece.gap,
            ..Delivery::default()
        };
        self.deliver(op, delivery);
    }

    /// A reader hears how its stream has ended, once it has taken what came before.
    pub(super) fn end(&mut self, mut reader: Reader, how: Option<ErrorOut>, at_once: bool) {
        if let Some(newest) = reader.newest.as_mut().filter(|_| !at_once) {
            newest.live &= how.is_none();
            reader.over = Some(how);
            self.leaving.push(reader);
            return;
        }
        let delivery = match how {
            None => Delivery { ended: true, ..Delivery::default() },
            failed => Delivery { failed, ..Delivery::default() },
        };
        self.deliver(&reader.op, delivery);
    }

    pub(super) fn take(&mut self, op: &str, items: u32) -> Result<(), Skip> {
        if let Some(index) = self.leaving.iter().position(|reader| reader.op == op) {
            let mut reader = self.leaving.remove(index);
            if let Some(piece) = reader.newest.take() {
                self.hand_over(op, &piece);
            }
            let how = reader.over.take().ok_or(Skip)?;
            self.end(reader, how, true);
            return Ok(());
        }
        let (index, place) = self.reader(op).ok_or(Skip)?;
        let is_open = self.streams[index].opening.as_ref().is_some_and(|opening| opening.head);
        let reader = &mut self.streams[index].readers[place];
        if reader.newest.as_ref().is_some_and(|piece| piece.live) && !is_open {
            // How a live message is called that is taken when the stream is gone is not said.
            return Err(Skip);
        }
        reader.demand += u64::from(items);
        if let Some(piece) = reader.newest.take() {
            reader.demand -= 1;
            self.hand_over(op, &piece);
        }
        self.drain(index)
    }

    /// The stream of a reader, and its place among the readers.
    pub(super) fn reader(&self, op: &str) -> Option<(usize, usize)> {
        let places = |stream: &super::Stream| stream.readers.iter().position(|reader| reader.op == op);
        self.streams.iter().enumerate().find_map(|(index, stream)| Some((index, places(stream)?)))
    }

    /// Takes from the wire what somebody takes, and what needs no taking.
    pub(super) fn drain(&mut self, index: usize) -> Result<(), Skip> {
        let n = self.streams[index].opening.as_ref().map(|opening| opening.n);
        loop {
            let Some(stream) = self.streams.get_mut(index) else { return Ok(()) };
            let is_taken = stream.readers.iter().any(|reader| reader.demand > 0);
            let Some(opening) = stream.opening.as_mut().filter(|opening| Some(opening.n) == n) else {
                return Ok(());
            };
            match opening.waiting.front() {
                None => return Ok(()),
                Some(Wire::Message(_)) if !is_taken => return Ok(()),
                Some(_) => {}
            }
            match opening.waiting.pop_front() {
                Some(Wire::Message(value)) => self.brought(index, &value)?,
                Some(Wire::End) => return self.ended(index, None, super::Class::Other),
                Some(Wire::Fail(error, class)) => return self.ended(index, Some(&error), class),
                None => return Ok(()),
            }
        }
    }

    /// The caller goes away; the last one closes the stream.
    pub(super) fn leave(&mut self, op: &str) -> Result<(), Skip> {
        if let Some(index) = self.leaving.iter().position(|reader| reader.op == op) {
            self.leaving.remove(index);
            return Ok(());
        }
        let (index, place) = self.reader(op).ok_or(Skip)?;
        let stream = &mut self.streams[index];
        let left = stream.readers.remove(place);
        if stream.readers.is_empty() {
            let stream = self.streams.remove(index);
            self.close(&stream);
            return Ok(());
        }
        // How much it had pulled ahead of the others is not said.
        let others_take = stream.readers.iter().any(|reader| reader.demand > 0);
        if left.demand > 0 && !others_take { Err(Skip) } else { Ok(()) }
    }
}
