//! What the policy of a method promises to those who call it, for the documentation of generated code.

use crate::duration::in_words;
use crate::ir::{Cache, Detail, Kind, Method, Mode, Quality, Value, Written};

/// Sentences, in the order in which they matter. Quality classes and names of blocks are as people know them from the
/// `.proto`; nothing belongs to one language.
pub(super) fn of(method: &Method) -> Vec<String> {
    let mut said = Vec::new();
    match method.kind {
        Kind::Unary | Kind::Unspecified => said.extend(method.cache.as_ref().and_then(kept)),
        Kind::ServerStream => said.extend(server_stream(method)),
        Kind::ClientStream | Kind::BidiStream => said.push(
            "A broken connection ends the call with an error: what was sent is not kept, and not sent again."
                .to_owned(),
        ),
    }
    said.extend(offline(method));
    let attempts = method.delivery.retry.as_ref().and_then(|retry| retry.max_attempts.as_ref());
    if let Some(attempts) = attempts.map(|attempts| attempts.value) {
        said.push(format!("After a failure that may pass it is tried again, {attempts} attempts in all."));
    }
    if let Some(defer) = method.delivery.deferral().and_then(words) {
        said.push(format!("On a POOR network it is put off, by {defer} at most."));
    }
    said.extend(method.detail.as_ref().and_then(|detail| reduced(method, detail)));
    let tags = method.invalidates.iter().filter_map(|tag| tag.value.as_ref().ok());
    let tags: Vec<String> = tags.map(|tag| code(&tag.text)).collect();
    if !tags.is_empty() {
        said.push(format!("Makes stored answers about {} outdated.", tags.join(", ")));
    }
    said
}

/// Text as code, on one line.
fn code(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    format!("`{}`", text.replace('`', "'"))
}

fn words(value: &Value<Written>) -> Option<String> {
    time(&value.value)
}

fn time(written: &Written) -> Option<String> {
    written.as_ref().ok().filter(|duration| !duration.is_zero()).map(|duration| in_words(*duration))
}

fn kept(cache: &Cache) -> Option<String> {
    let fresh = words(cache.fresh_for.as_ref()?)?;
    let refreshed =
        words(&cache.stale_while_revalidate).map(|time| format!("for {time} while it is refreshed"));
    let failed = words(&cache.stale_if_error).map(|time| format!("for {time} when the network fails"));
    let shown: Vec<String> = refreshed.into_iter().chain(failed).collect();
    let stale = if shown.is_empty() {
        String::new()
    } else {
        format!("; after that it is shown {}", shown.join(", and "))
    };
    Some(format!("An answer is fresh for {fresh}{stale}."))
}

fn server_stream(method: &Method) -> Vec<String> {
    let replay = method.cache.as_ref().and_then(|cache| cache.replay.as_ref());
    let replay = replay.and_then(|replay| replay.value.as_ref()).and_then(time);
    let reopens = "When it breaks it opens again by itself, and the next message says that there may be a gap before it.";
    match replay {
        Some(window) => vec![
            format!(
                "Opened again within {window} of when it was last live, it begins with the last message that came, as a \
                 replay. Callers who ask for the same share one stream."
            ),
            reopens.to_owned(),
        ],
        None if method.delivery.reconnect.value => vec![reopens.to_owned()],
        None => vec!["It ends with an error when the connection breaks.".to_owned()],
    }
}

fn offline(method: &Method) -> Option<String> {
    let mode = method.offline.as_ref()?.mode.as_ref()?;
    Some(match &mode.value {
        Mode::ServeStale(None) => "Offline, a stored answer of any age is shown.".to_owned(),
        Mode::ServeStale(Some(age)) => {
            format!("Offline, a stored answer is shown up to an age of {}.", in_words((*age).ok()?))
        }
        Mode::Wait => "Offline, it waits for the network until its timeout.".to_owned(),
        Mode::FailFast => "Offline, it fails at once.".to_owned(),
        Mode::Outbox(_) => "Offline, it is queued, and sent later.".to_owned(),
    })
}

fn reduced(method: &Method, detail: &Detail) -> Option<String> {
    if detail.response.is_empty() {
        return None;
    }
    let at = match detail.reduce_at.value {
        Quality::Poor | Quality::Unspecified => "POOR",
        Quality::VeryPoor => "VERY_POOR",
        Quality::Moderate => "MODERATE",
        Quality::Good => "GOOD",
    };
    let stream = matches!(method.kind, Kind::ServerStream | Kind::BidiStream);
    let what = if stream { "Opened on a network that is" } else { "On a network that is" };
    let whose = if stream { "its messages come" } else { "the answer comes" };
    let until = if stream && detail.restore.value { ", until the network has recovered" } else { "" };
    Some(format!("{what} {at} or worse, {whose} without what only enriches{until}."))
}

#[cfg(test)]
mod tests;
