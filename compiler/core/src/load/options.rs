//! Checking that options exist and belong where they stand, and making the names in them absolute.

use prost_types::field_descriptor_proto::Type;
use prost_types::{FieldDescriptorProto, UninterpretedOption};

use super::resolver::{EXTENSION, Resolver, named};
use super::text::{self, Set};
use super::walk::{Element, Target};
use super::{codes, option};
use crate::diagnostic::{Diagnostic, Span};

const DURATION: &str = "google.protobuf.Duration";

/// Makes the extension names of an option absolute, and checks that what it names exists and belongs there. What is
/// wrong with its value beyond names is left to prost-reflect.
pub(crate) fn qualify(
    resolver: &mut Resolver<'_>,
    element: &Element,
    index: usize,
    option: &mut UninterpretedOption,
) {
    let statement = resolver.files[resolver.at].statement_span(&element.path, element.target, index);
    let mut statement = Statement { resolver, element, span: statement };
    let depth = option.aggregate_value.as_deref().map_or(0, text::depth).saturating_add(option.name.len());
    if depth > text::MAX_DEPTH {
        let diagnostic = Diagnostic::error(
            codes::NESTING_TOO_DEEP,
            format!("this option is nested {depth} levels deep; {} are read", text::MAX_DEPTH),
        )
        .help("flatten the value");
        statement.report(diagnostic, statement.span, "this option");
        return;
    }
    let Some((holder, field)) = statement.name(option) else { return };
    if option.aggregate_value.is_none() {
        let value = statement.value_text().unwrap_or_default().to_owned();
        statement.duration(&holder, field, &value, Statement::value_span);
    }
    statement.value(option, field);
}

struct Statement<'r, 'a, 'e> {
    resolver: &'r mut Resolver<'a>,
    element: &'e Element,
    span: Option<Span>,
}

impl<'a> Statement<'_, 'a, '_> {
    fn report(&mut self, diagnostic: Diagnostic, span: Option<Span>, label: &str) {
        self.resolver.report(diagnostic.subject(&self.element.name), span, label);
    }

    /// Follows the name, and gives the field that it ends at, with the message that has it.
    fn name(&mut self, option: &mut UninterpretedOption) -> Option<(String, &'a FieldDescriptorProto)> {
        let mut holder = self.element.target.options_type().to_owned();
        let mut field = None;
        for part in 0..option.name.len() {
            let name = option.name[part].name_part.clone();
            let found = if option.name[part].is_extension {
                let full = match self.resolver.find(&name, &self.element.name, EXTENSION) {
                    Ok((full, _)) => full,
                    Err(diagnostic) => {
                        if let Some(diagnostic) = diagnostic {
                            self.report(*diagnostic, self.part(part), "this name");
                        }
                        return None;
                    }
                };
                let extension = self.resolver.extension(&full)?;
                option.name[part].name_part = format!(".{full}");
                if absolute(extension.extendee()) != holder {
                    self.wrong_target(&full, absolute(extension.extendee()), part);
                    return None;
                }
                extension
            } else {
                // A value that is no message has no fields; prost-reflect says so.
                let fields = self.resolver.fields(&holder)?;
                let Some(found) = fields.iter().find(|field| field.name() == name) else {
                    self.unknown_field(&holder, &name, fields, self.part(part));
                    return None;
                };
                found
            };
            let inner = absolute(found.type_name()).to_owned();
            field = Some((std::mem::replace(&mut holder, inner), found));
        }
        field
    }

