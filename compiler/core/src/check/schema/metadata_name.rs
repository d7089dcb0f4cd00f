//! METADATA_NAME

use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::{Mode, Origin};

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("METADATA_NAME"),
    group: Group::Schema,
    level: Level::Error,
    summary: "Something that is no metadata name, or that must not be kept",
    page: Page {
        means: "`key_metadata` and `keep_metadata` name request metadata: letters, digits, `-`, `_` and `.`. Credentials \
                (`authorization`, `cookie`) and gRPC's own names (`grpc-…`) are not among them.",
        matters: "A name that can never be sent matches nothing. Credentials never enter a key and are never stored: \
                  entries belong to an account already.",
        wrong: r#"
option (holdover.method).cache = {
  fresh_for: { seconds: 5 }
  key_metadata: "Accept Language"
};"#,
        right: r#"
option (holdover.method).cache = {
  fresh_for: { seconds: 5 }
  key_metadata: "accept-language"
};"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for method in context.ir.methods() {
        let keyed = method.cache.iter().flat_map(|cache| &cache.key_metadata);
        let mut names: Vec<(&str, &Origin)> = keyed.map(|name| (name.value.as_str(), &name.origin)).collect();
        let mode = method.offline.as_ref().and_then(|offline| offline.mode.as_ref());
        if let Some((Mode::Outbox(outbox), origin)) = mode.map(|mode| (&mode.value, &mode.origin)) {
            names.extend(outbox.keep_metadata.iter().map(|name| (name.as_str(), origin)));
        }
        for (name, origin) in names {
            let letters = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
            let (label, help) = if name.is_empty() || !name.bytes().all(letters) {
                ("not a metadata name", "use letters, digits, `-`, `_` and `.`, as in `accept-language`")
            } else if matches!(name, "authorization" | "proxy-authorization" | "cookie") {
                ("holds credentials", "remove it: entries belong to one account already")
            } else if name.starts_with("grpc-") || name.starts_with("connect-") {
                ("belongs to the protocol", "remove it: the protocol sets it anew for every attempt")
            } else {
                continue;
            };
            out.push(
                element(method),
                out.found(format!("`{name}` cannot be kept with a call")).at_origin(origin, label).help(help),
            );
        }
    }
}
