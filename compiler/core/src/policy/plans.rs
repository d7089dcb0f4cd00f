//! Plans with indexes for names.

use super::types::Types;
use crate::ir::{Action, Cache, Method, Plan, Presence};
use crate::lower::key;
use holdover_annotations::policy;
use prost_reflect::DescriptorPool;

/// `None` where nothing is left out.
pub(super) fn prune(types: &Types, plan: &Plan) -> Option<policy::PrunePlan> {
    let node = |node: &crate::ir::PlanNode| policy::PruneNode {
        r#type: types.index(&node.message),
        fields: node
            .fields
            .iter()
            .map(|(number, action)| policy::PruneField {
                number: *number,
                action: Some(match action {
                    Action::Drop => policy::prune_field::Action::Drop(true),
                    Action::Descend(node) => policy::prune_field::Action::Descend(small(*node)),
                }),
            })
            .collect(),
        drop_unknown: node.drop_unknown,
    };
    (!plan.is_empty()).then(|| policy::PrunePlan {
        nodes: plan.nodes.iter().map(node).collect(),
        hash: plan.hash.clone(),
        mask_paths: plan.mask.clone().unwrap_or_default(),
    })
}

/// `None` where nothing is required.
pub(super) fn presence(types: &Types, presence: &Presence) -> Option<policy::PresencePlan> {
    let node = |node: &crate::ir::PresenceNode| {
        let mut required_oneofs: Vec<u32> =
            node.required_oneofs.iter().filter_map(|name| types.oneof(&node.message, name)).collect();
        required_oneofs.sort_unstable();
        policy::PresenceNode {
            r#type: types.index(&node.message),
            required: node.required.clone(),
            required_oneofs,
            fields: node
                .fields
                .iter()
                .map(|(number, node)| policy::PresenceField { number: *number, node: small(*node) })
                .collect(),
        }
    };
    (!presence.nodes.is_empty())
        .then(|| policy::PresencePlan { nodes: presence.nodes.iter().map(node).collect() })
}

pub(super) fn key(pool: &DescriptorPool, types: &Types, method: &Method, cache: &Cache) -> policy::KeyPlan {
    let request = pool.get_message_by_name(&method.request).expect("a method's request is in its pool");
    let nodes = key::plan(&request, &key::Paths::of(cache));
    let node = |node: &key::Node| policy::KeyNode {
        r#type: types.index(node.message.full_name()),
        fields: node
            .fields
            .iter()
            .map(|(number, node)| policy::KeyField {
                number: *number,
                node: node.map_or(0, |node| small(node) + 1),
            })
            .collect(),
    };
    policy::KeyPlan { nodes: nodes.iter().map(node).collect() }
}

/// Plans have no more nodes than types times overrides.
fn small(index: usize) -> u32 {
    u32::try_from(index).expect("a plan that fits in memory has fewer than 2^32 nodes")
}
