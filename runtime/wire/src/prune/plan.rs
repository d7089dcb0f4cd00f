//! A prune plan as tables.

use holdover_annotations::policy;
use holdover_annotations::policy::prune_field::Action as PlanAction;

use crate::schema::{Budget, Label, Type, Types, sorted};

/// Fields up to this number are looked up by index, the others by search.
const DENSE: u32 = 512;

/// How many field numbers have a key of one byte.
const NEAR: usize = 16;

/// What to do with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Keep,
    Drop,
    /// Go on in this node.
    Descend(u32),
    /// No field has this number.
    Refuse,
}

#[derive(Debug)]
pub(crate) struct Plan {
    nodes: Box<[Node]>,
}

#[derive(Debug)]
pub(crate) struct Node {
    /// The numbers whose keys take one byte.
    near: [Action; NEAR],
    /// By field number; numbers beyond its end are in `sparse`, or get `other`.
    dense: Box<[Action]>,
    /// Sorted by number.
    sparse: Box<[(u32, Action)]>,
    /// For fields that are in neither.
    other: Action,
}

impl Node {
    /// The action of a number below 16.
    #[inline]
    pub(crate) fn near(&self, number: u8) -> Action {
        self.near[usize::from(number) % NEAR]
    }

    #[inline]
    pub(crate) fn action(&self, number: u32) -> Action {
        match self.dense.get(number as usize) {
            Some(&action) => action,
            None => self.far(number),
        }
    }

    fn far(&self, number: u32) -> Action {
        match self.sparse.binary_search_by_key(&number, |&(number, _)| number) {
            Ok(index) => self.sparse[index].1,
            Err(_) => self.other,
        }
    }
}

impl Plan {
    pub(crate) fn new(
        plan: &policy::PrunePlan,
        types: &Types,
        root: u32,
        budget: &mut Budget,
    ) -> Result<Self, String> {
        if plan.nodes.first().map(|node| node.r#type) != Some(root) {
            return Err("node 0 is not the message".into());
        }
        let compile = |(index, node): (usize, &policy::PruneNode)| {
            compile_node(node, plan, types, budget).map_err(|problem| format!("node {index}: {problem}"))
        };
        Ok(Self { nodes: plan.nodes.iter().enumerate().map(compile).collect::<Result<_, _>>()? })
    }

    /// The node at an index that this plan handed out; 0 is the message itself.
    #[inline]
    pub(crate) fn node(&self, index: u32) -> &Node {
        &self.nodes[index as usize]
    }

    pub(crate) fn drops(&self, path: &[u32]) -> bool {
        let mut node = self.node(0);
        for &number in path {
            match node.action(number) {
                Action::Keep | Action::Refuse => return false,
                Action::Drop => return true,
                Action::Descend(next) => node = self.node(next),
            }
        }
        false
    }
}

fn compile_node(
    node: &policy::PruneNode,
    plan: &policy::PrunePlan,
    types: &Types,
    budget: &mut Budget,
) -> Result<Node, String> {
    let message = types.get(node.r#type).ok_or("its type does not exist")?;
    sorted(node.fields.iter().map(|field| field.number)).map_err(|problem| format!("field {problem}"))?;
    let actions = node
        .fields
        .iter()
        .map(|field| {
            let action = compile_action(field, message, plan, types);
            action
                .map(|action| (field.number, action))
                .map_err(|problem| format!("field {}: {problem}", field.number))
        })
        .collect::<Result<Vec<_>, _>>()?;
    whole_oneofs(message, &actions)?;

    let other = if node.drop_unknown { Action::Drop } else { Action::Keep };
    let action = |number: u32| {
        let planned = actions.binary_search_by_key(&number, |&(number, _)| number).ok();
        match planned {
            Some(index) => actions[index].1,
            None if message.field(number).is_some() => Action::Keep,
            None => other,
        }
    };
    // Where unknown fields are dropped, every known one has to be listed.
    let listed: Vec<u32> = if node.drop_unknown {
        message.fields.iter().map(|field| field.number).collect()
    } else {
        actions.iter().map(|&(number, _)| number).collect()
    };
    let dense_end = listed.iter().rev().find(|&&number| number <= DENSE).map_or(0, |number| number + 1);
    let dense: Box<[Action]> = (0..dense_end).map(action).collect();
    let sparse: Box<[_]> = listed
        .into_iter()
        .filter(|&number| number >= dense_end)
        .map(|number| (number, action(number)))
        .collect();
    budget.spend(dense.len() + sparse.len() + 1)?;
    let near = std::array::from_fn(|number| match u32::try_from(number) {
        Ok(number @ 1..) => action(number),
        _ => Action::Refuse,
    });
    Ok(Node { near, dense, sparse, other })
}

fn compile_action(
    field: &policy::PruneField,
    message: &Type,
    plan: &policy::PrunePlan,
    types: &Types,
) -> Result<Action, String> {
    let known = message.field(field.number).ok_or("the type has no such field")?;
    match field.action {
        Some(PlanAction::Drop(true)) if message.map_entry => {
            Err("parts of a map entry cannot be dropped".into())
        }
        Some(PlanAction::Drop(true)) => Ok(Action::Drop),
        Some(PlanAction::Descend(node)) => {
            let target = types.target(known.target.ok_or("it is not a message")?);
            let index = usize::try_from(node).ok().filter(|&index| index < plan.nodes.len());
            let next = &plan.nodes[index.ok_or("its node does not exist")?];
            let next_type = types.get(next.r#type).ok_or("the type of its node does not exist")?;
            if next_type.name != target.name {
                return Err(format!("its node is for `{}`", next_type.name));
            }
            if known.label == Label::Map && next.drop_unknown {
                return Err("unknown parts of a map entry cannot be dropped".into());
            }
            Ok(Action::Descend(node))
        }
        Some(PlanAction::Drop(false)) | None => Err("it has no action".into()),
    }
}

/// A oneof is kept or dropped whole: dropping its last member would bring an earlier one back to life.
fn whole_oneofs(message: &Type, actions: &[(u32, Action)]) -> Result<(), String> {
    let dropped = |number: u32| {
        actions
            .binary_search_by_key(&number, |&(number, _)| number)
            .is_ok_and(|index| actions[index].1 == Action::Drop)
    };
    let mut fate = vec![None; message.oneofs.len()];
    for field in &message.fields {
        let Some(oneof) = field.oneof else { continue };
        let drop = dropped(field.number);
        if *fate[oneof].get_or_insert(drop) != drop {
            return Err(format!("oneof `{}` is dropped in part", message.oneofs[oneof]));
        }
    }
    Ok(())
}
