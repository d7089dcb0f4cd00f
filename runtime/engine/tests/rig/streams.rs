//! Streams: opened by a test, served by it, and what their readers get.

use bytes::Bytes;
use holdover_engine::{
    AttemptId, CallOptions, Delivered, Error, Form, Head, Input, Metadata, OpId, Output, SessionId, Snapshot,
};

use super::{Rig, ride, ride_request};

impl Rig {
    /// Opens a stream of a ride, or one whose request is a sequence.
    pub(crate) fn stream(&mut self, session: SessionId, method: &str, ride: &str) -> OpId {
        self.stream_with(session, method, ride, CallOptions::default())
    }

    pub(crate) fn stream_with(
        &mut self,
        session: SessionId,
        method: &str,
        ride: &str,
        options: CallOptions,
    ) -> OpId {
        let op = self.op();
        let id = self.method(method);
        let request = if ride.is_empty() { Bytes::new() } else { ride_request(ride) };
        self.input(Input::Call { op, session, method: id, request, options, form: Form::Stream });
        op
    }

    pub(crate) fn demand(&mut self, op: OpId, items: u32) {
        self.input(Input::Demand { op, items });
    }

    /// The head of what was sent last.
    pub(crate) fn head_last(&mut self) {
        self.input(Input::Head { attempt: self.last_attempt(), head: Head::default() });
    }

    pub(crate) fn message(&mut self, attempt: AttemptId, id: &str) {
        self.input(Input::Message { attempt, message: ride(id) });
    }

    /// A message of what was sent last.
    pub(crate) fn message_last(&mut self, id: &str) {
        self.message(self.last_attempt(), id);
    }

    pub(crate) fn end_last(&mut self) {
        self.input(Input::Ended { attempt: self.last_attempt(), trailers: Metadata::new() });
    }

    /// The items of a stream, in order.
    pub(crate) fn items(&self, op: OpId) -> Vec<Snapshot> {
        let items = self.delivered.iter().filter_map(|(to, delivered)| match delivered {
            Delivered::Item(snapshot) if *to == op => Some(*snapshot.clone()),
            _ => None,
        });
        items.collect()
    }

    /// The end of a stream, if it has come.
    pub(crate) fn ended(&self, op: OpId) -> Option<Result<(), Error>> {
        self.delivered.iter().find_map(|(to, delivered)| match delivered {
            Delivered::Ended(result) if *to == op => Some(result.clone()),
            _ => None,
        })
    }

    /// How many messages the wire has been asked for.
    pub(crate) fn pulled(&self, attempt: AttemptId) -> u32 {
        let pulls = self.wire.iter().filter_map(|output| match output {
            Output::Pull { attempt: of, messages } if *of == attempt => Some(*messages),
            _ => None,
        });
        pulls.fold(0, u32::saturating_add)
    }
}
