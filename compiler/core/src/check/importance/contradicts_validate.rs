//! CONTRADICTS_VALIDATE

use super::said::drops;
use crate::check::context::At;
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use crate::lower::oneof;
use prost_reflect::{DynamicMessage, FieldDescriptor, ReflectMessage, Value};

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("CONTRADICTS_VALIDATE"),
    group: Group::Importance,
    level: Level::Error,
    summary: "A validator demands a field that trimming drops",
    page: Page {
        means: "A field is ENRICHING, and protovalidate (`(buf.validate.field).required`, `(buf.validate.oneof).required`) \
                or protoc-gen-validate (`(validate.rules).message.required`, `(validate.required)`) says that it must be \
                set. `google.api.field_behavior = REQUIRED` does not count: it speaks of requests.",
        matters: "A client that validates what it receives would refuse every trimmed answer.",
        wrong: r#"
Banner promo = 9 [(buf.validate.field).required = true, (holdover.field).importance = ENRICHING];"#,
        right: r#"
Banner promo = 9 [(holdover.field).importance = ENRICHING];"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    for said in drops(context) {
        let Some(option) = demanded(context, &said.field) else { continue };
        let place = context.loaded.option_span(
            said.field.parent_file().name(),
            said.field.path(),
            option,
            &["required"],
        );
        let name = said.field.name();
        let diagnostic = out
            .found(format!("`{name}` is dropped on poor networks, but `({option})` demands it"))
            .at_origin(&said.origin, said.by.words())
            .also_maybe(place, "must be set")
            .note("a client that validates what it receives would refuse every trimmed answer")
            .help(format!("mark `{name}` KEPT, or remove the validator's demand"));
        out.push(said.element, diagnostic);
    }
}

/// The option by which a validator demands a field.
fn demanded(context: &Context<'_>, field: &FieldDescriptor) -> Option<&'static str> {
    let options = field.options();
    if is_true(context, &options, "buf.validate.field", &["required"]) {
        return Some("buf.validate.field");
    }
    if is_true(context, &options, "validate.rules", &["message", "required"]) {
        return Some("validate.rules");
    }
    let options = oneof(field)?.options();
    if is_true(context, &options, "buf.validate.oneof", &["required"]) {
        return Some("buf.validate.oneof");
    }
    is_true(context, &options, "validate.required", &[]).then_some("validate.required")
}

/// An option is there, and the bool at a path of it is true.
fn is_true(context: &Context<'_>, options: &DynamicMessage, extension: &str, path: &[&str]) -> bool {
    let Some(extension) = context.pool().get_extension_by_name(extension) else { return false };
    if extension.containing_message() != options.descriptor() || !options.has_extension(&extension) {
        return false;
    }
    let mut value = options.get_extension(&extension).into_owned();
    for name in path {
        let Value::Message(message) = &value else { return false };
        let Some(inner) = message.get_field_by_name(name).map(std::borrow::Cow::into_owned) else {
            return false;
        };
        value = inner;
    }
    value == Value::Bool(true)
}
