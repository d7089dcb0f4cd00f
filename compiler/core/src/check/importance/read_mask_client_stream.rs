//! READ_MASK_CLIENT_STREAM

use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::Signal;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("READ_MASK_CLIENT_STREAM"),
    group: Group::Importance,
    level: Level::Error,
    summary: "A mask in the request, of which there are many",
    page: Page {
        means: "`detail.read_mask` stands on a method whose requests are a stream.",
        matters: "The mask is filled into the request before it is sent. The messages of a stream are the app's own, and \
                  nothing says which of them would carry it.",
        wrong: r#"
rpc Chat(stream Line) returns (stream Line) {
  option (holdover.method).detail.read_mask.path = "read_mask";
}"#,
        right: r#"
rpc Chat(stream Line) returns (stream Line) {
  option (holdover.method).detail.header = {};
}"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for method in context.ir.methods().filter(|method| method.sends_many()) {
        let Some(signal) = method.detail.as_ref().map(|detail| &detail.signal) else { continue };
        if !matches!(signal.value, Signal::ReadMask(_)) {
            continue;
        }
        out.push(
            element(method),
            out.found(format!("the requests of `{}` are a stream, so no request has the mask", method.name))
                .at_origin(&signal.origin, "for methods with one request")
                .also_maybe(context.method_span(method), "this method")
                .help("say `header {}` or `google_field_mask {}`, which travel before the first message"),
        );
    }
}
