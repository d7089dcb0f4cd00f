//! CONFLICTING_BLOCKS

use crate::annotation::{Element, Entry, vocabulary};
use crate::check::context::At;
use crate::check::{Context, Findings, Group, Level, Page, Rule};
use crate::diagnostic::Code;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use std::collections::BTreeMap;

pub(in crate::check) const RULE: Rule = Rule {
    code: Code::new("CONFLICTING_BLOCKS"),
    group: Group::Schema,
    level: Level::Error,
    summary: "Two statements about the same thing contradict each other",
    page: Page {
        means: "One thing is said twice about one element: two members of a oneof are set, or a value is set twice. An \
                overlay that says something else than the `.proto` counts, too.",
        matters: "Protobuf parsers accept two option statements that set different members of a oneof, and the last one \
                  silently wins. Which one was meant, nobody can tell.",
        wrong: r#"
rpc GetQuote(GetQuoteRequest) returns (Quote) {
  option (holdover.method).offline.serve_stale = {};
  option (holdover.method).offline.wait = {};
}"#,
        right: r#"
rpc GetQuote(GetQuoteRequest) returns (Quote) {
  option (holdover.method).offline.serve_stale = {};
}"#,
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Findings) {
    let all = context.annotations;
    let methods = ["holdover.MethodPolicy"; 3];
    let files = all.files.iter().map(|(name, a)| (Element::File(name.clone()), methods[0], &a.site));
    let services = all.services.iter().map(|(name, a)| (Element::Service(name.clone()), methods[1], &a.site));
    let own = all.methods.iter().map(|(name, a)| (Element::Method(name.clone()), methods[2], &a.site));
    let messages =
        all.messages.iter().map(|(n, a)| (Element::Message(n.clone()), "holdover.MessagePolicy", &a.site));
    let fields = all.fields.iter().map(|(n, a)| (Element::Field(n.clone()), "holdover.FieldPolicy", &a.site));
    let oneofs = all.oneofs.iter().map(|(n, a)| (Element::Oneof(n.clone()), "holdover.OneofPolicy", &a.site));
    for (element, policy, site) in
        files.chain(services).chain(own).chain(messages).chain(fields).chain(oneofs)
    {
        let Some(policy) = vocabulary().get_message_by_name(policy) else { continue };
        let entries: Vec<&Entry> = site.entries.iter().collect();
        conflicts(&element, &entries, &policy, out);
    }
}

fn conflicts(element: &Element, entries: &[&Entry], message: &MessageDescriptor, out: &mut Findings) {
    let mut fields: BTreeMap<u32, (FieldDescriptor, Vec<&Entry>)> = BTreeMap::new();
    for entry in entries {
        if let Some(field) = message.get_field_by_name(&entry.name) {
            fields.entry(field.number()).or_insert_with(|| (field, Vec::new())).1.push(entry);
        }
    }
    for oneof in message.oneofs().filter(|oneof| !oneof.is_synthetic()) {
        let mut set: Vec<&Entry> = Vec::new();
        for member in oneof.fields() {
            set.extend(fields.get(&member.number()).and_then(|(_, entries)| entries.first()));
        }
        set.sort_by_key(|entry| entry.name_span);
        if let [first, second, ..] = set.as_slice() {
            out.push(
                element.clone(),
                out.found(format!("`{}` and `{}` exclude each other", first.name, second.name))
                    .at(second.span(), "the second one would silently win")
                    .also(first.span(), "the first one")
                    .help(format!("keep one of them: a method has one `{}`", oneof.name())),
            );
        }
    }
    for (field, entries) in fields.values() {
        let inner = match field.kind() {
            Kind::Message(inner) => Some(inner),
            _ => None,
        };
        match inner {
            Some(inner) if field.is_list() => {
                for entry in entries {
                    let children: Vec<&Entry> = entry.children.iter().collect();
                    conflicts(element, &children, &inner, out);
                }
            }
            Some(inner) => {
                let children: Vec<&Entry> = entries.iter().flat_map(|entry| &entry.children).collect();
                conflicts(element, &children, &inner, out);
            }
            None if field.is_list() => {}
            None => {
                if let [first, .., second] = entries.as_slice() {
                    out.push(
                        element.clone(),
                        out.found(format!("`{}` is set twice", field.name()))
                            .at_maybe(Some(second.span()), "set again")
                            .also(first.span(), "set first")
                            .help("keep one of them"),
                    );
                }
            }
        }
    }
}
