//! What is said in the files, but not (yet) followed by runtimes.

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span};
use crate::ir::{Method, Mode};
use crate::pipeline::Compilation;

/// A block that the runtime refuses, because it cannot enforce it yet.
pub const NOT_ENFORCED: Code = Code::new("NOT_ENFORCED");

/// Codes of what targets find, with the pages that explain them.
pub const PAGES: &[(Code, &str)] = &[(
    NOT_ENFORCED,
    "The schema may say it, but the runtime cannot do it yet: `offline.outbox`. A runtime that cannot keep a promise refuses \
     to make it, so building any client of the service (`PricingClient::new`) fails with MISUSE when the app starts, and \
     the error names the method and the block. Remove the block until the runtime enforces it; servers and `holdover \
     explain` read it all the same.",
)];

/// What is said in the files, but not followed by runtimes.
pub fn warnings(compilation: &Compilation) -> Diagnostics {
    compilation.ir.methods().flat_map(|method| not_enforced(compilation, method)).collect()
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

/// The blocks of a method that need something of the runtime that it does not have, with the places where they are
/// written.
fn unenforced(method: &Method) -> Vec<(&'static str, Option<Span>)> {
    let mode = method.offline.as_ref().and_then(|offline| offline.mode.as_ref());
    let outbox = mode.filter(|mode| matches!(mode.value, Mode::Outbox(_)));
    outbox.map(|outbox| ("offline.outbox", outbox.origin.span)).into_iter().collect()
}

fn name_span(compilation: &Compilation, method: &Method) -> Option<Span> {
    compilation.loaded.file(&method.file)?.name_span(&method.path)
}

#[cfg(test)]
mod tests;
