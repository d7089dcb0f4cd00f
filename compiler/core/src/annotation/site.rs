//! Where the parts of an annotation stand.

use crate::diagnostic::{FileId, Span};
use crate::load::Member;

/// `name: value` or `name { … }`, somewhere in an annotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// A field's name; `[full.name]` for extensions.
    pub name: String,
    /// Where the name is; where the value is for an item of `[…]`.
    pub name_span: Span,
    /// Where the name is, for all items of one `[…]`.
    listed_as: Span,
    /// Where the value is.
    pub value_span: Span,
    /// The value is an aggregate (or an empty list).
    pub is_message: bool,
    /// What is inside an aggregate.
    pub children: Vec<Self>,
}

impl Entry {
    /// Name and value.
    pub fn span(&self) -> Span {
        if self.name_span.start <= self.value_span.start {
            Span { end: self.value_span.end, ..self.name_span }
        } else {
            self.value_span
        }
    }

    /// Makes a tree of the members of a statement, which come with parents before children.
    pub fn tree(members: &[Member]) -> Vec<Self> {
        let mut roots = Vec::new();
        for member in members {
            let Some((name, parents)) = member.path.split_last() else { continue };
            let mut level = &mut roots;
            // The parent of a member is the last of that name, because it comes after its parent and before the next.
            for parent in parents {
                let Some(last) = level.iter().rposition(|entry: &Self| entry.name == *parent) else { break };
                level = &mut level[last].children;
            }
            let mut name_span = member.name_span;
            let list = level.iter_mut().filter(|before| before.name == *name);
            if let Some(first) = list.last().filter(|before| before.listed_as == member.name_span) {
                // `key: ["a", "b"]` names two values once: each stands for itself.
                first.name_span = first.value_span;
                name_span = member.value_span;
            }
            level.push(Self {
                name: name.clone(),
                name_span,
                listed_as: member.name_span,
                value_span: member.value_span,
                is_message: member.is_message,
                children: Vec::new(),
            });
        }
        roots
    }
}

/// Everything that is written about one element, by path: `cache.fresh_for`, `cache.key[2]`, `detail.response[0].path`.
///
/// Several statements (and an overlay) may speak of the same element; their entries stand side by side.
#[derive(Clone, Debug, Default)]
pub struct Site {
    /// As if everything had been written in one aggregate.
    pub entries: Vec<Entry>,
    /// Where the element itself is declared.
    pub element: Option<Span>,
    /// Files that are overlays.
    pub overlays: Vec<FileId>,
}

impl Site {
    /// The narrowest known place of a path: its own, else that of the nearest part that is written, else that of the
    /// element. `None` without source information.
    pub fn span(&self, path: &str) -> Option<Span> {
        self.walk(path, Entry::span)
    }

    /// The place of the value alone, for spans inside it.
    pub fn value_span(&self, path: &str) -> Option<Span> {
        self.exact(path).first().map(|entry| entry.value_span)
    }

    /// The path itself is written.
    pub fn has(&self, path: &str) -> bool {
        !self.exact(path).is_empty()
    }

    /// The path, or the nearest part of it that is written, is written in an overlay.
    pub fn is_overlay(&self, path: &str) -> bool {
        !self.overlays.is_empty() && self.span(path).is_some_and(|span| self.overlays.contains(&span.file))
    }

    /// All entries of a path.
    pub fn exact(&self, path: &str) -> Vec<&Entry> {
        let mut current: Vec<&Entry> = Vec::new();
        for (depth, part) in path.split('.').enumerate() {
            current = step(if depth == 0 { self.entries.iter().collect() } else { below(&current) }, part);
        }
        current
    }

    fn walk(&self, path: &str, place: impl Fn(&Entry) -> Span) -> Option<Span> {
        let mut found = self.element;
        let mut level: Vec<&Entry> = self.entries.iter().collect();
        for part in path.split('.') {
            let next = step(level, part);
            let Some(first) = next.first() else { break };
            found = Some(place(first));
            level = below(&next);
        }
        found
    }
}

fn below<'a>(entries: &[&'a Entry]) -> Vec<&'a Entry> {
    entries.iter().flat_map(|entry| &entry.children).collect()
}

/// The entries called `part`, or only the n-th of them for `part[n]`.
fn step<'a>(entries: Vec<&'a Entry>, part: &str) -> Vec<&'a Entry> {
    let (name, index) = match part.split_once('[') {
        Some((name, index)) => (name, index.trim_end_matches(']').parse::<usize>().ok()),
        None => (part, None),
    };
    let mut named = entries.into_iter().filter(|entry| entry.name == name);
    match index {
        Some(index) => named.nth(index).into_iter().collect(),
        None => named.collect(),
    }
}

/// A place inside a quoted text, by a byte range of the text's value. The whole text where that cannot be told, because
/// of escapes, several pieces or several lines.
pub fn inside(
    text: Option<Span>,
    source: Option<&str>,
    value: &str,
    at: &std::ops::Range<usize>,
) -> Option<Span> {
    let span = text?;
    let plain = source.is_some_and(|source| source.get(1..source.len().saturating_sub(1)) == Some(value));
    if !plain || span.start.line != span.end.line {
        return Some(span);
    }
    let column = |offset: usize| {
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        span.start.column.saturating_add(1).saturating_add(offset)
    };
    let mut inner = span;
    inner.start.column = column(at.start);
    inner.end.column = column(at.end.max(at.start + 1)).min(span.end.column);
    Some(inner)
}
