//! Tags: the names under which cached answers are made outdated (rules D1 and D4).

use std::fmt;
use std::sync::Arc;

use holdover_annotations::policy;
use holdover_annotations::policy::field::Kind;

use crate::cursor::{Depth, put_varint};
use crate::resolve::{Found, Packed, Parts, Reader, Scalar, Table, Value, entry_table, message_parts};
use crate::schema::{Field, Label, Roots};
use crate::{Limits, WireError};

/// One rendered tag. Two tags are equal if and only if they have the same literals around the same values.
///
/// Its bytes are its parts in order, each as a marker (0 literal, 1 value), the length of its text (a varint) and its text
/// in UTF-8, with neighbouring literals joined and empty ones left out. Values are JSON text: see [`TagPart::Value`].
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag(Vec<u8>);

/// A part of a [`Tag`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagPart<'a> {
    /// Text of the template, with its escapes undone.
    Literal(&'a str),
    /// A value as JSON text without spaces: integers and enums as decimal numbers (of 64 bits, too), `true` and `false`,
    /// strings in quotes with only `"`, `\` and control characters escaped (`\b \f \n \r \t`, else `\u00xx` in lower
    /// case), bytes as standard Base64 in quotes.
    Value(&'a str),
}

const LITERAL: u8 = 0;
const VALUE: u8 = 1;

impl Tag {
    /// Builds the tag that a template with these parts renders.
    pub fn from_parts(parts: &[TagPart<'_>]) -> Self {
        let mut tag = Vec::new();
        let mut literal = String::new();
        for part in parts {
            match *part {
                TagPart::Literal(text) => literal.push_str(text),
                TagPart::Value(text) => {
                    put_literal(&mut tag, &mut literal);
                    put_part(&mut tag, VALUE, text);
                }
            }
        }
        put_literal(&mut tag, &mut literal);
        Self(tag)
    }

    /// The canonical bytes: what indexes store, and what is hashed.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

fn put_literal(tag: &mut Vec<u8>, literal: &mut String) {
    if !literal.is_empty() {
        put_part(tag, LITERAL, literal);
        literal.clear();
    }
}

fn put_part(tag: &mut Vec<u8>, marker: u8, text: &str) {
    tag.push(marker);
    put_varint(tag, text.len() as u64);
    tag.extend_from_slice(text.as_bytes());
}

/// Shows the structure and no values, because values may be sensitive.
impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tag({} bytes)", self.0.len())
    }
}

/// The JSON text of values, as tags have it.
pub mod json {
    use std::fmt::Write as _;

    /// A string in quotes.
    pub fn string(text: &str) -> String {
        let mut json = String::with_capacity(text.len() + 2);
        json.push('"');
        for char in text.chars() {
            match char {
                '"' => json.push_str("\\\""),
                '\\' => json.push_str("\\\\"),
                '\u{8}' => json.push_str("\\b"),
                '\u{c}' => json.push_str("\\f"),
                '\n' => json.push_str("\\n"),
                '\r' => json.push_str("\\r"),
                '\t' => json.push_str("\\t"),
                // Writing to a string cannot fail.
                control if control < ' ' => _ = write!(json, "\\u{:04x}", u32::from(control)),
                other => json.push(other),
            }
        }
        json.push('"');
        json
    }

    /// Bytes as standard Base64, padded, in quotes.
    pub fn bytes(bytes: &[u8]) -> String {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut json = String::with_capacity(bytes.len().div_ceil(3) * 4 + 2);
        json.push('"');
        for chunk in bytes.chunks(3) {
            let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
            let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
            for digit in 0..4 {
                let sextet = bits >> (18 - 6 * digit) & 63;
                json.push(if digit > chunk.len() { '=' } else { char::from(ALPHABET[sextet as usize]) });
            }
        }
        json.push('"');
        json
    }
}

/// A compiled template: `ride:{request.ride_id}`.
#[derive(Clone, Debug)]
pub struct Template {
    parts: Arc<[Part]>,
    text: Arc<str>,
    needs_response: bool,
}

#[derive(Debug)]
enum Part {
    Literal(String),
    Request(Box<[Step]>),
    Response(Box<[Step]>),
}

/// One step of a path. Only the last one is to a scalar.
#[derive(Debug)]
struct Step {
    table: Table,
    label: Label,
    kind: Kind,
    /// For maps, whose entries are a step of their own in the policy but not here.
    entry: Option<EntryStep>,
}

#[derive(Debug)]
struct EntryStep {
    table: Table,
    key: Kind,
    value: Kind,
    to_value: bool,
}

impl Template {
    pub(crate) fn new(template: &policy::Template, roots: &Roots<'_>) -> Result<Self, String> {
        use policy::template::part::Part as Kind;
        let mut parts = Vec::with_capacity(template.parts.len());
        for part in &template.parts {
            parts.push(match &part.part {
                Some(Kind::Literal(text)) => Part::Literal(text.clone()),
                Some(Kind::Request(path)) => Part::Request(compile_path(path, roots, roots.request)?),
                Some(Kind::Response(path)) => Part::Response(compile_path(path, roots, roots.response)?),
                None => return Err(format!("template `{}` has an empty part", template.text)),
            });
        }
        let needs_response = parts.iter().any(|part| matches!(part, Part::Response(_)));
        Ok(Self { parts: parts.into(), text: template.text.as_str().into(), needs_response })
    }

    /// The template as it was written, for diagnostics.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it names parts of the response, so that it cannot be rendered before there is one.
    pub fn needs_response(&self) -> bool {
        self.needs_response
    }

    /// Renders the tags: one for every combination of the values of its paths, sorted, each once. A path without a value
    /// (an unset field, an empty list, a zero that cannot be told from absence) gives no tag at all. Without a response,
    /// `response` is the empty message.
    ///
    /// # Errors
    ///
    /// A message is not protobuf or beyond the limits, or there are more than [`Limits::max_tags`] tags.
    pub fn render(&self, request: &[u8], response: &[u8], limits: &Limits) -> Result<Vec<Tag>, WireError> {
        let mut tags: Vec<Vec<TagText>> = vec![Vec::with_capacity(self.parts.len())];
        for part in self.parts.iter() {
            let (message, path) = match part {
                Part::Literal(text) => {
                    for tag in &mut tags {
                        tag.push(TagText::Literal(text));
                    }
                    continue;
                }
                Part::Request(path) => (request, path),
                Part::Response(path) => (response, path),
            };
            let mut reader = Reader::new(message, limits)?;
            let depth = reader.outermost()?;
            let mut values = Vec::new();
            collect(&[message], path, depth, &mut reader, &mut values)?;
            values.sort_unstable();
            values.dedup();
            if tags.len().saturating_mul(values.len()) > limits.max_tags {
                return Err(WireError::TooManyTags { limit: limits.max_tags });
            }
            tags = tags
                .iter()
                .flat_map(|tag| values.iter().map(move |value| (tag, value)))
                .map(|(tag, value)| {
                    let mut tag = tag.clone();
                    tag.push(TagText::Value(value.as_str().into()));
                    tag
                })
                .collect();
        }
        // A long value beside a list is copied into every tag.
        let size = tags.iter().flatten().map(TagText::len).fold(0usize, usize::saturating_add);
        if size > limits.max_bytes {
            return Err(WireError::TooLarge { size, limit: limits.max_bytes });
        }
        let mut tags: Vec<Tag> = tags
            .iter()
            .map(|tag| Tag::from_parts(&tag.iter().map(TagText::part).collect::<Vec<_>>()))
            .collect();
        tags.sort_unstable();
        tags.dedup();
        Ok(tags)
    }
}

/// A part of a tag that is being rendered; values are shared between tags.
#[derive(Clone)]
enum TagText<'a> {
    Literal(&'a str),
    Value(Arc<str>),
}

impl TagText<'_> {
    fn len(&self) -> usize {
        match self {
            TagText::Literal(text) => text.len(),
            TagText::Value(text) => text.len(),
        }
    }

    fn part(&self) -> TagPart<'_> {
        match self {
            TagText::Literal(text) => TagPart::Literal(text),
            TagText::Value(text) => TagPart::Value(text),
        }
    }
}

