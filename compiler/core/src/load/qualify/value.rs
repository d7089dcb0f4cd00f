//! Names inside the values of options.
//!
//! prost-reflect says of a value with a wrong name no more than that it is invalid. So names of fields and of enum values
//! are looked at here, where the text is known.

use super::super::names::Kind;
use super::super::walk::Element;
use super::super::{codes, path, suggest, text};
use super::{Resolver, at, named};
use crate::diagnostic::{Diagnostic, Span};
use prost_types::EnumDescriptorProto;

impl Resolver<'_> {
    /// Checks the names inside the value of an option statement. `option` is the type of the option itself, the first
    /// part of its name.
    pub(super) fn names_in_value(&mut self, element: &Element, option: &str, statement: Option<Span>) {
        let Some(statement) = statement else { return };
        let sources = self.sources;
        let (Some(source), Some(range)) = (sources.text(statement.file), sources.bytes(statement)) else {
            return;
        };
        let Some(scanned) = text::statement(source, range) else { return };
        for set in &scanned.sets {
            let Some((name, parents)) = set.path.split_last() else { continue };
            if name.starts_with(['[', '(']) {
                continue;
            }
            let Some(holder) = self.message_at(option, parents) else { continue };
            let Some(fields) = self.fields(&holder) else { continue };
            let Some(field) = named(fields, name) else {
                // Names left of the `=` have been looked at already.
                if !scanned.parts.contains(&set.name) {
                    self.unknown_field(
                        element,
                        &holder,
                        name,
                        fields,
                        Some(sources.span(statement.file, set.name.clone())),
                    );
                }
                continue;
            };
            let written = source.get(set.value.clone()).unwrap_or_default();
            let is_name = written.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
            let values = self.enumeration(field.type_name().trim_start_matches('.'));
            if let Some(values) =
                values.filter(|values| is_name && !values.value.iter().any(|v| v.name() == written))
            {
                let names: Vec<String> = values.value.iter().map(|value| value.name().to_owned()).collect();
                let span = sources.span(statement.file, set.value.clone());
                self.unknown_value(element, values.name(), written, &names, span);
            }
        }
    }

    fn unknown_value(&mut self, element: &Element, of: &str, written: &str, names: &[String], span: Span) {
        let diagnostic = Diagnostic::error(codes::OPTION_VALUE, format!("`{of}` has no value `{written}`"))
            .subject(&element.name);
        let diagnostic = match suggest::closest(written, names.iter().map(String::as_str)) {
            Some(similar) => diagnostic.help(format!("did you mean `{similar}`?")),
            None => diagnostic.help(format!(
                "its values are {}",
                names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
            )),
        };
        self.diagnostics.push(at(diagnostic, Some(span), "no such value"));
    }

    /// The declaration of an enum.
    fn enumeration(&self, name: &str) -> Option<EnumDescriptorProto> {
        let symbol = self.names.get(name).filter(|symbol| symbol.kind == Kind::Enum)?;
        let file = &self.files[symbol.file].descriptor;
        match *symbol.path.strip_suffix(&[path::NAME])? {
            [path::file::ENUM, i] => file.enum_type.get(usize::try_from(i).ok()?),
            [ref parents @ .., path::message::ENUM, i] => {
                super::message_by_path(file, parents)?.enum_type.get(usize::try_from(i).ok()?)
            }
            _ => None,
        }
        .cloned()
    }
}
