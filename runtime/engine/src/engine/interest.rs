//! Who is interested in which endpoint: probes run only for somebody (rule H4).

use std::collections::BTreeMap;

use crate::session::Endpoint;

/// Counts, so that nobody has to be looked for.
#[derive(Debug, Default)]
pub(super) struct Interest {
    /// Calls, observers and streams.
    present: Tally,
    /// Flights that wait for the network.
    waiting: Tally,
}

/// How many there are of something at each endpoint; none of zero.
#[derive(Debug, Default)]
struct Tally(BTreeMap<Endpoint, usize>);

impl Tally {
    fn add(&mut self, endpoint: &Endpoint) {
        match self.0.get_mut(endpoint) {
            Some(count) => *count += 1,
            None => drop(self.0.insert(endpoint.clone(), 1)),
        }
    }

    fn remove(&mut self, endpoint: &Endpoint) {
        if let Some(count) = self.0.get_mut(endpoint) {
            *count -= 1;
            if *count == 0 {
                self.0.remove(endpoint);
            }
        }
    }
}

impl Interest {
    /// A call, an observer or a stream has begun.
    pub(super) fn come(&mut self, endpoint: &Endpoint) {
        self.present.add(endpoint);
    }

    /// It has ended.
    pub(super) fn go(&mut self, endpoint: &Endpoint) {
        self.present.remove(endpoint);
    }

    /// A flight waits for the network.
    pub(super) fn wait(&mut self, endpoint: &Endpoint) {
        self.waiting.add(endpoint);
    }

    /// It does not any more.
    pub(super) fn stop_waiting(&mut self, endpoint: &Endpoint) {
        self.waiting.remove(endpoint);
    }

    pub(super) fn is_anybody_at(&self, endpoint: &Endpoint) -> bool {
        self.present.0.contains_key(endpoint)
    }

    pub(super) fn is_anybody_waiting_for(&self, endpoint: &Endpoint) -> bool {
        self.waiting.0.contains_key(endpoint)
    }

    /// Every endpoint that somebody is interested in, some twice.
    pub(super) fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        self.present.0.keys().chain(self.waiting.0.keys())
    }
}
