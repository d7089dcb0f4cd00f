//! Openings: how they are sent, what they bring, how they end and when they come again (G3, C5, F8).

use std::collections::{BTreeMap, VecDeque};

use holdover_testkit::vector::{Breakage, ErrorOut, Fail, Out, Send};
use holdover_testkit::world::Shown;

use super::readers::Piece;
use super::{Class, Model, Opening, S, Skip, Stream, Wire, message};

impl Model {
    /// Sends the request of a stream.
    pub(super) fn send(&mut self, stream: &mut Stream) {
        let reduced = self.poor && stream.name.is_trimmed() && !stream.readers.iter().any(|r| r.full);
        self.sends += 1;
        let n = self.sends;
        let mut metadata = BTreeMap::from([("authorization".to_owned(), stream.name.account.clone())]);
        if reduced {
            let plan = format!("reduced; plan={{plan {}}}", stream.name.method);
            metadata.insert("holdover-detail".to_owned(), plan);
        }
        self.outs.push(Out::Send(Send {
            n,
            method: stream.name.method.clone(),
            kind: Some("SERVER_STREAM".into()),
            body: message(&stream.name.request).unwrap_or_default(),
            metadata,
            endpoint: "prod".into(),
            priority: None,
            timeout: None,
        }));
        stream.due = None;
        stream.suspended = false;
        stream.opening = Some(Opening {
            n,
            sent: self.now,
            reduced,
            head: false,
            since: self.now,
            current: None,
            waiting: VecDeque::new(),
        });
    }

    fn of(&self, n: u64) -> Option<usize> {
        self.streams.iter().position(|s| s.opening.as_ref().is_some_and(|opening| opening.n == n))
    }

    pub(super) fn head(&mut self, n: u64) -> Result<(), Skip> {
        let index = self.of(n).ok_or(Skip)?;
        let now = self.now;
        let opening = self.streams[index].opening.as_mut().ok_or(Skip)?;
        if opening.head || !opening.waiting.is_empty() {
            return Err(Skip);
        }
        opening.head = true;
        opening.since = now;
        Ok(())
    }

    /// Something comes off the wire, or waits there.
    pub(super) fn wire(&mut self, n: u64, wire: Wire) -> Result<(), Skip> {
        let index = self.of(n).ok_or(Skip)?;
        let opening = self.streams[index].opening.as_mut().ok_or(Skip)?;
        let is_over = matches!(opening.waiting.back(), Some(Wire::End | Wire::Fail(..)));
        if is_over || (!opening.head && !matches!(wire, Wire::Fail(..))) {
            return Err(Skip);
        }
        opening.waiting.push_back(wire);
        self.drain(index)
    }

    /// A message has been taken from the wire.
    pub(super) fn brought(&mut self, index: usize, value: &[u8]) -> Result<(), Skip> {
        self.order += 1;
        let (now, order) = (self.now, self.order);
        let stream = &mut self.streams[index];
        let opening = stream.opening.as_mut().ok_or(Skip)?;
        opening.current = Some((value.to_vec(), now, order));
        let reduced = opening.reduced;
        stream.failures = 0;
        let gap = std::mem::take(&mut stream.lost);
        let name = stream.name.clone();
        let mut readers = std::mem::take(&mut stream.readers);
        let last_known = self.last_known(&name).filter(|_| reduced);
        if name.is_kept() {
            self.keep(&name, reduced, value);
        }
        for reader in &mut readers {
            let (value, last_known) = (value.to_vec(), last_known.clone());
            self.give(reader, Piece { value, arrived: now, live: true, reduced, gap, last_known });
        }
        self.streams[index].readers = readers;
        Ok(())
    }

    /// The stream has ended, with OK or not.
    pub(super) fn ended(&mut self, index: usize, how: Option<&ErrorOut>, class: Class) -> Result<(), Skip> {
        let mut stream = self.streams.remove(index);
        let opening = stream.opening.take().ok_or(Skip)?;
        if opening.head {
            self.was_live(&stream.name);
        }
        if how.is_some() && class == Class::Transient && stream.name.comes_back() {
            if self.keeps_outdated(&stream.name) || self.has_sibling(&stream) {
                return Err(Skip);
            }
            let wait = S as f64 * 1.5_f64.powi(stream.failures);
            #[allow(clippy::cast_possible_truncation, reason = "at most a minute in nanoseconds")]
            let wait = (wait as i128).min(60 * S);
            stream.failures += 1;
            stream.lost = true;
            // Half a nanosecond may have been rounded.
            stream.due = Some((self.now + wait / 2 - 1, self.now + wait * 3 / 2 + 1));
            self.streams.insert(index, stream);
            return Ok(());
        }
        let evicts = class == Class::Evicting;
        if evicts {
            self.forget(&stream.name);
        }
        for reader in stream.readers {
            // What has broken is not live any more, and shown within its window only.
            let gone = how.is_some()
                && reader.newest.is_some()
                && stream.name.is_kept()
                && self.replay(&stream.name, false)?.is_none();
            self.end(reader, how.cloned(), evicts || gone);
        }
        Ok(())
    }

