//! WRONG_TARGET

use crate::annotation::{Annotated, Element};
use crate::check::context::At;
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use holdover_annotations::annotations::MethodPolicy;
use prost_reflect::Kind;
use std::collections::BTreeMap;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("WRONG_TARGET"),
    group: Group::Schema,
    level: Level::Error,
    summary: "An option stands on something that it does not apply to",
    page: Page {
        means: "`(holdover.method)` goes on methods, `(holdover.field)` on fields, and so on. A file may say `delivery` \
                and `detail` for all its methods, but neither `cache` nor `offline`; a file or a service says no \
                `invalidates`. An `idempotency_key` is one top-level string of a message. Extensions cannot be annotated.",
        matters: "Whether an answer may be kept, and what may happen offline, is a promise about one method. Said for a \
                  whole file it would cover methods that nobody thought of, and those that are added later.",
        wrong: r#"
option (holdover.file).cache.fresh_for = { seconds: 5 };"#,
        right: r#"
service Pricing {
  rpc GetQuote(GetQuoteRequest) returns (Quote) {
    option idempotency_level = NO_SIDE_EFFECTS;
    option (holdover.method).cache.fresh_for = { seconds: 5 };
  }
}"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    let all = context.annotations;
    blocks(&all.files, Element::File, out);
    blocks(&all.services, Element::Service, out);
    idempotency_keys(context, out);
    for (name, annotated) in &all.extensions {
        let at =
            annotated.site.entries.first().map(crate::annotation::Entry::span).or(annotated.site.element);
        out.push(
            Element::Field(name.clone()),
            out.found(format!("the extension `{name}` cannot be annotated"))
                .at_maybe(at, "on an extension")
                .note("a policy lists the fields that a message declares itself; extensions are kept as they come")
                .help("annotate fields of messages; to drop an extension, put it into a message field and mark that"),
        );
    }
}

/// What a file or a service may not say for its methods.
fn blocks(
    annotated: &BTreeMap<String, Annotated<MethodPolicy>>,
    element: fn(String) -> Element,
    out: &mut Findings,
) {
    for (name, Annotated { policy, site }) in annotated {
        let element = element(name.clone());
        let is_file = matches!(element, Element::File(_));
        let wrong = [
            ("cache", is_file && policy.cache.is_some(), "on a service or a method"),
            ("offline", is_file && policy.offline.is_some(), "on a service or a method"),
            ("idempotency", is_file && policy.idempotency.is_some(), "on a service or a method"),
            (
                "invalidates",
                !policy.invalidates.is_empty(),
                "on the method whose calls make the tags outdated",
            ),
        ];
        for (part, _, place) in wrong.into_iter().filter(|(_, wrong, _)| *wrong) {
            let noun = element.noun();
            out.push(
                element.clone(),
                out.found(format!("a {noun} cannot say `{part}` for its methods"))
                    .at_maybe(site.span(part), format!("does not apply to a {noun}"))
                    .note(match part {
                        "invalidates" => "what a call changes is different from method to method",
                        "idempotency" => {
                            "whether a call may be repeated is different from service to service"
                        }
                        _ => {
                            "it would also hold for methods that are added later, without anybody deciding so"
                        }
                    })
                    .help(format!("write `{part}` {place}")),
            );
        }
    }
}

fn idempotency_keys(context: &Context<'_>, out: &mut Findings) {
    let mut first_of: BTreeMap<String, String> = BTreeMap::new();
    let marked = context.annotations.fields.iter();
    for (name, annotated) in marked.filter(|(_, annotated)| annotated.policy.idempotency_key == Some(true)) {
        let Some(field) = context.field(name) else { continue };
        let message = field.parent_message().full_name().to_owned();
        let at = annotated.site.span("idempotency_key");
        let element = Element::Field(name.clone());
        if field.kind() != Kind::String || field.is_list() || field.is_map() {
            out.push(
                element,
                out.found(format!(
                    "`{}` cannot be an idempotency key, because it is not one string",
                    field.name()
                ))
                .at_maybe(at, "not on a string")
                .note("the runtime fills the field with a random text where the caller leaves it empty")
                .help("mark a singular field of type `string`, or add one"),
            );
        } else if let Some(first) = first_of.get(&message) {
            out.push(
                element,
                out.found(format!("`{message}` has a second idempotency key"))
                    .at_maybe(at, "the second one")
                    .also_maybe(context.annotations.field_span(first, "idempotency_key"), "the first one")
                    .help("one field names the call; remove one of the two marks"),
            );
        } else {
            first_of.insert(message, name.clone());
        }
    }
}
