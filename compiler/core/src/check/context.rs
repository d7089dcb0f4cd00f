//! What a rule can look at, and where it reports.

use super::Rule;
use crate::annotation::{Annotations, Element, Site};
use crate::diagnostic::{Diagnostic, Severity, Span};
use crate::ir::{Ir, Method, Origin};
use crate::load::Loaded;
use prost_reflect::{DescriptorPool, FieldDescriptor, MessageDescriptor, MethodDescriptor};

/// Everything that is known when rules are checked.
pub(crate) struct Context<'a> {
    pub(crate) loaded: &'a Loaded,
    pub(crate) annotations: &'a Annotations,
    pub(crate) ir: &'a Ir,
}

impl<'a> Context<'a> {
    pub(super) fn new(loaded: &'a Loaded, annotations: &'a Annotations, ir: &'a Ir) -> Self {
        Self { loaded, annotations, ir }
    }

    pub(crate) fn pool(&self) -> &'a DescriptorPool {
        self.loaded.pool()
    }

    pub(crate) fn message(&self, name: &str) -> Option<MessageDescriptor> {
        self.pool().get_message_by_name(name)
    }

    pub(crate) fn method(&self, method: &Method) -> Option<MethodDescriptor> {
        let service = self.pool().get_service_by_name(&method.service)?;
        service.methods().find(|found| found.name() == method.name)
    }

    /// The file was asked for.
    pub(crate) fn is_target(&self, file: &str) -> bool {
        self.loaded.file(file).is_some_and(crate::load::LoadedFile::is_target)
    }

    /// The field of a full name, `pricing.v1.Quote.promo`.
    pub(crate) fn field(&self, name: &str) -> Option<FieldDescriptor> {
        let (message, field) = name.rsplit_once('.')?;
        self.message(message)?.get_field_by_name(field)
    }

    /// Where a method's name stands.
    pub(crate) fn method_span(&self, method: &Method) -> Option<Span> {
        self.loaded.file(&method.file)?.name_span(&method.path)
    }

    /// Where a field's name stands.
    pub(crate) fn field_span(&self, field: &FieldDescriptor) -> Option<Span> {
        self.loaded.file(field.parent_file().name())?.name_span(field.path())
    }

    /// What is written about an element, if it is annotated.
    pub(crate) fn site(&self, element: &Element) -> Option<&'a Site> {
        let annotations = self.annotations;
        match element {
            Element::File(name) => annotations.files.get(name).map(|annotated| &annotated.site),
            Element::Service(name) => annotations.services.get(name).map(|annotated| &annotated.site),
            Element::Method(name) => annotations.methods.get(name).map(|annotated| &annotated.site),
            Element::Message(name) => annotations.messages.get(name).map(|annotated| &annotated.site),
            Element::Field(name) => annotations.fields.get(name).map(|annotated| &annotated.site),
            Element::Oneof(name) => annotations.oneofs.get(name).map(|annotated| &annotated.site),
            Element::Enum(_) | Element::EnumValue(_) | Element::ExtensionRange(_) => None,
        }
    }
}

/// The element that a method's findings are about.
pub(crate) fn element(method: &Method) -> Element {
    Element::Method(format!("{}.{}", method.service, method.name))
}

/// One thing that a rule found.
pub(crate) struct Finding {
    pub(super) element: Element,
    pub(super) diagnostic: Diagnostic,
}

/// Where rules report.
#[derive(Default)]
pub(crate) struct Findings {
    pub(super) rule: Option<&'static Rule>,
    pub(super) items: Vec<Finding>,
}

impl Findings {
    /// Begins a finding of the rule's own level. It counts when it is handed to [`Findings::push`].
    pub(crate) fn found(&self, message: impl Into<String>) -> Diagnostic {
        let rule = self.rule.expect("the registry sets the rule before it runs the check");
        match rule.severity() {
            Severity::Error => Diagnostic::error(rule.code, message),
            Severity::Warning => Diagnostic::warning(rule.code, message),
        }
    }

    /// Begins a finding that is a warning wherever the rule's level is error.
    pub(crate) fn milder(&self, message: impl Into<String>) -> Diagnostic {
        let rule = self.rule.expect("the registry sets the rule before it runs the check");
        Diagnostic::warning(rule.code, message)
    }

    /// Adds a finding about an element.
    pub(crate) fn push(&mut self, element: Element, diagnostic: Diagnostic) {
        let diagnostic = diagnostic.subject(element.to_string());
        self.items.push(Finding { element, diagnostic });
    }
}

/// Places that may not be known.
pub(crate) trait At: Sized {
    /// Underlines the culprit, if its place is known.
    fn at_maybe(self, span: Option<Span>, text: impl Into<String>) -> Self;
    /// Underlines another place, if it is known.
    fn also_maybe(self, span: Option<Span>, text: impl Into<String>) -> Self;
    /// Underlines what somebody wrote.
    fn at_origin(self, origin: &Origin, text: impl Into<String>) -> Self {
        self.at_maybe(origin.span, text)
    }
}

impl At for Diagnostic {
    fn at_maybe(self, span: Option<Span>, text: impl Into<String>) -> Self {
        match span {
            Some(span) => self.at(span, text),
            None => self,
        }
    }

    fn also_maybe(self, span: Option<Span>, text: impl Into<String>) -> Self {
        match span {
            Some(span) => self.also(span, text),
            None => self,
        }
    }
}
