//! Starts, and the life of the app (G4, A6).

use holdover_testkit::vector::{Call, ErrorOut};

use super::readers::{Piece, Reader};
use super::{Model, Name, Skip, Stream};

impl Model {
    pub(super) fn start(&mut self, call: &Call) -> Result<(), Skip> {
        if self.background_since.is_some() {
            return Err(Skip);
        }
        let account = self.account(call.session.as_ref());
        let name =
            Name { account: account.clone(), method: call.method.clone(), request: call.request.0.clone() };
        let full = call.detail.is_some();
        let mut reader = Reader {
            op: call.op.clone(),
            account,
            demand: call.takes.map_or(u64::MAX / 2, u64::from),
            full,
            newest: None,
            over: None,
        };
        let reduced = self.poor && name.is_trimmed() && !full;
        let same = |stream: &Stream| name.is_kept() && stream.name == name;
        if name.is_trimmed() && self.streams.iter().any(|stream| same(stream) && stream.opening.is_none()) {
            return Err(Skip);
        }
        let with_detail = |stream: &Stream| {
            same(stream) && stream.opening.as_ref().is_none_or(|opening| opening.reduced == reduced)
        };
        if let Some(index) = self.streams.iter().position(with_detail) {
            let shown = self.joined(index, full)?;
            if let Some(piece) = shown {
                self.give(&mut reader, piece);
            }
            self.streams[index].readers.push(reader);
            return self.drain(index);
        }
        if name.comes_back() && self.streams.iter().any(|stream| stream.name == name) {
            // One that is not shared, and that nobody can tell from the other when it is opened again.
            return Err(Skip);
        }
        if self.streams.iter().any(same) {
            // The other detail's stream is open, and what it keeps is in question.
            return Err(Skip);
        }
        if let Some(piece) = self.replay(&name, full)? {
            self.give(&mut reader, piece);
        }
        let mut stream = Stream {
            name,
            readers: vec![reader],
            opening: None,
            due: None,
            suspended: false,
            failures: 0,
            lost: false,
        };
        self.send(&mut stream);
        self.streams.push(stream);
        Ok(())
    }

    /// What a late joiner is shown first.
    fn joined(&self, index: usize, full: bool) -> Result<Option<Piece>, Skip> {
        let stream = &self.streams[index];
        let open = stream.opening.as_ref().filter(|opening| opening.head);
        let Some(opening) = open else {
            // What is outdated is shown with the error of the opening, if one has failed: reading 45.
            return if self.keeps_outdated(&stream.name) {
                Err(Skip)
            } else {
                self.replay(&stream.name, full)
            };
        };
        match &opening.current {
            Some((_, _, order)) if self.is_outdated(&stream.name, *order) => Err(Skip),
            Some((value, arrived, _)) => Ok(Some(Piece {
                value: value.clone(),
                arrived: *arrived,
                live: true,
                reduced: opening.reduced,
                gap: false,
                last_known: self.last_known(&stream.name).filter(|_| opening.reduced),
            })),
            // It is open and has brought nothing: what is kept is neither current nor a replay.
            None if self.kept.iter().any(|kept| kept.name == stream.name) => Err(Skip),
            None => Ok(None),
        }
    }

    /// The last reader has left.
    pub(super) fn close(&mut self, stream: &Stream) {
        if let Some(opening) = &stream.opening {
            self.abort(opening.n);
            if opening.head {
                self.was_live(&stream.name);
            }
        }
    }

    pub(super) fn app(&mut self, background: bool) -> Result<(), Skip> {
        if background {
            self.background_since.get_or_insert(self.now);
            return Ok(());
        }
        self.background_since = None;
        for index in 0..self.streams.len() {
            let mut stream = self.streams[index].clone();
            if !stream.suspended {
                continue;
            }
            if stream.failures > 0 || stream.readers.iter().any(|reader| reader.demand == 0) {
                return Err(Skip);
            }
            if self.keeps_outdated(&stream.name) || self.has_sibling_besides(index) {
                return Err(Skip);
            }
            for reader in &mut stream.readers {
                if let Some(piece) = self.replay(&stream.name, reader.full)? {
                    self.give(reader, piece);
                }
            }
            self.send(&mut stream);
            self.streams[index] = stream;
        }
        Ok(())
    }

    fn has_sibling_besides(&self, index: usize) -> bool {
        let name = &self.streams[index].name;
        name.is_trimmed() && self.streams.iter().filter(|other| other.name == *name).count() > 1
    }

    /// The app has been in the background for long enough.
    pub(super) fn grace_is_over(&mut self) {
        for index in 0..self.streams.len() {
            if !self.streams[index].name.comes_back() || self.streams[index].suspended {
                continue;
            }
            let stream = self.streams[index].clone();
            self.close(&stream);
            let stream = &mut self.streams[index];
            stream.opening = None;
            stream.due = None;
            stream.suspended = true;
            stream.lost = true;
        }
    }

    pub(super) fn sign_out(&mut self, account: &str) {
        let error = ErrorOut { kind: "SIGNED_OUT".into(), ..ErrorOut::default() };
        let (theirs, others): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.streams).into_iter().partition(|stream| stream.name.account == account);
        self.streams = others;
        for stream in theirs {
            if let Some(opening) = &stream.opening {
                self.abort(opening.n);
            }
            for reader in stream.readers {
                self.end(reader, Some(error.clone()), true);
            }
        }
        let (theirs, others): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.leaving).into_iter().partition(|reader| reader.account == account);
        self.leaving = others;
        for reader in theirs {
            self.end(reader, Some(error.clone()), true);
        }
        self.kept.retain(|kept| kept.name.account != account);
    }
}
