//! One method: what applies to it, from all levels.

use super::inherit::Policies;
use super::reach::Reach;
use super::{cache, delivery, detail, offline, presence, template};
use crate::annotation::Annotations;
use crate::ir::{Block, Idempotency, Kind, Level, Method, Origin, Value};
use holdover_annotations::annotations::method_policy::Idempotency as Written;
use prost_reflect::{MessageDescriptor, MethodDescriptor};

/// What lowering a block needs to know about its method.
pub(super) struct Context<'a> {
    pub(super) annotations: &'a Annotations,
    reach: &'a Reach,
    pub(super) kind: Kind,
    pub(super) idempotency: Idempotency,
    pub(super) request: MessageDescriptor,
    pub(super) response: MessageDescriptor,
    pub(super) idempotency_key: Option<u32>,
}

impl Context<'_> {
    pub(super) fn is_read(&self) -> bool {
        self.idempotency == Idempotency::NoSideEffects
    }

    /// The client sends a sequence of messages.
    pub(super) fn sends_many(&self) -> bool {
        matches!(self.kind, Kind::ClientStream | Kind::BidiStream)
    }

    pub(super) fn is_repeatable(&self) -> bool {
        matches!(self.idempotency, Idempotency::NoSideEffects | Idempotency::Idempotent)
    }

    /// The request or the response reaches something sensitive.
    pub(super) fn is_sensitive(&self) -> bool {
        self.reach.is_sensitive(&self.request) || self.reach.is_sensitive(&self.response)
    }
}

pub(super) fn lower(method: &MethodDescriptor, annotations: &Annotations, reach: &Reach) -> Method {
    let service = method.parent_service();
    let file = service.parent_file();
    let policies = Policies::of(annotations, file.name(), service.full_name(), method.full_name());
    let idempotency = idempotency(method, &policies);
    let (request, response) = (method.input(), method.output());
    let context = Context {
        annotations,
        reach,
        kind: kind(method),
        idempotency: idempotency.value,
        idempotency_key: idempotency_key(&request, annotations),
        request,
        response,
    };
    let mut skipped = Vec::new();
    let block = policies.block(Block::Cache, false, |policy| policy.cache.as_ref());
    let cache = cache::lower(&context, &block, &mut skipped);
    let block = policies.block(Block::Offline, false, |policy| policy.offline.as_ref());
    let offline = offline::lower(&context, &block, cache.as_ref(), &mut skipped);
    let block = policies.block(Block::Delivery, true, |policy| policy.delivery.as_ref());
    let delivery = delivery::lower(&context, &block, cache.as_ref(), &mut skipped);
    let block = policies.block(Block::Detail, true, |policy| policy.detail.as_ref());
    let detail = detail::lower(&context, &block, &mut skipped);
    let says = match &detail {
        Some(detail) => detail::response_says(&context, &detail.response_overrides, &detail.keep),
        None => detail::response_says(&context, &[], &[]),
    };
    Method {
        service: service.full_name().to_owned(),
        name: method.name().to_owned(),
        file: file.name().to_owned(),
        path: method.path().to_vec(),
        deprecated: super::is_deprecated(&method.options()),
        kind: context.kind,
        idempotency,
        request: context.request.full_name().to_owned(),
        response: context.response.full_name().to_owned(),
        idempotency_key: context.idempotency_key,
        cache,
        offline,
        delivery,
        detail,
        invalidates: invalidates(&context, &policies),
        presence: presence::build(&context.response, &says),
        epochs: reach.epochs(&[&context.request, &context.response]),
        sensitive_request: reach.is_sensitive(&context.request),
        sensitive_response: reach.is_sensitive(&context.response),
        skipped,
    }
}

pub(crate) fn kind(method: &MethodDescriptor) -> Kind {
    match (method.is_client_streaming(), method.is_server_streaming()) {
        (false, false) => Kind::Unary,
        (false, true) => Kind::ServerStream,
        (true, false) => Kind::ClientStream,
        (true, true) => Kind::BidiStream,
    }
}

/// The native option's value, `None` where it is unset or UNKNOWN.
pub(crate) fn native_idempotency(method: &MethodDescriptor) -> Option<Idempotency> {
    use prost_types::method_options::IdempotencyLevel;
    let level = method.method_descriptor_proto().options.as_ref()?.idempotency_level?;
    match IdempotencyLevel::try_from(level).ok()? {
        IdempotencyLevel::NoSideEffects => Some(Idempotency::NoSideEffects),
        IdempotencyLevel::Idempotent => Some(Idempotency::Idempotent),
        IdempotencyLevel::IdempotencyUnknown => None,
    }
}

/// The native option, else the annotation.
fn idempotency(method: &MethodDescriptor, policies: &Policies<'_>) -> Value<Idempotency> {
    if let Some(native) = native_idempotency(method) {
        return Value { value: native, origin: Origin { level: Level::Method, span: None, overlay: false } };
    }
    let said = policies.pick("idempotency", |policy| policy.idempotency);
    said.map(|said| {
        said.map(|said| match Written::try_from(said).unwrap_or_default() {
            Written::Unspecified => Idempotency::Unspecified,
            Written::NoSideEffects => Idempotency::NoSideEffects,
            Written::Idempotent => Idempotency::Idempotent,
        })
    })
    .unwrap_or_else(|| Value::default(Idempotency::Unspecified))
}

/// The number of the first field that is marked.
fn idempotency_key(request: &MessageDescriptor, annotations: &Annotations) -> Option<u32> {
    let marked = request.fields().filter(|field| {
        let annotated = annotations.fields.get(field.full_name());
        annotated.is_some_and(|annotated| annotated.policy.idempotency_key == Some(true))
    });
    marked.map(|field| field.number()).min()
}

fn invalidates(
    context: &Context<'_>,
    policies: &Policies<'_>,
) -> Vec<Value<Result<crate::ir::Template, crate::ir::TemplateError>>> {
    let Some(own) = policies.own() else { return Vec::new() };
    own.policy
        .invalidates
        .iter()
        .enumerate()
        .map(|(index, text)| Value {
            value: template::parse(text, &context.request, &context.response),
            origin: super::inherit::origin(Level::Method, &own.site, &format!("invalidates[{index}]")),
        })
        .collect()
}
