//! What failures say of the way to an endpoint: rules C4 and H4, reading 7.

use holdover_testkit::vector::{Breakage, Fail};

use super::Model;

/// What is known of an endpoint.
#[derive(Clone, Debug)]
pub(super) struct Reach {
    endpoint: String,
    /// When something last came from it.
    heard: i128,
    /// The last thing that was tried failed without contact.
    suspect: bool,
}

/// What an attempt that failed says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Sign {
    /// Somebody is there.
    Contact,
    /// Nobody is.
    NoContact,
    /// The connection broke.
    Broken,
    /// Nothing.
    Nothing,
}

impl Sign {
    /// Whether the network may have been lost.
    pub(super) fn is_lost(self) -> bool {
        matches!(self, Sign::NoContact | Sign::Broken)
    }
}

pub(super) fn sign(fail: &Fail) -> Sign {
    match (fail.transport, fail.intercepted) {
        (Some(Breakage::Connect | Breakage::Timeout), _) => Sign::NoContact,
        (Some(Breakage::Broken), _) => Sign::Broken,
        (None, Some(401 | 403 | 429 | 500..=599)) => Sign::Nothing,
        (None, Some(_)) => Sign::NoContact,
        (Some(_), _) | (None, None) => Sign::Contact,
    }
}

impl Model {
    fn reach(&mut self, endpoint: &str) -> &mut Reach {
        let at = self.reaches.iter().position(|reach| reach.endpoint == endpoint).unwrap_or_else(|| {
            self.reaches.push(Reach { endpoint: endpoint.into(), heard: i128::MIN, suspect: false });
            self.reaches.len() - 1
        });
        &mut self.reaches[at]
    }

    /// Something came.
    pub(super) fn heard(&mut self, endpoint: &str) {
        let now = self.now;
        let reach = self.reach(endpoint);
        (reach.heard, reach.suspect) = (now, false);
    }

    /// What was sent then has failed.
    pub(super) fn tried(&mut self, endpoint: &str, sent: i128, sign: Sign) {
        match sign {
            Sign::Contact => self.heard(endpoint),
            Sign::NoContact => {
                let reach = self.reach(endpoint);
                reach.suspect |= reach.heard <= sent;
            }
            Sign::Broken | Sign::Nothing => {}
        }
    }

    /// The network is another one.
    pub(super) fn forget_suspicions(&mut self) {
        for reach in &mut self.reaches {
            reach.suspect = false;
        }
    }

    pub(super) fn is_suspect(&self, endpoint: &str) -> bool {
        self.reaches.iter().any(|reach| reach.endpoint == endpoint && reach.suspect)
    }
}
