//! The detail block of a method: which fields a poor network costs it.

use super::importance::{Rules, importance};
use super::inherit::{Layers, origin, specified};
use super::method::Context;
use super::path::{Ends, resolve};
use super::plan::{self, Says};
use crate::ir::{
    Block, Detail, FieldPath, Level, Origin, Override, PathError, Quality, Signal, Skipped, Value,
};
use holdover_annotations::annotations as vocabulary;
use prost_reflect::MessageDescriptor;
use vocabulary::detail::Signal as Written;

/// The block in force. What is inherited and does not apply goes to `skipped`.
pub(super) fn lower(
    context: &Context<'_>,
    layers: &Layers<'_, vocabulary::Detail>,
    skipped: &mut Vec<Skipped>,
) -> Option<Detail> {
    if !layers.exists() {
        return None;
    }
    if let Some(off) = layers.pick("off", |block| block.off).filter(|off| off.value) {
        skipped.push(skip(None, off.origin, "it says `off: true`"));
        return None;
    }
    let inherited = |origin: &Origin| origin.level != Level::Method;
    let mut restore = layers.pick("restore", |b| b.restore).unwrap_or_else(|| Value::default(false));
    let not_again = if context.sends_many() {
        Some("its requests are a stream, so it is not called again by itself")
    } else {
        (!context.is_read())
            .then_some("the method may have side effects, so it is not called again by itself")
    };
    if let Some(reason) = not_again.filter(|_| restore.value && inherited(&restore.origin)) {
        skipped.push(skip(Some("restore"), restore.origin, reason));
        restore = Value::default(false);
    }
    let mut request_overrides = overrides(layers, "request", &context.request, |b| &b.request);
    let whole = if context.sends_many() {
        Some("its requests are a stream, which is never trimmed")
    } else {
        (!context.is_read()).then_some("the method may have side effects, so its request is never trimmed")
    };
    let first = request_overrides.first().map(|first| first.path.origin.clone());
    if let (Some(reason), Some(origin)) = (whole, first.filter(inherited)) {
        skipped.push(skip(Some("request"), origin, reason));
        request_overrides.clear();
    }
    let keep: Vec<Value<Result<FieldPath, PathError>>> = layers
        .list("keep", |b| &b.keep)
        .into_iter()
        .map(|path| path.map(|path| resolve(&context.response, path, Ends::FieldOrOneof)))
        .collect();
    let response_overrides = overrides(layers, "response", &context.response, |b| &b.response);
    let reduce_at = layers
        .pick("reduce_at", |b| b.reduce_at)
        .map(|said| {
            said.map(|said| specified(Quality::try_from(said).ok(), Quality::Unspecified, Quality::Poor))
        })
        .unwrap_or_else(|| Value::default(Quality::Poor));
    let response = plan::build(&context.response, &response_says(context, &response_overrides, &keep));
    let request = plan::build(&context.request, &request_says(&context.request, &request_overrides));
    let detail = Detail {
        own: layers.own(),
        origin: layers.origin(),
        reduce_at,
        restore,
        signal: signal(context, layers),
        keep,
        response_overrides,
        request_overrides,
        response,
        request,
    };
    if detail.own {
        return Some(detail);
    }
    match obstacle(context, &detail) {
        None => Some(detail),
        Some(reason) => {
            // One reason is enough.
            skipped.retain(|skipped| skipped.block != Block::Detail);
            skipped.push(skip(None, detail.origin, &reason));
            None
        }
    }
}

/// What a method's block says about its response. Without a block only the marks of types speak.
pub(super) fn response_says<'a>(
    context: &Context<'a>,
    overrides: &[Override],
    keep: &[Value<Result<FieldPath, PathError>>],
) -> Says<'a> {
    let keep_origin = keep.first().map_or(Origin::DEFAULT, |path| path.origin.clone());
    let paths: Vec<Vec<u32>> = keep
        .iter()
        .filter_map(|path| path.value.as_ref().ok())
        .flat_map(|path| targets(&context.response, path))
        .collect();
    let mut says = request_says(&context.response, overrides);
    says.keep = (!paths.is_empty()).then_some(paths);
    says.keep_origin = keep_origin;
    Says { rules: Rules::Marks(context.annotations), ..says }
}

