//! Registrations: policies become methods that can be called.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use super::Engine;
use crate::call::MethodId;
use crate::error::Error;
use crate::method;

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

impl Engine {
    /// Registers an encoded `holdover.policy.v1.PolicySet`. The same bytes again give the same methods.
    ///
    /// # Errors
    /// MISUSE if the bytes are not a policy, are newer than this runtime, or need a feature that it lacks; the message
    /// names the method and the block.
    pub fn register(&mut self, policy: &Bytes) -> Result<Registered, Error> {
        if let Some((_, registered)) = self.policies.iter().find(|(known, _)| known == policy) {
            return Ok(registered.clone());
        }
        let first = self.methods.len();
        let methods = method::read(policy, first, self.config.sealed)?;
        let names = methods.iter().map(|method| (method.full_name().to_owned(), method.id)).collect();
        for method in methods.into_iter().map(Arc::new) {
            self.methods.push(self.switchboard.apply(&method));
            self.registered.push(method);
        }
        let registered = Registered { methods: Arc::new(names) };
        self.policies.push((policy.clone(), registered.clone()));
        self.switches_meet_policy(first);
        Ok(registered)
    }
}
