//! A policy set as a client uses it: methods by index, and what their plans withhold.

use std::collections::BTreeSet;
use std::sync::Arc;

use holdover_engine::policy::method::Kind as MethodKind;
use holdover_engine::policy::prune_field::Action as PlanAction;
use holdover_engine::policy::{PolicySet, PrunePlan};
use holdover_engine::{Kind, MethodId, PlanHash, Registered};
use holdover_wire::{Pruner, Schema};
use prost::Message as _;

use crate::Error;
use crate::view::{Action, WithheldPlan};

/// The methods of a policy set, in its order.
#[derive(Debug)]
pub(crate) struct Policy {
    methods: Vec<Method>,
}

#[derive(Debug)]
pub(crate) struct Method {
    pub(crate) id: MethodId,
    /// `pricing.v1.Pricing/GetQuote`
    pub(crate) name: Arc<str>,
    /// How many messages go to and fro.
    pub(crate) kind: Kind,
    /// The last message of a stream is kept, and readers may skip to it.
    pub(crate) replay: bool,
    plan: Option<(PlanHash, Arc<WithheldPlan>)>,
}

impl Policy {
    /// Reads a policy that the engine has accepted.
    pub(crate) fn read(bytes: &[u8], registered: &Registered) -> Result<Self, Error> {
        let set = PolicySet::decode(bytes).map_err(|error| unreadable(&error))?;
        let method = |method: &holdover_engine::policy::Method| {
            let name = format!("{}/{}", method.service, method.name);
            let id = registered.method(&name).ok_or_else(|| {
                Error::misuse(format!("{name}: the runtime does not know it; generate the client anew"))
            })?;
            let plan = method.detail.as_ref().and_then(|detail| detail.response.as_ref());
            let plan = plan.map(|plan| withheld(plan, &set, &name)).transpose()?;
            let kind = match method.kind() {
                MethodKind::Unspecified | MethodKind::Unary => Kind::Unary,
                MethodKind::ServerStream => Kind::ServerStream,
                MethodKind::ClientStream => Kind::ClientStream,
                MethodKind::BidiStream => Kind::BidiStream,
            };
            let replay = method.cache.as_ref().is_some_and(|cache| cache.replay_window > 0);
            Ok(Method { id, name: name.into(), kind, replay, plan })
        };
        Ok(Self { methods: set.methods.iter().map(method).collect::<Result<_, Error>>()? })
    }

    pub(crate) fn methods(&self) -> &[Method] {
        &self.methods
    }

    pub(crate) fn method(&self, index: usize) -> Result<&Method, Error> {
        self.methods.get(index).ok_or_else(|| {
            Error::misuse(format!(
                "the policy has no method {index}; generate the client and its policy together"
            ))
        })
    }
}

impl Method {
    /// What answers may lack.
    pub(crate) fn plan(&self) -> Option<&WithheldPlan> {
        self.plan.as_ref().map(|(_, plan)| &**plan)
    }

    /// What an answer that was reduced by this plan lacks; `None` for a plan of another policy.
    pub(crate) fn withheld(&self, hash: PlanHash) -> Option<Arc<WithheldPlan>> {
        self.plan.as_ref().filter(|(own, _)| *own == hash).map(|(_, plan)| plan.clone())
    }
}

/// How a method's answers are reduced, and what they lack then.
pub(crate) fn reduction(policy: &[u8], name: &str) -> Result<(Pruner, Arc<WithheldPlan>), Error> {
    let set = PolicySet::decode(policy).map_err(|error| unreadable(&error))?;
    let schema = Schema::new(&set).map_err(|error| Error::misuse(error.to_string()))?;
    let method = set
        .methods
        .iter()
        .zip(schema.methods())
        .find(|(_, plans)| plans.path().strip_prefix('/') == Some(name));
    let (method, plans) = method.ok_or_else(|| {
        let names: Vec<_> =
            schema.methods().iter().map(|plans| plans.path().trim_start_matches('/')).collect();
        Error::misuse(format!("the policy has no method {name:?}; there are: {}", names.join(", ")))
    })?;
    let plan = method.detail.as_ref().and_then(|detail| detail.response.as_ref());
    let (Some(plan), Some(pruner)) = (plan, plans.response_pruner()) else {
        return Err(Error::misuse(format!("{name} has no `detail`: its answers are never reduced")));
    };
    Ok((pruner.clone(), withheld(plan, &set, name)?.1))
}

fn unreadable(error: &prost::DecodeError) -> Error {
    Error::misuse(format!("the policy cannot be read ({error}); generate the client anew"))
}

fn withheld(plan: &PrunePlan, set: &PolicySet, method: &str) -> Result<(PlanHash, Arc<WithheldPlan>), Error> {
    let damaged = || Error::misuse(format!("{method}: its prune plan is damaged; generate the client anew"));
    let hash = plan.hash.parse().map_err(|_| damaged())?;
    let mut nodes = Vec::with_capacity(plan.nodes.len());
    for node in &plan.nodes {
        let mut fields = Vec::with_capacity(node.fields.len());
        for field in &node.fields {
            match field.action {
                Some(PlanAction::Drop(true)) => fields.push((field.number, Action::Drop)),
                Some(PlanAction::Descend(below)) if (below as usize) < plan.nodes.len() => {
                    fields.push((field.number, Action::Descend(below)));
                }
                Some(PlanAction::Drop(false)) | None => {}
                Some(PlanAction::Descend(_)) => return Err(damaged()),
            }
        }
        fields.sort_unstable_by_key(|(number, _)| *number);
        nodes.push(fields);
    }
    let paths = paths(plan, set);
    Ok((hash, Arc::new(WithheldPlan::new(nodes, paths))))
}

/// The dropped fields as people write them. Every node is walked once, so that recursive types come to an end.
fn paths(plan: &PrunePlan, set: &PolicySet) -> Vec<String> {
    let mut paths = BTreeSet::new();
    let mut seen = vec![false; plan.nodes.len()];
    let mut open = vec![(0, String::new())];
    while let Some((index, prefix)) = open.pop() {
        let Some(node) = plan.nodes.get(index as usize) else { continue };
        if std::mem::replace(&mut seen[index as usize], true) {
            continue;
        }
        let Some(message) = set.types.get(node.r#type as usize) else { continue };
        for field in &node.fields {
            let Some(known) = message.fields.iter().find(|known| known.number == field.number) else {
                continue;
            };
            let path = format!("{prefix}{}", known.name);
            match field.action {
                Some(PlanAction::Drop(true)) => _ = paths.insert(path),
                Some(PlanAction::Descend(below)) => open.push((below, format!("{path}."))),
                Some(PlanAction::Drop(false)) | None => {}
            }
        }
    }
    paths.into_iter().collect()
}
