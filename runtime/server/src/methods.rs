//! The methods that a policy allows to be trimmed.

use std::collections::HashMap;
use std::sync::Arc;

use holdover_annotations::policy::detail::Signal;
use holdover_annotations::policy::{self, PolicySet};
use holdover_wire::{PolicyError, Pruner, Schema};
use prost::Message as _;

/// Why a policy was refused.
#[derive(Debug, thiserror::Error)]
pub enum DetailPolicyError {
    /// The bytes are not a policy.
    #[error("the policy is not a PolicySet: {0}; pass the bytes of the file that --policy-out wrote")]
    Decode(#[from] prost::DecodeError),
    /// The policy is damaged or of another release.
    #[error(transparent)]
    Policy(#[from] PolicyError),
}

/// The prunable methods, by path. A method is prunable if it has a response plan, and its signal is the header.
#[derive(Debug)]
pub(crate) struct Methods(HashMap<String, Prunable>);

/// How the responses of a method are pruned.
#[derive(Clone, Debug)]
pub(crate) struct Prunable {
    pub(crate) plan: Pruner,
    /// Whether either side sends a sequence of messages: then the response is framed as a stream.
    pub(crate) streams: bool,
}

impl Methods {
    pub(crate) fn new(policy: &[u8]) -> Result<Arc<Self>, DetailPolicyError> {
        let policy = PolicySet::decode(policy)?;
        let schema = Schema::new(&policy)?;
        let by_path = policy.methods.iter().zip(schema.methods()).filter_map(|(method, plans)| {
            let pruner = plans.response_pruner().filter(|_| honours_header(method))?;
            let streams = method.kind() != policy::method::Kind::Unary;
            Some((plans.path().to_owned(), Prunable { plan: pruner.clone(), streams }))
        });
        Ok(Arc::new(Self(by_path.collect())))
    }

    /// The method with this path. Servers may be mounted below a prefix, so only the last two segments count.
    pub(crate) fn prunable(&self, path: &str) -> Option<&Prunable> {
        let mut slashes = path.rmatch_indices('/').map(|(at, _)| at);
        let service = slashes.nth(1)?;
        self.0.get(&path[service..])
    }
}

fn honours_header(method: &policy::Method) -> bool {
    let signal = method.detail.as_ref().and_then(|detail| detail.signal.as_ref());
    let known = method.kind() != policy::method::Kind::Unspecified;
    known && matches!(signal, None | Some(Signal::Header(_)))
}
