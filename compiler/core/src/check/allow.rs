//! Warnings that somebody has looked at: `allow: { code: "DROP_REPEATED" reason: "…" }`.

use super::context::{At, Finding};
use super::schema::allow_unused;
use super::{Context, Rule, rule};
use crate::annotation::Element;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, Span};
use holdover_annotations::annotations::Allow;
use std::collections::BTreeMap;

/// An allowance that is written well.
struct Allowance {
    code: String,
    span: Option<Span>,
    used: bool,
}

/// Takes out the warnings that are allowed, and adds what is wrong with the allowances.
pub(super) fn apply(context: &Context<'_>, findings: Vec<Finding>) -> Diagnostics {
    let mut allowances: BTreeMap<Element, Vec<Allowance>> = BTreeMap::new();
    for (element, allows) in written(context) {
        for (index, allow) in allows.iter().enumerate() {
            // Badly written ones are ALLOW_INVALID's business.
            let code = allow.code.clone().unwrap_or_default();
            if !rule(&code).is_some_and(Rule::is_allowable)
                || allow.reason.as_deref().unwrap_or_default().trim().is_empty()
            {
                continue;
            }
            let span = context.site(&element).and_then(|site| site.span(&format!("allow[{index}]")));
            allowances.entry(element.clone()).or_default().push(Allowance { code, span, used: false });
        }
    }
    let mut diagnostics = Diagnostics::new();
    for Finding { element, diagnostic } in findings {
        if diagnostic.severity() == Severity::Warning {
            let around = around(context, &element);
            let target = around.last().is_none_or(|file| context.is_target(file.name()));
            let mut allowed = false;
            for element in around {
                let all = allowances.get_mut(&element).into_iter().flatten();
                for allowance in all.filter(|allowance| allowance.code == diagnostic.code().as_str()) {
                    allowance.used = true;
                    allowed = true;
                }
            }
            if allowed || !target {
                continue;
            }
        }
        diagnostics.push(diagnostic);
    }
    for (element, allowances) in allowances {
        let in_target = around(context, &element).last().is_some_and(|file| context.is_target(file.name()));
        for allowance in allowances.into_iter().filter(|allowance| in_target && !allowance.used) {
            let code = &allowance.code;
            diagnostics.push(
                Diagnostic::warning(
                    allow_unused::RULE.code,
                    format!("nothing here is a {code}, so there is nothing to allow"),
                )
                .subject(element.to_string())
                .at_maybe(allowance.span, "silences nothing")
                .help("remove the allowance"),
            );
        }
    }
    diagnostics
}

/// All allowances of all elements.
pub(super) fn written<'a>(context: &Context<'a>) -> Vec<(Element, &'a [Allow])> {
    let all = context.annotations;
    let files = all.files.iter().map(|(name, a)| (Element::File(name.clone()), a.policy.allow.as_slice()));
    let services =
        all.services.iter().map(|(name, a)| (Element::Service(name.clone()), a.policy.allow.as_slice()));
    let methods =
        all.methods.iter().map(|(name, a)| (Element::Method(name.clone()), a.policy.allow.as_slice()));
    let messages =
        all.messages.iter().map(|(name, a)| (Element::Message(name.clone()), a.policy.allow.as_slice()));
    let fields = all.fields.iter().map(|(name, a)| (Element::Field(name.clone()), a.policy.allow.as_slice()));
    let oneofs = all.oneofs.iter().map(|(name, a)| (Element::Oneof(name.clone()), a.policy.allow.as_slice()));
    files.chain(services).chain(methods).chain(messages).chain(fields).chain(oneofs).collect()
}

/// An element and everything around it; the file comes last.
fn around(context: &Context<'_>, element: &Element) -> Vec<Element> {
    let mut all = vec![element.clone()];
    let parent = || element.name().rsplit_once('.').map(|(parent, _)| parent.to_owned());
    let file = match element {
        Element::File(_) => return all,
        Element::Service(name) => {
            context.pool().get_service_by_name(name).map(|service| service.parent_file())
        }
        Element::Method(_) => {
            let service = parent().and_then(|name| context.pool().get_service_by_name(&name));
            all.extend(service.as_ref().map(|service| Element::Service(service.full_name().to_owned())));
            service.map(|service| service.parent_file())
        }
        Element::Message(_) | Element::Field(_) | Element::Oneof(_) => {
            let name = if matches!(element, Element::Message(_)) { None } else { parent() };
            let mut message = context.message(name.as_deref().unwrap_or(element.name()));
            let file = message.as_ref().map(prost_reflect::MessageDescriptor::parent_file);
            while let Some(found) = message {
                all.push(Element::Message(found.full_name().to_owned()));
                message = found.parent_message();
            }
            file
        }
        Element::Enum(_) | Element::EnumValue(_) | Element::ExtensionRange(_) => None,
    };
    all.extend(file.map(|file| Element::File(file.name().to_owned())));
    all
}
