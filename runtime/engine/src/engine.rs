//! The engine itself: inputs in, outputs out.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;

use crate::call::{CallOptions, MethodId};
use crate::config::Config;
use crate::error::Error;
use crate::input::Input;
use crate::output::Output;
use crate::session::SessionId;
use crate::snapshot::Snapshot;
use crate::time::Now;

/// Where the engine's own randomness starts. Keys of partitions come from it, so a real runtime takes it from the
/// system's generator; a test takes a constant, and gets the same outputs byte for byte.
#[derive(Clone)]
pub struct Seed(pub [u8; 32]);

/// The methods of a registered policy.
#[derive(Clone, Debug, Default)]
pub struct Registered {
    methods: Arc<BTreeMap<String, MethodId>>,
}

impl Registered {
    /// The method with this full name: "pricing.v1.Pricing/GetQuote".
    #[must_use]
    pub fn method(&self, full_name: &str) -> Option<MethodId> {
        self.methods.get(full_name).copied()
    }
}

/// Every decision of the runtime, and no effect.
///
/// After [`Engine::handle`], and after a [`Engine::peek`] that left outputs, the driver calls [`Engine::poll_output`]
/// until it returns [`Output::Timeout`], before the next input. Outputs of one input are carried out in order. What is due
/// at an instant happens before what arrives at that instant.
pub struct Engine {
    #[expect(dead_code, reason = "read by the parts that follow")]
    config: Config,
    outputs: VecDeque<Output>,
}

impl Engine {
    /// An engine without sessions or policies. No effect.
    #[must_use]
    pub fn new(config: Config, _seed: &Seed) -> Self {
        Self { config, outputs: VecDeque::new() }
    }

    /// Registers an encoded `holdover.policy.v1.PolicySet`. The same bytes again give the same methods.
    ///
    /// # Errors
    /// MISUSE if the bytes are not a policy, are newer than this runtime, or need a feature that it lacks; the message
    /// names the method and the block.
    pub fn register(&mut self, _policy: &Bytes) -> Result<Registered, Error> {
        Ok(Registered::default())
    }

    /// Takes in a fact. What to do follows from [`Engine::poll_output`].
    pub fn handle(&mut self, _input: Input, _now: Now) {}

    /// Serves from memory, without a flight or a load: rows 1 and 2 only. A row 2 hit leaves outputs (its refresh).
    pub fn peek(
        &mut self,
        _session: SessionId,
        _method: MethodId,
        _request: &Bytes,
        _options: &CallOptions,
        _now: Now,
    ) -> Option<Snapshot> {
        None
    }

    /// Whether [`Engine::poll_output`] has more than a timeout to say.
    #[must_use]
    pub fn has_output(&self) -> bool {
        !self.outputs.is_empty()
    }

    /// The next effect, or [`Output::Timeout`] when there is nothing more to do.
    pub fn poll_output(&mut self) -> Output {
        self.outputs.pop_front().unwrap_or(Output::Timeout(None))
    }
}
