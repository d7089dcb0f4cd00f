//! OUTBOX_STREAM

use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::Mode;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("OUTBOX_STREAM"),
    group: Group::Offline,
    level: Level::Error,
    summary: "A stream cannot be queued",
    page: Page {
        means: "`offline.outbox` stands on a method whose requests or responses are a stream.",
        matters: "The outbox writes one request to disk and sends it until one answer acknowledges it. A stream has \
                  neither one request nor one answer.",
        wrong: r#"
rpc Upload(stream Chunk) returns (Summary) {
  option idempotency_level = IDEMPOTENT;
  option (holdover.method).offline.outbox.expires_after = { seconds: 86400 };
}"#,
        right: r#"
rpc UploadChunk(Chunk) returns (Summary) {
  option idempotency_level = IDEMPOTENT;
  option (holdover.method).offline.outbox.expires_after = { seconds: 86400 };
}"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for method in context.ir.methods().filter(|method| method.is_streaming()) {
        let Some(mode) = method.offline.as_ref().and_then(|offline| offline.mode.as_ref()) else { continue };
        if !matches!(mode.value, Mode::Outbox(_)) {
            continue;
        }
        out.push(
            element(method),
            out.found(format!("`{}` is queued, but it is a stream", method.name))
                .at_origin(&mode.origin, "for unary methods only")
                .also_maybe(context.method_span(method), "this method")
                .help("remove `outbox`, or give the method one request and one response"),
        );
    }
}
