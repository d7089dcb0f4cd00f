//! CONFLICTING_BLOCKS

use crate::annotation::{Element, Entry, Site, vocabulary};
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
        means: "One thing is said twice about one element: two members of a oneof are set, a value is set twice, or a \
                path has two overrides. An overlay that says something else than the `.proto` counts, too.",
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
        let place = Place { context, element: &element, site };
        conflicts(&place, &entries, &policy, out);
    }
}

/// What the entries are about, and where they stand.
struct Place<'a> {
    context: &'a Context<'a>,
    element: &'a Element,
    site: &'a Site,
}

impl Place<'_> {
    fn is_overlay(&self, entry: &Entry) -> bool {
        self.site.overlays.contains(&entry.span().file)
    }

    /// One is written in the `.proto`, the other in an overlay (or in another one).
    fn is_across(&self, first: &Entry, second: &Entry) -> bool {
        first.span().file != second.span().file
    }

    fn text(&self, entry: &Entry) -> &str {
        self.context.loaded.sources().slice(entry.value_span).unwrap_or_default()
    }

    /// Two entries say the same, apart from spaces.
    fn agree(&self, first: &Entry, second: &Entry) -> bool {
        let plain = |entry| self.text(entry).split_whitespace().collect::<String>();
        plain(first) == plain(second)
    }
}

fn conflicts(place: &Place<'_>, entries: &[&Entry], message: &MessageDescriptor, out: &mut Findings) {
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
                place.element.clone(),
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
            // A duration is one value.
            Some(inner) if inner.full_name() == "google.protobuf.Duration" => {
                across(place, field, entries, out);
            }
            Some(inner) if field.is_list() => {
                if inner.full_name() == "holdover.Detail.Override" {
                    overrides(place, entries, out);
                }
                for entry in entries {
                    let children: Vec<&Entry> = entry.children.iter().collect();
                    conflicts(place, &children, &inner, out);
                }
            }
            Some(inner) => {
                let children: Vec<&Entry> = entries.iter().flat_map(|entry| &entry.children).collect();
                conflicts(place, &children, &inner, out);
            }
            None if field.is_list() => {
                let other = entries.iter().find(|entry| place.is_across(entries[0], entry));
                if let Some(second) = other {
                    disagreement(place, field, entries[0], second, out);
                }
            }
            None if entries.iter().any(|entry| place.is_across(entries[0], entry)) => {
                across(place, field, entries, out);
            }
            None => {
                if let [first, .., second] = entries.as_slice() {
                    out.push(
                        place.element.clone(),
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

/// Two overrides of one path: only one of them would count.
fn overrides(place: &Place<'_>, entries: &[&Entry], out: &mut Findings) {
    let mut first_of: BTreeMap<&str, &Entry> = BTreeMap::new();
    for entry in entries {
        let Some(path) = entry.children.iter().find(|child| child.name == "path") else { continue };
        let text = place.text(path).trim_matches(['"', '\'']);
        if let Some(first) = first_of.get(text) {
            out.push(
                place.element.clone(),
                out.found(format!("`{text}` has two overrides"))
                    .at(path.span(), "again")
                    .also(first.span(), "the first one")
                    .help("keep one of them"),
            );
        } else {
            first_of.insert(text, path);
        }
    }
}

/// The same value, in the `.proto` and in an overlay.
fn across(place: &Place<'_>, field: &FieldDescriptor, entries: &[&Entry], out: &mut Findings) {
    let other =
        entries.iter().find(|entry| place.is_across(entries[0], entry) && !place.agree(entries[0], entry));
    if let Some(second) = other {
        disagreement(place, field, entries[0], second, out);
    }
}

fn disagreement(
    place: &Place<'_>,
    field: &FieldDescriptor,
    first: &Entry,
    second: &Entry,
    out: &mut Findings,
) {
    let (first_label, who) = if place.is_overlay(first) {
        ("in another overlay", "two overlays")
    } else {
        ("in the `.proto`", "the `.proto` and an overlay")
    };
    let message = if field.is_list() {
        format!("{who} both say something")
    } else {
        format!("{who} say different things")
    };
    out.push(
        place.element.clone(),
        out.found(format!("{message} about `{}` of `{}`", field.name(), place.element))
            .at(second.span(), "in this overlay")
            .also(first.span(), first_label)
            .help("keep one of the two; an overlay adds to what is written, and does not override it"),
    );
}
