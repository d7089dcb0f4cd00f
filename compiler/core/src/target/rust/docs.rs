//! Comments of a `.proto` as rustdoc comments.
//!
//! A comment was written for people, in no particular markup, but rustdoc reads Markdown: indented lines become tests
//! that are compiled and run, `[words]` become links that do not resolve, `<T>` becomes HTML. So the text is parsed as
//! rustdoc parses it, and whatever would be more than text is escaped where it stands; the rest is left as it was.

use crate::target::comments::plain;
use pulldown_cmark::{CodeBlockKind, Event, LinkType, Options, Parser, Tag, TagEnd};
use std::ops::Range;

/// How often a text is looked at again after its hazards were escaped, because an escape can uncover another one.
const ROUNDS: usize = 8;

/// The lines of a doc comment that says what `text` says, each without the leading space that a doc comment has.
pub(crate) fn doc_lines(text: &str) -> Vec<String> {
    let mut text = plain(text);
    for _ in 0..ROUNDS {
        let edits = hazards(&text);
        if edits.is_empty() && !swallows(&text) {
            return split(&text);
        }
        text = apply(&text, edits);
    }
    // Nothing that people write gets here; whatever it is, a reader can still see it.
    split(&fenced(&text))
}

fn split(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

/// Whether what is written below the text would be taken for a part of it: a block that nobody closed.
fn swallows(text: &str) -> bool {
    let below = format!("{text}\n\n# Below");
    let at = below.len() - "# Below".len();
    !Parser::new(&below)
        .into_offset_iter()
        .any(|(event, range)| range.start == at && matches!(event, Event::Start(Tag::Heading { .. })))
}

/// A replacement of a range of the text.
type Edit = (Range<usize>, String);

fn apply(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|(range, _)| (range.start, range.end));
    let mut result = String::with_capacity(text.len() + edits.len() * 2);
    let mut done = 0;
    for (range, replacement) in edits {
        if range.start < done {
            continue; // Overlaps an edit of this round: the next round sees it again, if it is still there.
        }
        result.push_str(&text[done..range.start]);
        result.push_str(&replacement);
        done = range.end;
    }
    result.push_str(&text[done..]);
    result
}

/// What rustdoc would make more of than text, and what to write instead.
fn hazards(text: &str) -> Vec<Edit> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_SMART_PUNCTUATION;
    let mut edits = Vec::new();
    let (mut in_code, mut in_link, mut depth) = (false, false, 0_usize);
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                in_code = true;
                edits.extend(code_block(text, &kind, range, depth));
            }
            Event::End(TagEnd::CodeBlock) => in_code = false,
            Event::Start(Tag::List(_) | Tag::BlockQuote(_) | Tag::FootnoteDefinition(_)) => depth += 1,
            Event::End(TagEnd::List(_) | TagEnd::BlockQuote(_) | TagEnd::FootnoteDefinition) => depth -= 1,
            Event::Start(Tag::Link { link_type, dest_url, .. }) => {
                let web =
                    ["http://", "https://", "mailto:"].iter().any(|scheme| dest_url.starts_with(scheme));
                in_link = web || link_type == LinkType::Email;
                if !in_link {
                    edits.push(escape(range.start));
                }
            }
            Event::End(TagEnd::Link) => in_link = false,
            Event::Start(Tag::Image { .. }) | Event::InlineHtml(_) => edits.push(escape(range.start)),
            Event::Html(html) => {
                let tags = html.match_indices('<').map(|(at, _)| escape(range.start + at));
                edits.extend(tags);
            }
            Event::Text(_) if !in_code && !in_link => edits.extend(loose_text(text, range)),
            _ => {}
        }
    }
    edits
}

/// A backslash before a character.
fn escape(at: usize) -> Edit {
    (at..at, "\\".to_owned())
}

/// A code block that says it is text is fine; any other would be compiled.
fn code_block(text: &str, kind: &CodeBlockKind<'_>, range: Range<usize>, depth: usize) -> Option<Edit> {
    let source = &text[range.clone()];
    match kind {
        CodeBlockKind::Fenced(info) if &**info == "text" => {
            // A fence that nobody closed would swallow what we write below the comment.
            let fence: String = source.chars().take_while(|c| matches!(c, '`' | '~')).collect();
            let closed = source.lines().count() > 1
                && source.lines().last().is_some_and(|line| {
                    // The lines of a quote begin with its mark.
                    let marks: &[char] = if depth == 0 { &[' '] } else { &[' ', '>'] };
                    let close = line.trim_start_matches(marks);
                    let indented = depth == 0 && line.len() - close.len() > 3;
                    !indented && close.starts_with(&fence) && close.chars().all(|c| fence.contains(c))
                });
            let line = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
            let indent = " ".repeat(if depth == 0 { range.start - line } else { 0 });
            (!closed).then(|| (range.end..range.end, format!("\n{indent}{fence}\n")))
        }
        CodeBlockKind::Fenced(_) => {
            let fence = source.chars().take_while(|c| matches!(c, '`' | '~')).count();
            let end = source.find('\n').unwrap_or(source.len());
            Some((range.start + fence..range.start + end, "text".to_owned()))
        }
        CodeBlockKind::Indented if depth == 0 => {
            let line = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
            Some((line..range.end, format!("{}\n", fenced(text[line..range.end].trim_end()))))
        }
        // Inside a list or a quote: bring it closer, and it is a paragraph.
        CodeBlockKind::Indented => {
            let blank = text[..range.start].len() - text[..range.start].trim_end_matches([' ', '\t']).len();
            let closer = source.lines().map(str::trim_start).collect::<Vec<_>>().join("\n");
            let tail = if source.ends_with('\n') { "\n" } else { "" };
            Some((range.start - blank.min(4)..range.end, format!(" {closer}{tail}")))
        }
    }
}

/// The text as a code block that nobody compiles, without its common indentation.
fn fenced(text: &str) -> String {
    let text = plain(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}text\n{text}\n{fence}")
}

/// Brackets that would be links, and addresses that should be.
fn loose_text(text: &str, range: Range<usize>) -> Vec<Edit> {
    let source = &text[range.clone()];
    let escaped = |at: usize| text[..at].ends_with('\\');
    let mut edits: Vec<Edit> = source
        .match_indices('[')
        .map(|(at, _)| range.start + at)
        .filter(|at| !escaped(*at))
        .map(escape)
        .collect();
    for scheme in ["http://", "https://"] {
        for (at, _) in source.match_indices(scheme) {
            let start = range.start + at;
            let end = text[start..]
                .find(|c: char| c.is_whitespace() || "<>()[]\"'`|\\".contains(c))
                .map_or(text.len(), |length| start + length);
            let address = text[start..end].trim_end_matches(['.', ',', ';', ':', '!', '?', '*', '_']);
            if address.len() > scheme.len() && !text[..start].ends_with('<') {
                edits.push((start..start + address.len(), format!("<{address}>")));
            }
        }
    }
    edits
}

#[cfg(test)]
mod tests;
