//! The cache block of a method.

use super::inherit::{Layers, duration, specified};
use super::method::Context;
use super::path::{ANY, Ends, resolve};
use super::template;
use crate::ir::{Block, Cache, Kind, Level, Origin, PathError, Scope, Skipped, Storage, Value};
use holdover_annotations::annotations as vocabulary;
use std::time::Duration;

/// The block in force. What is inherited and does not apply goes to `skipped`; what the method writes itself is kept for
/// the checks to judge.
pub(super) fn lower(
    context: &Context<'_>,
    layers: &Layers<'_, vocabulary::Cache>,
    skipped: &mut Vec<Skipped>,
) -> Option<Cache> {
    if !layers.exists() {
        return None;
    }
    let off = layers.pick("off", |block| block.off);
    if let Some(off) = off.filter(|off| off.value) {
        skipped.push(skip(None, off.origin, "it says `off: true`"));
        return None;
    }
    let kind = context.kind;
    let mut fits = |name: &'static str, origin: &Origin, streams: bool| {
        let fits = streams == (kind == Kind::ServerStream);
        // On other streams nothing fits; the block as a whole is judged below.
        let other = matches!(kind, Kind::ClientStream | Kind::BidiStream);
        if fits || other || origin.level == Level::Method {
            return true;
        }
        let reason = if streams { "the method is not a server stream" } else { "the method is a stream" };
        skipped.push(skip(Some(name), origin.clone(), reason));
        false
    };
    let mut part =
        |name: &'static str, value: Option<Value<_>>| value.filter(|value| fits(name, &value.origin, false));
    let fresh_for = part("fresh_for", layers.duration("fresh_for", |b| b.fresh_for.as_ref()));
    let revalidate = layers.duration("stale_while_revalidate", |b| b.stale_while_revalidate.as_ref());
    let revalidate = part("stale_while_revalidate", revalidate);
    let error = layers.duration("stale_if_error", |b| b.stale_if_error.as_ref());
    let error = part("stale_if_error", error);
    let stale_after = part("stale_after", layers.duration("stale_after", |b| b.stale_after.as_ref()));
    let replay = layers
        .pick("replay", |b| b.replay.as_ref().map(|replay| replay.window.as_ref().map(duration)))
        .filter(|replay| fits("replay", &replay.origin, true));
    let paths = |name: &str, get: fn(&vocabulary::Cache) -> &[String]| {
        let list = layers.list(name, get);
        list.into_iter().map(|path| path.map(|path| resolve(&context.request, path, Ends::Field))).collect()
    };
    let zero = || Value::default(Ok(Duration::ZERO));
    let mut key_metadata: Vec<Value<String>> = layers
        .list("key_metadata", |b| &b.key_metadata)
        .into_iter()
        .map(|name| name.map(|name| name.to_ascii_lowercase()))
        .collect();
    key_metadata.sort_by(|a, b| a.value.cmp(&b.value));
    key_metadata.dedup_by(|a, b| a.value == b.value);
    let tags = layers
        .list("tags", |b| &b.tags)
        .into_iter()
        .map(|tag| tag.map(|tag| template::parse(tag, &context.request, &context.response)))
        .collect();
    let scope = layers
        .pick("scope", |b| b.scope)
        .map(|scope| {
            scope.map(|scope| specified(Scope::try_from(scope).ok(), Scope::Unspecified, Scope::Account))
        })
        .unwrap_or_else(|| Value::default(Scope::Account));
    let storage = layers
        .pick("storage", |b| b.storage)
        .map(|said| {
            said.map(|said| specified(Storage::try_from(said).ok(), Storage::Unspecified, Storage::Disk))
        })
        .unwrap_or_else(|| Value::default(Storage::Disk));
    let cache = Cache {
        own: layers.own(),
        origin: layers.origin(),
        fresh_for,
        stale_while_revalidate: revalidate.unwrap_or_else(zero),
        stale_if_error: error.unwrap_or_else(zero),
        stale_after,
        key: paths("key", |b| &b.key),
        key_ignore: paths("key_ignore", |b| &b.key_ignore),
        key_metadata,
        scope,
        storage,
        tags,
        replay,
    };
    if cache.own {
        return Some(cache);
    }
    match obstacle(context, &cache) {
        None => Some(cache),
        Some(reason) => {
            // One reason is enough.
            skipped.retain(|skipped| skipped.block != Block::Cache);
            skipped.push(skip(None, cache.origin, &reason));
            None
        }
    }
}

fn skip(part: Option<&'static str>, origin: Origin, reason: &str) -> Skipped {
    Skipped { block: Block::Cache, part, origin, reason: reason.to_owned() }
}

/// Why an inherited block cannot apply to a method.
fn obstacle(context: &Context<'_>, cache: &Cache) -> Option<String> {
    if !context.is_read() {
        return Some("the method may have side effects: its idempotency is not NO_SIDE_EFFECTS".to_owned());
    }
    match context.kind {
        Kind::ClientStream | Kind::BidiStream => {
            return Some("its requests are a stream, which has no key".to_owned());
        }
        Kind::ServerStream if cache.replay.is_none() => {
            return Some("the method is a server stream, and nothing says `replay`".to_owned());
        }
        Kind::Unary | Kind::Unspecified if cache.fresh_for.is_none() => {
            return Some("nothing says `fresh_for`".to_owned());
        }
        _ => {}
    }
    let paths = cache.key.iter().chain(&cache.key_ignore);
    if let Some(error) = paths.filter_map(|path| path.value.as_ref().err()).next() {
        return Some(format!("its request does not have a field of the key: {}", describe(error)));
    }
    if let Some(tag) = cache.tags.iter().find_map(|tag| tag.value.as_ref().err()) {
        return Some(format!("the tag `{}` does not fit its messages", tag.text()));
    }
    if let Some(any) = keyed_any(context, cache) {
        return Some(format!("`{any}` of its request is a google.protobuf.Any, which cannot be keyed"));
    }
    if cache.scope.value == Scope::Device && context.is_sensitive() {
        return Some("its messages are sensitive, and the scope is DEVICE".to_owned());
    }
    None
}

/// A field of type Any that enters the key.
fn keyed_any(context: &Context<'_>, cache: &Cache) -> Option<String> {
    let plan = super::key::plan(&context.request, &super::key::Paths::of(cache));
    plan.iter().find(|node| node.message.full_name() == ANY).map(|node| node.route.clone())
}

/// A path error in a few words.
pub(crate) fn describe(error: &PathError) -> String {
    match error {
        PathError::Empty => "a name is missing".to_owned(),
        PathError::Unknown { message, name, .. } => format!("`{message}` has no field `{name}`"),
        PathError::NotMessage { field } => format!("`{field}` is not a message"),
        PathError::ThroughAny { field } => format!("`{field}` is a google.protobuf.Any"),
        PathError::MapPart { field, part } => format!("`{part}` is a part of the map `{field}`"),
    }
}