    /// Checks the names in the value, and makes extension names among them absolute.
    fn value(&mut self, option: &mut UninterpretedOption, field: &'a FieldDescriptorProto) {
        if let Some(word) = &option.identifier_value {
            let word = word.clone();
            self.enum_value(field, &word, Statement::value_span);
        }
        let Some(aggregate) = &mut option.aggregate_value else { return };
        // Names in imports were checked by whoever wrote them; extension names must be made absolute everywhere.
        let is_target = self.resolver.files[self.resolver.at].target;
        if !is_target && !aggregate.contains('[') {
            return;
        }
        let Some(sets) = text::aggregate(aggregate) else { return };
        let parts = option.name.len();
        let mut edits = Vec::new();
        for (i, set) in sets.iter().enumerate() {
            let Some((name, parents)) = set.path.split_last() else { continue };
            // Below what was reported already, there is nothing to follow.
            let Some(holder) = self.message_at(absolute(field.type_name()), parents) else { continue };
            if let Some(name) = in_brackets(name) {
                // A `[domain/type]` is the long form of an Any; its type name is always absolute.
                if name.contains('/') {
                    continue;
                }
                // The search starts in the message itself, as in protoc's `AggregateOptionFinder`.
                match self.resolver.find(name, &format!("{holder}.x"), EXTENSION) {
                    Ok((full, _)) => edits.push((set.name.clone(), format!("[{full}]"))),
                    Err(Some(diagnostic)) => {
                        let span = self.inner(parts, i, |set| &set.name);
                        self.report(*diagnostic, span, "this name");
                    }
                    Err(None) => {}
                }
                continue;
            }
            let Some(fields) = self.resolver.fields(&holder) else { continue };
            let Some(field) = named(fields, name) else {
                let span = self.inner(parts, i, |set| &set.name);
                self.unknown_field(&holder, name, fields, span);
                continue;
            };
            let value = aggregate.get(set.value.clone()).unwrap_or_default().to_owned();
            self.enum_value(field, &value, |statement| statement.inner(parts, i, |set| &set.value));
            self.duration(&holder, field, &value, |statement| statement.inner(parts, i, |set| &set.value));
        }
        edits.sort_by_key(|(range, _)| range.start);
        edits.dedup();
        for (range, name) in edits.into_iter().rev() {
            aggregate.replace_range(range, &name);
        }
    }

