//! Values that the app already has (B6).

use holdover_testkit::vector::{ErrorOut, PartWord, Put};

use super::entry::{Entry, tags};
use super::method::Method;
use super::{Model, Skip, error};
use crate::message;

impl Model {
    pub(super) fn put(&mut self, put: &Put) -> Result<(), Skip> {
        let method = Method::named(&put.method);
        let session = self.session(put.session.as_ref());
        let Some(cache) = method.cache else { return Err(Skip) };
        if session.signed_out {
            self.fail(&put.op, error("SIGNED_OUT"));
            return Ok(());
        }
        if self.is_off(PartWord::Cache, method) {
            self.done(&put.op);
            return Ok(());
        }
        if !message::has(&put.value.0, 1) {
            self.fail(&put.op, ErrorOut { paths: vec!["id".into()], ..error("UNUSABLE") });
            return Ok(());
        }
        let key = Self::key(&session, method, &put.request.0);
        let partition = Self::partition(method, &session.account);
        if self.entries.iter().any(|entry| entry.key == key && entry.partition == partition && entry.unseen) {
            return Err(Skip);
        }
        let entry = Entry {
            tags: tags(method.tags, &put.request.0, &put.value.0),
            reduced: false,
            value: put.value.0.clone(),
            sent: self.moment(),
            header_age: 0,
            put: true,
            memory_only: cache.memory,
            unseen: false,
            partition,
            key,
        };
        self.store(entry.clone());
        self.show_watchers(&entry, "CACHE", &[])?;
        self.done(&put.op);
        Ok(())
    }
}
