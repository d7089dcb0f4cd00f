//! The API that the vectors speak, compiled.

use std::collections::BTreeMap;

use bytes::Bytes;
use holdover_annotations::policy::PolicySet;
use prost::Message as _;

/// The full name of the service that vectors call.
pub const SERVICE: &str = "vectors.v1.Rides";

/// The compiled policy of `tests/vectors/api.proto`.
#[derive(Clone, Debug)]
pub struct Api {
    policy: Bytes,
    plans: BTreeMap<String, String>,
}

impl Api {
    /// Takes an encoded `holdover.policy.v1.PolicySet`.
    ///
    /// # Errors
    /// When it is not one.
    pub fn new(policy: impl Into<Bytes>) -> Result<Api, String> {
        let policy = policy.into();
        let set = PolicySet::decode(policy.clone())
            .map_err(|error| format!("the policy cannot be read: {error}"))?;
        let plans = set
            .methods
            .iter()
            .filter_map(|method| {
                let plan = method.detail.as_ref()?.response.as_ref()?;
                Some((method.name.clone(), plan.hash.clone()))
            })
            .collect();
        Ok(Api { policy, plans })
    }

    /// The encoded policy.
    #[must_use]
    pub fn policy(&self) -> &Bytes {
        &self.policy
    }

    /// The plan hashes of methods that are trimmed, by the method's name: what `plans.json` holds.
    #[must_use]
    pub fn plans(&self) -> &BTreeMap<String, String> {
        &self.plans
    }

    /// Puts plan hashes in the place of `{plan Method}`.
    ///
    /// # Errors
    /// When there is no such method, or it is never trimmed.
    pub fn fill_in(&self, metadata: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, String> {
        metadata.iter().map(|(name, value)| Ok((name.clone(), self.fill_in_value(value)?))).collect()
    }

    fn fill_in_value(&self, value: &str) -> Result<String, String> {
        let Some((before, rest)) = value.split_once("{plan ") else { return Ok(value.into()) };
        let (method, after) =
            rest.split_once('}').ok_or_else(|| format!("`{value}` lacks a closing brace"))?;
        let plan =
            self.plans.get(method).ok_or_else(|| format!("`{value}`: no method {method} is ever trimmed"))?;
        Ok(format!("{before}{plan}{after}"))
    }

    /// The reverse of [`Api::fill_in`], for people to read.
    #[must_use]
    pub fn take_out(&self, method: &str, value: &str) -> String {
        match self.plans.get(method) {
            Some(plan) => value.replace(plan, &format!("{{plan {method}}}")),
            None => value.into(),
        }
    }
}
