//! The shapes of all tags, for generated constructors.

use crate::ir::{Service, Tag, TagPart, Template, TemplatePart};
use std::collections::BTreeMap;

/// One constructor for each shape (literals and kinds of values) that a tag or an `invalidates` has.
pub(super) fn shapes(services: &[Service]) -> Vec<Tag> {
    // In the order of the source, so that a new tag does not rename the constructors of others.
    let mut shapes: Vec<(Vec<ShapePart>, &Template)> = Vec::new();
    for method in services.iter().flat_map(|service| &service.methods) {
        let tags = method.cache.iter().flat_map(|cache| &cache.tags).chain(&method.invalidates);
        for template in tags.filter_map(|tag| tag.value.as_ref().ok()) {
            let shape = shape(template);
            if !shapes.iter().any(|(known, _)| *known == shape) {
                shapes.push((shape, template));
            }
        }
    }
    let mut taken: BTreeMap<String, u32> = BTreeMap::new();
    let mut tags: Vec<Tag> = shapes
        .iter()
        .map(|(_, template)| Tag {
            name: distinct(&mut taken, name(template)),
            parts: parts(template),
            text: template.text.clone(),
        })
        .collect();
    tags.sort_by(|a, b| a.name.cmp(&b.name));
    tags
}

#[derive(PartialEq, Eq)]
enum ShapePart {
    Literal(String),
    Value(i32),
}

fn shape(template: &Template) -> Vec<ShapePart> {
    let part = |part: &TemplatePart| match part {
        TemplatePart::Literal(text) => ShapePart::Literal(text.clone()),
        TemplatePart::Value(_, path) => ShapePart::Value(path.kind as i32),
    };
    template.parts.iter().map(part).collect()
}

fn parts(template: &Template) -> Vec<TagPart> {
    let mut taken = BTreeMap::new();
    let part = |part: &TemplatePart| match part {
        TemplatePart::Literal(text) => TagPart::Literal(text.clone()),
        TemplatePart::Value(_, path) => TagPart::Value {
            // The value of a map is called after the map.
            name: distinct(&mut taken, path.text.rsplit('.').next().unwrap_or_default().to_owned()),
            kind: path.kind,
        },
    };
    template.parts.iter().map(part).collect()
}

/// `ride:{request.ride_id}` is `ride`; without letters in its literals a tag is called after its first value.
fn name(template: &Template) -> String {
    let words = |text: &str| {
        let words: Vec<String> = text
            .split(|character: char| !character.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_ascii_lowercase)
            .collect();
        words.join("_")
    };
    let literals: Vec<String> = template
        .parts
        .iter()
        .filter_map(|part| match part {
            TemplatePart::Literal(text) => Some(words(text)).filter(|words| !words.is_empty()),
            TemplatePart::Value(..) => None,
        })
        .collect();
    let name = if literals.is_empty() {
        let value = template.parts.iter().find_map(|part| match part {
            TemplatePart::Value(_, path) => Some(words(&path.text)),
            TemplatePart::Literal(_) => None,
        });
        value.filter(|value| !value.is_empty()).unwrap_or_else(|| "tag".to_owned())
    } else {
        literals.join("_")
    };
    if name.starts_with(|character: char| character.is_ascii_digit()) { format!("tag_{name}") } else { name }
}

/// The name itself, or with the first free number behind it.
fn distinct(taken: &mut BTreeMap<String, u32>, name: String) -> String {
    let count = taken.entry(name.clone()).or_insert(0);
    *count += 1;
    if *count == 1 {
        return name;
    }
    let numbered = format!("{name}_{count}");
    taken.insert(numbered.clone(), 1);
    numbered
}
