//! From the IR to the [`PolicySet`] that runtimes and servers read.
//!
//! Nothing is decided here; names become indexes and durations nanoseconds.

mod blocks;
mod plans;
mod types;

use crate::annotation::Annotations;
use crate::ir::{Ir, Method, Mode};
use holdover_annotations::POLICY_FORMAT;
use holdover_annotations::policy::{self, Feature, PolicySet};
use prost_reflect::DescriptorPool;
use types::Types;

/// The policy of the methods of some services: those for which `wanted` says so, by full name. Methods are sorted by
/// service and then as in the source, types by name; equal input gives equal bytes.
///
/// Meant for an IR that the checks have passed: what cannot be followed is left out.
pub fn emit(
    pool: &DescriptorPool,
    annotations: &Annotations,
    ir: &Ir,
    wanted: impl Fn(&str) -> bool,
) -> PolicySet {
    let mut services: Vec<_> = ir.services.iter().filter(|service| wanted(&service.name)).collect();
    services.sort_by(|a, b| a.name.cmp(&b.name));
    let methods: Vec<&Method> = services.iter().flat_map(|service| &service.methods).collect();
    let types = Types::of(pool, annotations, &methods);
    PolicySet {
        format_version: POLICY_FORMAT,
        methods: methods.iter().map(|method| emit_method(pool, &types, method)).collect(),
        types: types.into_table(),
        compiler: concat!("holdover ", env!("CARGO_PKG_VERSION")).to_owned(),
    }
}

fn emit_method(pool: &DescriptorPool, types: &Types, method: &Method) -> policy::Method {
    policy::Method {
        service: method.service.clone(),
        name: method.name.clone(),
        kind: method.kind.into(),
        idempotency: method.idempotency.value.into(),
        request_type: types.index(&method.request),
        response_type: types.index(&method.response),
        cache: method.cache.as_ref().map(|cache| blocks::cache(pool, types, method, cache)),
        offline: method.offline.as_ref().map(|offline| blocks::offline(types, offline)),
        delivery: Some(blocks::delivery(&method.delivery)),
        detail: method.detail.as_ref().and_then(|detail| blocks::detail(types, detail)),
        presence: plans::presence(types, &method.presence),
        invalidates: blocks::templates(types, &method.invalidates),
        required_features: features(method).into_iter().map(i32::from).collect(),
        idempotency_key_field: method.idempotency_key.unwrap_or(0),
        sensitive_request: method.sensitive_request,
        sensitive_response: method.sensitive_response,
        epochs: method
            .epochs
            .iter()
            .map(|(name, epoch)| policy::Epoch { r#type: name.clone(), epoch: *epoch })
            .collect(),
    }
}

/// What no runtime can do yet. A client of a policy that needs it is refused (MISUSE).
const NOT_ENFORCED: &[Feature] = &[Feature::Outbox];

/// The features that a method's policy asks for and no runtime has yet, sorted.
pub fn not_enforced(method: &Method) -> Vec<Feature> {
    features(method).into_iter().filter(|feature| NOT_ENFORCED.contains(feature)).collect()
}

/// What a runtime must be able to do to honour a method's policy, sorted.
pub fn features(method: &Method) -> Vec<Feature> {
    let mut features = Vec::new();
    if method.cache.as_ref().is_some_and(|cache| cache.replay.is_some()) {
        features.push(Feature::Replay);
    }
    match method.offline.as_ref().and_then(|offline| offline.mode.as_ref()).map(|mode| &mode.value) {
        Some(Mode::Outbox(_)) => features.push(Feature::Outbox),
        Some(Mode::ServeStale(_) | Mode::Wait | Mode::FailFast) => features.push(Feature::OfflineMode),
        None => {}
    }
    if method.delivery.retry.is_some() {
        features.push(Feature::Retry);
    }
    if method.delivery.deferral().is_some() {
        features.push(Feature::Defer);
    }
    if method.delivery.reconnect.value {
        features.push(Feature::Reconnect);
    }
    features.sort();
    features
}
