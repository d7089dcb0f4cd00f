//! The kill switch (rule J5), and what a change of network does (rule J2).

use holdover_testkit::vector::{Abort, CacheMode, Call, Disable, NewPath, Out, PartWord, Switch};

use super::failures::Failure;
use super::method::{Method, S};
use super::observers::Observer;
use super::reach::Sign;
use super::retries::Verdict;
use super::states::said;
use super::{Model, OpenSession, Partition, Skip, error};

/// How long what is on its way over an old path may go on.
const DRAIN: i128 = 5 * S;

impl Model {
    /// Whether a part of a method is off.
    pub(super) fn is_off(&self, part: PartWord, method: &Method) -> bool {
        is_off(&self.switches, part, method)
    }

    pub(super) fn disable(&mut self, disable: &Disable) -> Result<(), Skip> {
        for flight in &self.flights {
            let method = flight.what.method;
            let changes = |part| is_off(&disable.switches, part, method) != self.is_off(part, method);
            let is_stored = self.entries.iter().any(|entry| flight.what.reads.as_ref() == Some(&entry.key));
            let goes_off = is_off(&disable.switches, PartWord::Cache, method);
            // What those who wait already may still be served, and who else may have the answer, is not said.
            if changes(PartWord::Detail) || (changes(PartWord::Cache) && (is_stored || !goes_off)) {
                return Err(Skip);
            }
        }
        let changes_for = |observer: &Observer| {
            let changes =
                |part| is_off(&disable.switches, part, observer.method) != self.is_off(part, observer.method);
            changes(PartWord::Cache) || changes(PartWord::Detail)
        };
        if self.observers.iter().any(changes_for) {
            // What observers show and fetch then, vectors say.
            return Err(Skip);
        }
        self.switches.clone_from(&disable.switches);
        self.done(&disable.op);
        Ok(())
    }

    /// J5: nothing is read, stored or joined.
    pub(super) fn get_uncached(
        &mut self,
        call: &Call,
        session: &OpenSession,
        prefetch: bool,
    ) -> Result<(), Skip> {
        let method = Method::named(&call.method);
        let background = Self::background(call, method, prefetch);
        let is_device = Self::partition(method, &session.account) == Partition::Device;
        if prefetch {
            self.done(&call.op);
        } else if !is_device && self.sign_in_required(&session.account) {
            self.fail(&call.op, error("SIGN_IN_REQUIRED"));
        } else if call.cache == CacheMode::CacheOnly
            || (self.is_offline() && !self.waits_offline(method, background))
        {
            self.fail(&call.op, error("OFFLINE"));
        } else {
            return self.wait(call, session, None, false, prefetch, None);
        }
        Ok(())
    }

    /// What becomes of stored answers that are reduced while trimming is off is not said.
    pub(super) fn detail_is_clear(
        &self,
        partition: &Partition,
        key: &str,
        method: &Method,
    ) -> Result<(), Skip> {
        let mut stored =
            self.entries.iter().filter(|entry| entry.partition == *partition && entry.key == key);
        let is_off = self.is_off(PartWord::Detail, method);
        if is_off && stored.any(|entry| entry.reduced) { Err(Skip) } else { Ok(()) }
    }

    /// The platform tells of a path.
    pub(super) fn set_path(&mut self, path: u64) -> Result<(), Skip> {
        if path == self.path {
            return Ok(());
        }
        let before = std::mem::replace(&mut self.path, path);
        self.evidence_since = self.order;
        if before == 0 {
            // The first word is no change (reading 51).
            return Ok(());
        }
        self.nobody_waits_unseen()?;
        self.outs.push(Out::NewPath(NewPath { yes: true }));
        let cut = self.now + DRAIN;
        for air in self.flights.iter_mut().filter_map(|flight| flight.air.as_mut()) {
            air.cut_at = air.cut_at.min(cut);
        }
        self.forget_suspicions();
        self.cut_backoffs();
        if self.background_since.is_some() {
            return Ok(());
        }
        // B4, reading 49.
        let ready = self.in_order(self.observers_that(|observer| !observer.waits));
        self.renew(&ready)
    }

    /// An attempt over an old path had its time: it breaks, which is no evidence.
    pub(super) fn drained(&mut self, id: u64) -> Result<(), Skip> {
        self.no_tie(id)?;
        if self.flight(id).deadline == self.now {
            return Err(Skip);
        }
        let air = self.flight_mut(id).air.take().expect("its timer has just fired");
        if air.deadline == self.now {
            // Which of both it fails by is not said.
            return Err(Skip);
        }
        self.outs.push(Out::Abort(Abort { n: air.n }));
        let error = said("UNREACHABLE", "drained");
        let failure = Failure { error, transient: true, evicting: false, proof: false, sign: Sign::Broken };
        self.retry_or_end(id, &failure, &Verdict::timeout())
    }
}

fn is_off(switches: &[Switch], part: PartWord, method: &Method) -> bool {
    let is_named = |switch: &Switch| {
        switch.methods.as_ref().is_none_or(|names| names.iter().any(|name| name == method.name))
    };
    switches.iter().any(|switch| switch.part == part && is_named(switch))
}
