//! IDEMPOTENCY_CONTRADICTION

use crate::check::context::{At, element};
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::ir::Idempotency;
use crate::lower::native_idempotency;
use holdover_annotations::annotations::method_policy::Idempotency as Written;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("IDEMPOTENCY_CONTRADICTION"),
    group: Group::Schema,
    level: Level::Error,
    summary: "`idempotency` says something else than the native `idempotency_level`",
    page: Page {
        means: "A method says by protobuf's own `idempotency_level` how it may be repeated, and by \
                `(holdover.method).idempotency` something else. The annotation is for methods where the native option \
                is not set.",
        matters: "Other tools read the native option. If the two differ, one of them lets a client repeat a call that \
                  must not be repeated.",
        wrong: r#"
rpc UpdateDestination(UpdateDestinationRequest) returns (UpdateDestinationResponse) {
  option idempotency_level = IDEMPOTENT;
  option (holdover.method).idempotency = NO_SIDE_EFFECTS;
}"#,
        right: r#"
rpc UpdateDestination(UpdateDestinationRequest) returns (UpdateDestinationResponse) {
  option idempotency_level = IDEMPOTENT;
}"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for method in context.ir.methods() {
        let Some(descriptor) = context.method(method) else { continue };
        let Some(annotated) = context.annotations.methods.get(descriptor.full_name()) else { continue };
        let said = annotated.policy.idempotency.and_then(|said| Written::try_from(said).ok());
        let (Some(native), Some(said)) = (native_idempotency(&descriptor), said) else { continue };
        let agrees = match said {
            Written::Unspecified => true,
            Written::NoSideEffects => native == Idempotency::NoSideEffects,
            Written::Idempotent => native == Idempotency::Idempotent,
        };
        if agrees {
            continue;
        }
        let native_at =
            context.loaded.statements(&method.file, &method.path).into_iter().find(|statement| {
                statement.name.first().is_some_and(|name| name.name == "idempotency_level")
            });
        out.push(
            element(method),
            out.found(format!(
                "`{}` is {} by its `idempotency_level` and {} by its annotation",
                method.name,
                native.as_str_name(),
                said.as_str_name()
            ))
            .at_maybe(annotated.site.span("idempotency"), "contradicts the native option")
            .also_maybe(native_at.map(|statement| statement.span), "the native option")
            .help("remove the annotation; it is only needed where the native option is not set"),
        );
    }
}