fn collect(
    parts: Parts<'_, '_>,
    path: &[Step],
    depth: Depth,
    reader: &mut Reader,
    values: &mut Vec<String>,
) -> Result<(), WireError> {
    let Some((step, rest)) = path.split_first() else { return Ok(()) };
    let (found, _) = reader.resolve(parts, &step.table, depth)?;
    if let Some(entry) = &step.entry {
        let (entries, _) = reader.map_entries(&found, &entry.table, entry.key, depth)?;
        for map_entry in entries {
            if !entry.to_value {
                put_value(map_entry.key, entry.key, reader, values)?;
            } else if rest.is_empty() {
                put_value(map_entry.scalar(entry.value), entry.value, reader, values)?;
            } else {
                collect(&map_entry.message(), rest, depth.enter()?.enter()?, reader, values)?;
            }
        }
        return Ok(());
    }
    if rest.is_empty() {
        return scalars(step, &found, reader, values);
    }
    let messages = message_parts(found.iter().map(|found| found.value));
    if step.label == Label::Repeated {
        for message in messages {
            collect(&[message], rest, depth.enter()?, reader, values)?;
        }
    } else if !messages.is_empty() {
        collect(&messages, rest, depth.enter()?, reader, values)?;
    }
    Ok(())
}

fn scalars(
    step: &Step,
    found: &[Found<'_>],
    reader: &mut Reader,
    values: &mut Vec<String>,
) -> Result<(), WireError> {
    if step.label == Label::Repeated {
        for found in found {
            if let Value::Packed(bytes) = found.value {
                for number in Packed::new(bytes, step.kind) {
                    reader.spend()?;
                    put_value(Scalar::Number(number?), step.kind, reader, values)?;
                }
            } else if let Some(scalar) = found.value.scalar() {
                put_value(scalar, step.kind, reader, values)?;
            }
        }
    } else if let Some(scalar) = found.last().and_then(|found| found.value.scalar())
        && (step.label == Label::Explicit || !scalar.is_zero())
    {
        put_value(scalar, step.kind, reader, values)?;
    }
    Ok(())
}

/// Adds a value. Values are collected before they are deduplicated, so a list of equal ones may take more room than tags
/// are allowed: the bound is there to be loose, and still one.
fn put_value(
    scalar: Scalar<'_>,
    kind: Kind,
    reader: &Reader,
    values: &mut Vec<String>,
) -> Result<(), WireError> {
    let limit = reader.max_tags();
    if values.len() >= limit.saturating_mul(2) {
        values.sort_unstable();
        values.dedup();
        if values.len() > limit {
            return Err(WireError::TooManyTags { limit });
        }
    }
    values.push(match (scalar, kind) {
        (Scalar::Bytes(bytes), Kind::Bytes) => json::bytes(bytes),
        // A decoder would refuse a string that is not UTF-8; a tag only has to be the same every time.
        (Scalar::Bytes(bytes), _) => json::string(&String::from_utf8_lossy(bytes)),
        (Scalar::Number(number), Kind::Bool) => (number != 0).to_string(),
        (Scalar::Number(number), Kind::Uint64 | Kind::Fixed64 | Kind::Uint32 | Kind::Fixed32) => {
            number.to_string()
        }
        (Scalar::Number(number), _) => number.cast_signed().to_string(),
    });
    Ok(())
}

fn compile_path(path: &policy::Path, roots: &Roots<'_>, root: u32) -> Result<Box<[Step]>, String> {
    let at = |problem: &str| format!("path `{}`: {problem}", path.text);
    if path.r#type != root {
        return Err(at("it starts at another type than the method's"));
    }
    let mut message = roots.types.get(root);
    let mut numbers = path.numbers.iter();
    let mut steps = Vec::new();
    let mut end = None;
    while let Some(&number) = numbers.next() {
        let from = message.ok_or_else(|| at("it goes on after a scalar"))?;
        let field = from.field(number).ok_or_else(|| at("it names a field that does not exist"))?;
        let table = Table::sparse(from, |field| (field.number == number).then_some(0));
        let target = field.target.map(|target| roots.types.target(target));
        let mut step = Step { table, label: field.label, kind: field.kind, entry: None };
        (message, end) = (target, Some(field.kind));
        if let (Label::Map, Some(entry)) = (field.label, target) {
            let next = numbers.next().and_then(|&number| Some((number, entry.field(number)?)));
            let (next, part) = next.ok_or_else(|| at("it ends at a map instead of its keys or values"))?;
            let kind_of = |field: Option<&Field>| field.map_or(Kind::Unspecified, |field| field.kind);
            step.entry = Some(EntryStep {
                table: entry_table(entry),
                key: kind_of(entry.field(1)),
                value: kind_of(entry.field(2)),
                to_value: next == 2,
            });
            (message, end) = (part.target.map(|target| roots.types.target(target)), Some(part.kind));
        }
        steps.push(step);
        if steps.len() > 100 {
            return Err(at("it is too long"));
        }
    }
    match end {
        None => Err(at("it is empty")),
        Some(Kind::Message | Kind::Group) => Err(at("it ends at a message")),
        Some(Kind::Float | Kind::Double) => Err(at("it ends at a floating-point number")),
        Some(_) => Ok(steps.into()),
    }
}
