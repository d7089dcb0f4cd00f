//! Which endpoints can be reached (rule H4).

use super::Engine;
use crate::network::AttemptId;

impl Engine {
    /// A probe has reached its endpoint.
    pub(super) fn contact(&mut self, _attempt: AttemptId) {}
}
