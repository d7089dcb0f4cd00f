//! Overlays: annotations for an API that may not be edited, in a file beside it.
//!
//! An overlay's policies are merged into the inline ones, and its entries stand beside theirs, so that everything after
//! this works on both alike. What the two say differently is found by CONFLICTING_BLOCKS.

use super::{Annotated, Annotations, Element, Entry, place, vocabulary};
use crate::check::codes;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, FileId, SourceMap};
use crate::load::{Loaded, Member, closest, is_no_duration, not_a_duration};
use holdover_annotations::annotations as contract;
use miette::Diagnostic as _;
use prost::Message;
use prost_reflect::{DynamicMessage, Kind};
use std::collections::BTreeMap;

/// An overlay as it was read: a `holdover.Overlay` in protobuf's text format.
#[derive(Clone, Debug)]
pub struct Overlay {
    /// What people are shown as its name.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// Adds an overlay to the annotations. What is wrong with it is reported, and nothing of it is added then.
pub(crate) fn apply(loaded: &mut Loaded, annotations: &mut Annotations, overlay: &Overlay) -> Diagnostics {
    let file = loaded.add_source(&overlay.path, overlay.text.clone());
    let members = crate::load::document(loaded.sources(), file);
    let mut found = Diagnostics::new();
    names(loaded.sources(), &members, &mut found);
    if found.has_errors() {
        return found;
    }
    let parsed = match parse(&overlay.text) {
        Ok(parsed) => parsed,
        Err(error) => {
            found.push(syntax(loaded.sources(), file, &error));
            return found;
        }
    };
    let entries = Entry::tree(&members);
    let mut all = Merger { loaded, annotations, file, entries: &entries, found: &mut found };
    for (at, item) in parsed.file.iter().enumerate() {
        all.merge("file", at, item.name(), item.policy.as_ref(), Element::File, |all| &mut all.files);
    }
    for (at, item) in parsed.service.iter().enumerate() {
        all.merge("service", at, item.name(), item.policy.as_ref(), Element::Service, |all| {
            &mut all.services
        });
    }
    for (at, item) in parsed.method.iter().enumerate() {
        let name = item.name().replace('/', ".");
        all.merge("method", at, &name, item.policy.as_ref(), Element::Method, |all| &mut all.methods);
    }
    for (at, item) in parsed.message.iter().enumerate() {
        all.merge("message", at, item.name(), item.policy.as_ref(), Element::Message, |all| {
            &mut all.messages
        });
    }
    for (at, item) in parsed.field.iter().enumerate() {
        all.merge("field", at, item.name(), item.policy.as_ref(), Element::Field, |all| &mut all.fields);
    }
    for (at, item) in parsed.oneof.iter().enumerate() {
        all.merge("oneof", at, item.name(), item.policy.as_ref(), Element::Oneof, |all| &mut all.oneofs);
    }
    found
}

fn parse(text: &str) -> Result<contract::Overlay, prost_reflect::text_format::ParseError> {
    let descriptor =
        vocabulary().get_message_by_name("holdover.Overlay").expect("the vocabulary has overlays");
    let message = DynamicMessage::parse_text_format(descriptor, text)?;
    Ok(message.transcode_to().expect("both sides are made from one vocabulary"))
}

fn syntax(sources: &SourceMap, file: FileId, error: &prost_reflect::text_format::ParseError) -> Diagnostic {
    let diagnostic = Diagnostic::error(Code::new("SYNTAX"), format!("this is no overlay: {error}"));
    let label = error.labels().and_then(|mut labels| labels.next());
    let span = match label {
        Some(label) => sources.span(file, label.offset()..label.offset().saturating_add(label.len())),
        None => sources.first_line(file),
    };
    diagnostic
        .at(span, "here")
        .help("an overlay is a `holdover.Overlay` in protobuf's text format: https://protobuf.dev/reference/protobuf/textformat-spec/")
}

/// Names of fields and of enum values that the vocabulary does not have.
fn names(sources: &SourceMap, members: &[Member], found: &mut Diagnostics) {
    for member in members {
        let Some((name, parents)) = member.path.split_last() else { continue };
        let mut holder = vocabulary().get_message_by_name("holdover.Overlay");
        for parent in parents {
            let field = holder.as_ref().and_then(|message| message.get_field_by_name(parent));
            holder = field.and_then(|field| crate::lower::message_of(&field));
        }
        // Below an unknown name nothing is known.
        let Some(holder) = holder else { continue };
        let Some(field) = holder.get_field_by_name(name) else {
            let fields: Vec<String> = holder.fields().map(|field| field.name().to_owned()).collect();
            let message = format!("`{}` has no field `{name}`", holder.full_name());
            found.push(
                Diagnostic::error(Code::new("UNKNOWN_OPTION"), message)
                    .at(member.name_span, "no such field")
                    .help(suggestion(name, &fields)),
            );
            continue;
        };
        let written = sources.slice(member.value_span).unwrap_or_default();
        let is_name = written.starts_with(|first: char| first.is_ascii_alphabetic());
        let kind = field.kind();
        let type_name =
            kind.as_message().map(prost_reflect::MessageDescriptor::full_name).unwrap_or_default();
        if is_no_duration(holder.full_name(), type_name, written) {
            let diagnostic = not_a_duration(name, holder.full_name(), written);
            found.push(diagnostic.at(member.value_span, "not a duration"));
            continue;
        }
        let Kind::Enum(values) = field.kind() else { continue };
        if is_name && values.get_value_by_name(written).is_none() {
            let names: Vec<String> = values.values().map(|value| value.name().to_owned()).collect();
            let message = format!("`{}` has no value `{written}`", values.full_name());
            found.push(
                Diagnostic::error(Code::new("OPTION_VALUE"), message)
                    .at(member.value_span, "no such value")
                    .help(suggestion(written, &names)),
            );
        }
    }
}

fn suggestion(name: &str, known: &[String]) -> String {
    match closest(name, known.iter().map(String::as_str)) {
        Some(similar) => format!("did you mean `{similar}`?"),
        None => format!(
            "there are {}",
            known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        ),
    }
}

struct Merger<'a> {
    loaded: &'a Loaded,
    annotations: &'a mut Annotations,
    file: FileId,
    entries: &'a [Entry],
    found: &'a mut Diagnostics,
}