fn request_says(root: &MessageDescriptor, overrides: &[Override]) -> Says<'static> {
    let mut says = Says {
        rules: Rules::OverridesOnly,
        overrides: Vec::new(),
        override_origins: Vec::new(),
        keep: None,
        keep_origin: Origin::DEFAULT,
    };
    for said in overrides {
        let (Ok(path), Some(importance)) = (&said.path.value, said.importance) else { continue };
        for steps in targets(root, path) {
            says.overrides.push((steps, importance));
            says.override_origins.push(said.path.origin.clone());
        }
    }
    says
}

/// The fields that a path names: one, or all members of a oneof.
pub(crate) fn targets(root: &MessageDescriptor, path: &FieldPath) -> Vec<Vec<u32>> {
    let steps = path.numbers();
    let Some(name) = &path.oneof else { return vec![steps] };
    let pool = root.parent_pool();
    let mut message = root.clone();
    for step in &path.steps {
        let field = pool.get_message_by_name(&step.message).and_then(|m| m.get_field(step.number));
        if let Some(prost_reflect::Kind::Message(inner)) = field.map(|field| field.kind()) {
            message = if inner.is_map_entry() { message } else { inner };
        }
    }
    let oneof = message.oneofs().find(|oneof| oneof.name() == name);
    let members = oneof.into_iter().flat_map(|oneof| oneof.fields().map(|f| f.number()).collect::<Vec<_>>());
    members.map(|number| [steps.as_slice(), &[number]].concat()).collect()
}

fn overrides(
    layers: &Layers<'_, vocabulary::Detail>,
    part: &str,
    root: &MessageDescriptor,
    get: fn(&vocabulary::Detail) -> &[vocabulary::detail::Override],
) -> Vec<Override> {
    let list = layers.list(part, get);
    list.into_iter()
        .map(|said| {
            let text = said.value.path.clone().unwrap_or_default();
            Override {
                importance: importance(said.value.importance),
                path: said.map(|_| resolve(root, &text, Ends::FieldOrOneof)),
                text,
            }
        })
        .collect()
}

fn signal(context: &Context<'_>, layers: &Layers<'_, vocabulary::Detail>) -> Value<Signal> {
    let said = layers.layers.iter().find_map(|layer| Some((layer, layer.block.signal.as_ref()?)));
    let Some((layer, signal)) = said else { return Value::default(Signal::Header) };
    let (word, value) = match signal {
        Written::Header(_) => ("header", Signal::Header),
        Written::GoogleFieldMask(_) => ("google_field_mask", Signal::GoogleFieldMask),
        Written::ReadMask(mask) => {
            let path = mask.path.as_deref().unwrap_or_default();
            ("read_mask", Signal::ReadMask(resolve(&context.request, path, Ends::Field)))
        }
    };
    Value { value, origin: origin(layer.level, layer.site, &format!("detail.{word}")) }
}

/// Why an inherited block cannot apply to a method.
fn obstacle(context: &Context<'_>, detail: &Detail) -> Option<String> {
    let paths = detail.keep.iter().map(|path| &path.value);
    let said = detail.response_overrides.iter().chain(&detail.request_overrides).map(|said| &said.path.value);
    if let Some(error) = paths.chain(said).find_map(|path| path.as_ref().err()) {
        return Some(super::cache::describe(error));
    }
    match &detail.signal.value {
        Signal::ReadMask(_) if context.sends_many() => {
            return Some("its requests are a stream, so no request has the mask".to_owned());
        }
        Signal::ReadMask(Err(error)) => return Some(super::cache::describe(error)),
        Signal::Header => {}
        _ if !detail.response.is_empty() && detail.response.mask.is_none() => {
            return Some("its response is recursive, which a field mask cannot say".to_owned());
        }
        _ => {}
    }
    (detail.response.is_empty() && detail.request.is_empty())
        .then(|| format!("nothing in `{}` is ENRICHING", context.response.full_name()))
}

fn skip(part: Option<&'static str>, origin: Origin, reason: &str) -> Skipped {
    Skipped { block: Block::Detail, part, origin, reason: reason.to_owned() }
}
