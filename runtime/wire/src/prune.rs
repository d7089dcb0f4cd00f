//! Leaving fields out of an encoded message: rules F2 and F3.

mod plan;
mod walk;

use std::sync::Arc;

use bytes::Bytes;
use holdover_annotations::policy;

use plan::Plan;

use crate::resolve::check_size;
use crate::schema::{Budget, Types};
use crate::{Limits, WireError};

/// Leaves out of a message what its plan drops.
///
/// For a message in canonical encoding the result is, byte for byte, what decoding, clearing the fields and encoding again
/// gives. For any other encoding it is a message that decodes to the same. What is kept is not looked into.
#[derive(Clone, Debug)]
pub struct Pruner {
    plan: Arc<Plan>,
    hash: Arc<str>,
    mask_paths: Arc<[String]>,
}

/// A message after pruning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pruned {
    /// The message. If nothing was dropped these are the bytes that went in, shared and not copied.
    pub message: Bytes,
    /// By how many bytes it became shorter: dropped fields, and shorter lengths of what they were in.
    pub saved: usize,
    /// Whether anything was dropped.
    pub dropped: bool,
}

impl Pruner {
    pub(crate) fn new(
        plan: &policy::PrunePlan,
        types: &Types,
        root: u32,
        budget: &mut Budget,
    ) -> Result<Self, String> {
        let lower_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if plan.hash.len() != 32 || !plan.hash.bytes().all(lower_hex) {
            return Err("the hash is not 32 lower-case hex digits".into());
        }
        if plan.mask_paths.iter().any(|path| path.is_empty() || !path.bytes().all(is_mask_byte)) {
            return Err("a mask path is empty, or has characters that no field mask has".into());
        }
        Ok(Self {
            plan: Arc::new(Plan::new(plan, types, root, budget)?),
            hash: plan.hash.as_str().into(),
            mask_paths: plan.mask_paths.as_slice().into(),
        })
    }

    /// What names the plan in a detail request: 32 lower-case hex digits.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The plan as the paths of a field mask (what is kept), sorted; empty where no mask can say it.
    pub fn mask_paths(&self) -> &[String] {
        &self.mask_paths
    }

    /// Prunes a message.
    ///
    /// # Errors
    ///
    /// The message is not protobuf, as far as the plan has to look, or is beyond the limits.
    pub fn prune(&self, message: &Bytes, limits: &Limits) -> Result<Pruned, WireError> {
        check_size(message, limits)?;
        let mut output = walk::Output::default();
        walk::prune(&self.plan, message, limits.max_depth, &mut output)?;
        if !output.dropped() {
            return Ok(Pruned { message: message.clone(), saved: 0, dropped: false });
        }
        let pruned = output.finish(message);
        Ok(Pruned { saved: message.len() - pruned.len(), message: pruned.into(), dropped: true })
    }

    /// Prunes a message into a buffer of the caller, which is emptied first, so that it can be used again. Whether
    /// anything was dropped.
    ///
    /// # Errors
    ///
    /// As [`Pruner::prune`]; then the buffer is empty.
    pub fn prune_into(&self, message: &[u8], limits: &Limits, out: &mut Vec<u8>) -> Result<bool, WireError> {
        out.clear();
        check_size(message, limits)?;
        let mut output = walk::Output::reusing(std::mem::take(out));
        let result = walk::prune(&self.plan, message, limits.max_depth, &mut output);
        let dropped = output.dropped();
        *out = output.finish(message);
        match result {
            Ok(()) => Ok(dropped),
            Err(error) => {
                out.clear();
                Err(error)
            }
        }
    }

    /// Whether the message has a field that the plan drops (rule F5).
    ///
    /// # Errors
    ///
    /// As [`Pruner::prune`], up to the first such field.
    pub fn contains_dropped(&self, message: &[u8], limits: &Limits) -> Result<bool, WireError> {
        check_size(message, limits)?;
        walk::contains_dropped(&self.plan, message, limits.max_depth)
    }

    /// Whether the plan drops the field at this path of field numbers. Lists are gone through without a step; the value of
    /// a map is a step (2), as in [`policy::Path`].
    pub fn drops(&self, path: &[u32]) -> bool {
        self.plan.drops(path)
    }
}

fn is_mask_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'*' | b'`')
}