    /// Another stream of the same name, of another detail: what becomes of the two is not modelled.
    pub(super) fn has_sibling(&self, stream: &Stream) -> bool {
        stream.name.is_trimmed() && self.streams.iter().any(|other| other.name == stream.name)
    }

    pub(super) fn head_is_late(&mut self, at: i128) -> Result<(), Skip> {
        let late = |stream: &Stream| {
            let opening = stream.opening.as_ref();
            opening.is_some_and(|opening| !opening.head && opening.sent + super::HEAD == at)
        };
        let Some(index) = self.streams.iter().position(late) else { return Ok(()) };
        if let Some(n) = self.streams[index].opening.as_ref().map(|opening| opening.n) {
            self.abort(n);
        }
        let error = ErrorOut { kind: "TIMEOUT".into(), ..ErrorOut::default() };
        self.ended(index, Some(&error), Class::Transient)
    }

    /// A broken stream has been opened again: which one, says the request.
    pub(super) fn open_again(&mut self, got: &[Shown]) -> Result<(), String> {
        let sent = got.iter().find_map(|shown| match &shown.out {
            Out::Send(send) if send.n == self.sends + 1 => Some(send.clone()),
            _ => None,
        });
        let Some(sent) = sent else { return Ok(()) };
        let is_it = |stream: &Stream| {
            stream.due.is_some_and(|(from, until)| (from..=until).contains(&self.now))
                && stream.name.method == sent.method
                && stream.name.request == sent.body.0
                && sent.metadata.get("authorization") == Some(&stream.name.account)
        };
        let mut fitting = (0..self.streams.len()).filter(|index| is_it(&self.streams[*index]));
        let Some(index) = fitting.next() else {
            return Err(format!("{} is opened again, and nothing was due", sent.method));
        };
        let mut stream = self.streams[index].clone();
        self.send(&mut stream);
        self.streams[index] = stream;
        Ok(())
    }

    /// The network is poor, or good.
    pub(super) fn quality(&mut self, poor: bool) -> Result<(), Skip> {
        let unclear = |stream: &Stream| {
            stream.name.is_trimmed() && !stream.opening.as_ref().is_some_and(|opening| opening.head)
        };
        let recovers = self.poor && !poor;
        self.poor = poor;
        if self.streams.iter().any(unclear) {
            return Err(Skip);
        }
        if !recovers {
            return Ok(());
        }
        for index in 0..self.streams.len() {
            let mut stream = self.streams[index].clone();
            let Some(opening) = stream.opening.as_ref().filter(|opening| opening.reduced) else { continue };
            if self.streams.iter().filter(|other| other.name == stream.name).count() > 1 {
                return Err(Skip);
            }
            self.abort(opening.n);
            self.was_live(&stream.name);
            stream.lost = true;
            self.send(&mut stream);
            self.streams[index] = stream;
        }
        Ok(())
    }
}

/// The error that callers see, and what it does.
pub(super) fn understand(fail: &Fail) -> (ErrorOut, Class) {
    let error = |kind: &str| ErrorOut { kind: kind.into(), ..ErrorOut::default() };
    if let Some(code) = &fail.status {
        let (kind, class) = match code.as_str() {
            "UNAVAILABLE" => ("UNAVAILABLE", Class::Transient),
            "PERMISSION_DENIED" => ("REJECTED", Class::Evicting),
            _ => ("REJECTED", Class::Other),
        };
        return (ErrorOut { code: Some(code.clone()), ..error(kind) }, class);
    }
    match fail.transport {
        Some(Breakage::Timeout) => (error("TIMEOUT"), Class::Transient),
        _ => (error("UNREACHABLE"), Class::Transient),
    }
}
