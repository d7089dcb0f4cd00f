//! What is said in the files, but not (yet) in what is generated, or not by runtimes.

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span};
use crate::ir::{Kind, Method, Mode};
use crate::pipeline::Compilation;

/// A streaming method is left out of generated clients.
pub const STREAM_LEFT_OUT: Code = Code::new("STREAM_LEFT_OUT");
/// A block that the runtime refuses, because it cannot enforce it yet.
pub const NOT_ENFORCED: Code = Code::new("NOT_ENFORCED");

/// Codes of what targets find, with the pages that explain them.
pub const PAGES: &[(Code, &str)] = &[
    (
        STREAM_LEFT_OUT,
        "Generated clients have unary methods only for now. The streaming method is left out: of the interface, of the \
         client and of the fake, and what is annotated on it has no effect. Call it with your gRPC library until then. \
         The rest of the service is generated as usual.",
    ),
    (
        NOT_ENFORCED,
        "The schema may say it, but the runtime cannot do it yet. The vocabulary is ahead of the runtime: `delivery.retry`, \
         `delivery.defer_at_most`, `offline.outbox` and the offline modes `serve_stale`, `wait` and `fail_fast`. A runtime \
         that cannot keep a promise refuses to make it, so building any client of the service (`PricingClient::new`) fails \
         with MISUSE when the app starts, and the error names the method and the block. Remove the block until the \
         runtime enforces it; servers and `holdover explain` read it all the same.",
    ),
];

/// What is said in the files, but not in what is generated, or not by runtimes.
pub fn warnings(compilation: &Compilation) -> Diagnostics {
    compilation
        .ir
        .methods()
        .flat_map(|method| match method.is_streaming() {
            true => vec![left_out(compilation, method)],
            false => not_enforced(compilation, method),
        })
        .collect()
}

fn left_out(compilation: &Compilation, method: &Method) -> Diagnostic {
    let kind = match method.kind {
        Kind::ServerStream => "a server stream",
        Kind::ClientStream => "a client stream",
        _ => "a stream in both directions",
    };
    let warning = Diagnostic::warning(
        STREAM_LEFT_OUT,
        format!("`{}` is {kind}, so generated clients do not have it yet", method.name),
    )
    .subject(method.full_name())
    .help("call it with your gRPC library until streams are generated");
    match name_span(compilation, method) {
        Some(span) => warning.at(span, "left out"),
        None => warning,
    }
}

fn not_enforced(compilation: &Compilation, method: &Method) -> Vec<Diagnostic> {
    let warning = |(block, written): (&str, Option<Span>)| {
        let client = method.service.rsplit('.').next().unwrap_or_default();
        let warning = Diagnostic::warning(
            NOT_ENFORCED,
            format!(
                "`{}` has `{block}`, which the runtime does not enforce yet: building a client of `{client}` fails with \
                 MISUSE",
                method.name
            ),
        )
        .subject(method.full_name())
        .help("remove the block until the runtime enforces it");
        match written.or_else(|| name_span(compilation, method)) {
            Some(span) => warning.at(span, "not enforced yet"),
            None => warning,
        }
    };
    unenforced(method).into_iter().map(warning).collect()
}

/// The blocks of a unary method that need a feature of the runtime (`policy.Feature`), with the places where they are
/// written. Runtimes have none of these features yet, and refuse policies that need one.
fn unenforced(method: &Method) -> Vec<(&'static str, Option<Span>)> {
    let mut blocks = Vec::new();
    if let Some(mode) = method.offline.as_ref().and_then(|offline| offline.mode.as_ref()) {
        let block = match &mode.value {
            Mode::ServeStale(_) => "offline.serve_stale",
            Mode::Outbox(_) => "offline.outbox",
            Mode::Wait => "offline.wait",
            Mode::FailFast => "offline.fail_fast",
        };
        blocks.push((block, mode.origin.span));
    }
    if let Some(retry) = &method.delivery.retry {
        blocks.push(("delivery.retry", retry.origin.span));
    }
    if let Some(defer) = method.delivery.deferral() {
        blocks.push(("delivery.defer_at_most", defer.origin.span));
    }
    if let Some(replay) = method.cache.as_ref().and_then(|cache| cache.replay.as_ref()) {
        blocks.push(("cache.replay", replay.origin.span));
    }
    if method.delivery.reconnect.value {
        blocks.push(("delivery.reconnect", method.delivery.reconnect.origin.span));
    }
    blocks
}

fn name_span(compilation: &Compilation, method: &Method) -> Option<Span> {
    compilation.loaded.file(&method.file)?.name_span(&method.path)
}

#[cfg(test)]
mod tests;
