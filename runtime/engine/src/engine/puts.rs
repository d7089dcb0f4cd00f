//! Values that the app already has (rule B6).

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use holdover_wire::{Missing, PresenceError};

use super::Engine;
use crate::call::{CallOptions, MethodId, OpId};
use crate::config::Config;
use crate::entry::Answer;
use crate::error::{Error, ErrorKind};
use crate::event::NotStored;
use crate::operation::Spec;
use crate::output::Delivered;
use crate::partition::{Put, Waiter};
use crate::session::SessionId;
use crate::snapshot::Source;

impl Engine {
    pub(super) fn put(
        &mut self,
        op: OpId,
        session: SessionId,
        method: MethodId,
        request: &Bytes,
        value: Bytes,
        options: &CallOptions,
    ) {
        if self.puts_nothing(method) {
            // Nothing is kept: the next call asks the network.
            let result = self.session(session).map(drop);
            return self.deliver(op, Delivered::Done(result));
        }
        match self.check_put(session, method, request, &value, options) {
            Ok(spec) => {
                self.chores.insert(op, spec.account.clone());
                let owner = spec.owner.clone();
                self.with_partition(&owner, Waiter::Put(Box::new(Put { op, spec, value })));
            }
            Err(error) => self.deliver(op, Delivered::Done(Err(error))),
        }
    }

    /// Whether the cache of a method is off.
    fn puts_nothing(&self, method: MethodId) -> bool {
        let index = usize::try_from(method.0).unwrap_or(usize::MAX);
        self.methods.get(index).is_some_and(|method| method.off.cache)
    }

    fn check_put(
        &mut self,
        session: SessionId,
        method: MethodId,
        request: &Bytes,
        value: &Bytes,
        options: &CallOptions,
    ) -> Result<Spec, Error> {
        let method = self.method(method)?;
        method.check_unary()?;
        self.check_message(&method, request, "request")?;
        self.check_message(&method, value, "value")?;
        let (spec, _) = self.spec(session, &method, request, &options.metadata)?;
        if spec.shared_key().is_none() {
            return Err(Error::misuse(format!(
                "a value cannot be put for this call of {}: its method has no `cache`, or the call stays out of the cache",
                method.full_name()
            )));
        }
        match self.missing_parts(&method, value) {
            Ok(()) => Ok(spec),
            Err(PresenceError::Missing(Missing { paths, more })) => {
                let lacks = [paths.join(", ").as_str(), if more { " and more" } else { "" }].concat();
                let message = format!(
                    "the value that was put for {} lacks what the API promises: {lacks}; put a complete answer",
                    method.full_name()
                );
                Err(Error { paths, ..Error::new(ErrorKind::Unusable, message) })
            }
            Err(PresenceError::Wire(error)) => {
                let message =
                    format!("the value that was put cannot be read ({error}); put an encoded answer");
                Err(Error::new(ErrorKind::Unusable, message))
            }
        }
    }

    /// The partition is open.
    pub(super) fn put_now(&mut self, put: Put) {
        let Put { op, spec, value } = put;
        if !self.chores.contains_key(&op) {
            return;
        }
        if self.puts_nothing(spec.method.id) {
            // That became known while it waited for the store.
            return self.finish_chore(op, Ok(()));
        }
        let mut answer = Answer {
            value,
            sent: self.now,
            age_before: 0,
            tags: Arc::new([]),
            sequence: self.sequence(&spec),
            outdated: false,
            put: true,
            live: None,
        };
        let kept = self.keep(&spec, &mut answer, None);
        let result = match kept {
            Some(Ok(())) => {
                self.show_watchers(&spec, &answer, None, Source::Cache, &BTreeSet::new());
                Ok(())
            }
            Some(Err(NotStored::TooLarge)) => Err(self.too_large_to_put()),
            Some(Err(_)) | None => {
                Err(Error::new(ErrorKind::Unusable, "the value cannot be stored: its tags cannot be read"))
            }
        };
        self.finish_chore(op, result);
    }

    fn too_large_to_put(&self) -> Error {
        let Config { max_entry_bytes, max_memory_entry_bytes, max_tags, .. } = self.config;
        let message = format!(
            "the value is too large to be stored; put one of at most {max_entry_bytes} bytes ({max_memory_entry_bytes} \
             where memory alone holds it) and {max_tags} tags"
        );
        Error::new(ErrorKind::TooLarge, message)
    }
}