    /// Checks a word that stands where an enum value must.
    fn enum_value(
        &mut self,
        field: &FieldDescriptorProto,
        word: &str,
        span: impl FnOnce(&Self) -> Option<Span>,
    ) {
        // Text format takes numbers, too.
        if field.r#type() != Type::Enum || !word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            return;
        }
        let name = absolute(field.type_name());
        let Some(enumeration) = self.resolver.enumeration(name) else { return };
        if enumeration.value.iter().any(|value| value.name() == word) {
            return;
        }
        let values = || enumeration.value.iter().map(prost_types::EnumValueDescriptorProto::name);
        let diagnostic = Diagnostic::error(codes::OPTION_VALUE, format!("`{name}` has no value `{word}`"));
        let diagnostic = match super::suggest::closest(word, values()) {
            Some(similar) => diagnostic.help(format!("did you mean `{similar}`?")),
            None => diagnostic.help(format!("its values are {}", quoted(values()))),
        };
        let span = span(self).or(self.span);
        self.report(diagnostic, span, "no such value");
    }

    /// Checks a value that stands where a duration must, or a part of one. JSON and configuration files write `"30s"`.
    fn duration(
        &mut self,
        holder: &str,
        field: &FieldDescriptorProto,
        value: &str,
        span: impl FnOnce(&Self) -> Option<Span>,
    ) {
        if !is_no_duration(holder, absolute(field.type_name()), value) {
            return;
        }
        let diagnostic = not_a_duration(field.name(), holder, value);
        let span = span(self).or(self.span);
        self.report(diagnostic, span, "not a duration");
    }

    /// The type of the message that a path of names inside a value leads to.
    fn message_at(&self, holder: &str, names: &[String]) -> Option<String> {
        let mut holder = holder.to_owned();
        for name in names {
            let field = match in_brackets(name) {
                Some(name) => match name.split_once('/') {
                    Some((_, any)) => {
                        any.clone_into(&mut holder);
                        continue;
                    }
                    None => {
                        let inside = format!("{holder}.x");
                        let visible = &self.resolver.visible;
                        let wanted = super::names::Wanted::Anything;
                        let (full, _) = self.resolver.names.resolve(name, &inside, wanted, visible).ok()?;
                        self.resolver.extension(&full)?
                    }
                },
                None => named(self.resolver.fields(&holder)?, name)?,
            };
            absolute(field.type_name()).clone_into(&mut holder);
        }
        Some(holder)
    }

    /// Where a part of the name stands.
    fn part(&self, part: usize) -> Option<Span> {
        option::part_span(self.resolver.sources, self.span?, part).or(self.span)
    }

    /// The value as it is written.
    fn value_text(&self) -> Option<&'a str> {
        let (file, scanned) = self.scan()?;
        self.resolver.sources.text(file)?.get(scanned.value)
    }

    /// Where the value stands.
    fn value_span(&self) -> Option<Span> {
        let (file, scanned) = self.scan()?;
        Some(self.resolver.sources.span(file, scanned.value))
    }

    /// Where something inside the value stands. The parser gives the value as tokens without places, so they are looked
    /// up in the source by their number.
    fn inner(
        &self,
        parts: usize,
        index: usize,
        place: impl FnOnce(&Set) -> &std::ops::Range<usize>,
    ) -> Option<Span> {
        let (file, scanned) = self.scan()?;
        // What the name sets comes first.
        let set = scanned.sets.get(parts.saturating_sub(1) + index)?;
        Some(self.resolver.sources.span(file, place(set).clone()))
    }

    fn scan(&self) -> Option<(crate::diagnostic::FileId, text::Statement)> {
        let span = self.span?;
        let text = self.resolver.sources.text(span.file)?;
        Some((span.file, text::statement(text, self.resolver.sources.bytes(span)?)?))
    }

    fn wrong_target(&mut self, name: &str, extendee: &str, part: usize) {
        let here = self.element.target.with_article();
        let diagnostic = match Target::of_options_type(extendee).filter(|_| part == 0) {
            Some(target) => {
                let there = target.with_article();
                let message = format!("`({name})` is an option of {there}, not of {here}");
                Diagnostic::error(codes::WRONG_TARGET, message)
                    .help(format!("move it to {there}, or use the option made for {here}"))
            }
            None => {
                let message = format!("`{name}` extends `{extendee}`, and cannot stand here");
                Diagnostic::error(codes::WRONG_TARGET, message)
                    .help("name a field of the message that is set here")
            }
        };
        self.report(diagnostic, self.part(part), "this option");
    }

    fn unknown_field(
        &mut self,
        holder: &str,
        name: &str,
        fields: &[FieldDescriptorProto],
        span: Option<Span>,
    ) {
        let diagnostic =
            Diagnostic::error(codes::UNKNOWN_OPTION, format!("`{holder}` has no field `{name}`"));
        let names = || fields.iter().map(FieldDescriptorProto::name);
        let diagnostic = match super::suggest::closest(name, names()) {
            Some(similar) => diagnostic.help(format!("did you mean `{similar}`?")),
            None if Target::of_options_type(holder).is_some() => {
                diagnostic.help(format!("custom options are written in parentheses: `({name})`"))
            }
            None if fields.is_empty() => diagnostic.help("it has no fields: write `{}`"),
            None => diagnostic.help(format!("its fields are {}", quoted(names()))),
        };
        self.report(diagnostic, span.or(self.span), "no such field");
    }
}

/// A value that protobuf's text format refuses for a `google.protobuf.Duration` (`type_name`), or for the parts of one
/// (`holder`).
pub(crate) fn is_no_duration(holder: &str, type_name: &str, value: &str) -> bool {
    if type_name == DURATION {
        return !value.is_empty() && !value.starts_with(['{', '<', '[']);
    }
    holder == DURATION && value.contains(['.', '"', '\''])
}

/// What is wrong with such a value, and what to write instead.
pub(crate) fn not_a_duration(field: &str, holder: &str, value: &str) -> Diagnostic {
    let what = if holder == DURATION { "a whole number" } else { "a duration" };
    Diagnostic::error(codes::OPTION_VALUE, format!("`{field}` is {what}, which `{value}` is not"))
        .help("write `{ seconds: 30 }`; fractions go in `nanos`")
}

#[expect(single_use_lifetimes, reason = "an elided lifetime may not stand in an `impl Trait` argument")]
fn quoted<'n>(names: impl Iterator<Item = &'n str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn absolute(name: &str) -> &str {
    name.strip_prefix('.').unwrap_or(name)
}

fn in_brackets(name: &str) -> Option<&str> {
    name.strip_prefix('[')?.strip_suffix(']')
}