impl Merger<'_> {
    /// Merges the n-th item of a kind into what is said about its element.
    fn merge<P: Message + Default>(
        &mut self,
        kind: &'static str,
        at: usize,
        name: &str,
        policy: Option<&P>,
        element: fn(String) -> Element,
        map: impl Fn(&mut Annotations) -> &mut BTreeMap<String, Annotated<P>>,
    ) {
        let element = element(name.to_owned());
        let entry = self.entries.iter().filter(|entry| entry.name == kind).nth(at);
        if !place::exists(self.loaded, &element) {
            self.stale(&element, entry);
            return;
        }
        let Some(policy) = policy else { return };
        let inside = entry.into_iter().flat_map(|entry| &entry.children).filter(|part| part.name == "policy");
        let written: Vec<Entry> = inside.flat_map(|policy| policy.children.clone()).collect();
        let site = || place::site(self.loaded, &element);
        let annotated = map(self.annotations)
            .entry(name.to_owned())
            .or_insert_with(|| Annotated { policy: P::default(), site: site() });
        annotated.site.entries.extend(written);
        annotated.site.overlays.push(self.file);
        let merged = annotated.policy.merge(policy.encode_to_vec().as_slice());
        merged.expect("a message that was just encoded can be decoded");
    }

    fn stale(&mut self, element: &Element, entry: Option<&Entry>) {
        let name = entry.and_then(|entry| entry.children.iter().find(|part| part.name == "name"));
        let span = name.map(|name| name.value_span).or_else(|| entry.map(Entry::span));
        let known = place::names(self.loaded, element);
        let shown = element.to_string();
        let help = match closest(&shown, known.iter().map(String::as_str)) {
            Some(similar) => format!("did you mean `{similar}`?"),
            None => format!("remove the entry, or name a {} of the files that are compiled", element.noun()),
        };
        let message = format!("there is no {} `{shown}`", element.noun());
        let diagnostic = Diagnostic::error(codes::OVERLAY_NAME, message).help(help);
        self.found.push(match span {
            Some(span) => diagnostic.at(span, "names nothing"),
            None => diagnostic,
        });
    }
}
