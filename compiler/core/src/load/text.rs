//! The text of an option, scanned again to find places inside it.
//!
//! Descriptors keep no places below an option statement, and errors must underline `fresh_for`, not ten lines.

use std::ops::Range;

/// How deeply option values may nest, names included. Far above what anybody writes (the deepest of Google's APIs is 7),
/// and low enough for every recursive reader of the value.
pub(crate) const MAX_DEPTH: usize = 64;

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word,
    String,
    Symbol(u8),
}

/// The tokens of a stretch of text: words (names and numbers), strings, and single symbols. Comments are skipped.
struct Scanner<'a> {
    text: &'a str,
    at: usize,
    end: usize,
    peeked: Option<Option<(Token, Range<usize>)>>,
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str, range: Range<usize>) -> Self {
        Scanner { text, at: range.start, end: range.end.min(text.len()), peeked: None }
    }

    fn peek(&mut self) -> Option<(Token, Range<usize>)> {
        if self.peeked.is_none() {
            self.peeked = Some(self.scan());
        }
        self.peeked.clone().flatten()
    }

    fn next(&mut self) -> Option<(Token, Range<usize>)> {
        match self.peeked.take() {
            Some(token) => token,
            None => self.scan(),
        }
    }

    fn eat(&mut self, symbol: u8) -> Option<Range<usize>> {
        match self.peek()? {
            (Token::Symbol(found), range) if found == symbol => {
                self.next();
                Some(range)
            }
            _ => None,
        }
    }

    fn scan(&mut self) -> Option<(Token, Range<usize>)> {
        let bytes = self.text.as_bytes();
        loop {
            let byte = *bytes.get(self.at).filter(|_| self.at < self.end)?;
            let start = self.at;
            let rest = &bytes[start..self.end];
            if byte.is_ascii_whitespace() || byte == b'\x0b' {
                self.at += 1;
            } else if byte == b'#' || rest.starts_with(b"//") {
                self.at += rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
            } else if rest.starts_with(b"/*") {
                self.at += rest.windows(2).skip(2).position(|w| w == b"*/").map_or(rest.len(), |at| at + 4);
            } else if byte == b'"' || byte == b'\'' {
                self.at += 1;
                while self.at < self.end && bytes[self.at] != byte && bytes[self.at] != b'\n' {
                    self.at += if bytes[self.at] == b'\\' { 2 } else { 1 };
                }
                self.at = (self.at + 1).min(self.end);
                return Some((Token::String, start..self.at));
            } else if byte.is_ascii_alphanumeric() || byte == b'_' {
                let number = byte.is_ascii_digit();
                while self.at < self.end {
                    let b = bytes[self.at];
                    let exponent =
                        number && matches!(b, b'+' | b'-') && matches!(bytes[self.at - 1], b'e' | b'E');
                    if !(b.is_ascii_alphanumeric() || b == b'_' || (number && b == b'.') || exponent) {
                        break;
                    }
                    self.at += 1;
                }
                return Some((Token::Word, start..self.at));
            } else {
                // A whole character, so that spans stay on boundaries.
                self.at += self.text[start..].chars().next().map_or(1, char::len_utf8);
                return Some((Token::Symbol(byte), start..self.at));
            }
        }
    }

    fn slice(&self, range: &Range<usize>) -> &'a str {
        self.text.get(range.clone()).unwrap_or_default()
    }
}

/// Something that an option statement sets: a field at any depth, with where its name and its value stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Set {
    /// The names on the way, after the option's first one: `["cache", "fresh_for"]`.
    pub(crate) path: Vec<String>,
    pub(crate) name: Range<usize>,
    pub(crate) value: Range<usize>,
    /// The value is a message or a list of them.
    pub(crate) message: bool,
}

/// An option statement, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    /// Where the whole name stands: `(holdover.method).cache`.
    pub(crate) name: Range<usize>,
    /// Where each part of the name stands.
    pub(crate) parts: Vec<Range<usize>>,
    pub(crate) value: Range<usize>,
    /// Everything that it sets, in the order of the text; parents before children.
    pub(crate) sets: Vec<Set>,
}

/// Takes an option statement apart: `option (a.b).c = …;`, or one item of a `[…]` list. `None` if the text is not one.
pub(crate) fn statement(text: &str, range: Range<usize>) -> Option<Statement> {
    let mut scanner = Scanner::new(text, range);
    let mut parts = Vec::new();
    let mut names: Vec<String> = Vec::new();
    loop {
        let (token, at) = scanner.next()?;
        match token {
            Token::Symbol(b'(') => {
                let mut end = at.end;
                let mut name = String::new();
                while let Some((token, at)) = scanner.next() {
                    end = at.end;
                    if token == Token::Symbol(b')') {
                        break;
                    }
                    name.push_str(scanner.slice(&at));
                }
                parts.push(at.start..end);
                names.push(format!("({name})"));
            }
            Token::Word => {
                let keyword = parts.is_empty()
                    && scanner.slice(&at) == "option"
                    && matches!(scanner.peek(), Some((Token::Word | Token::Symbol(b'('), _)));
                if keyword {
                    continue;
                }
                names.push(scanner.slice(&at).to_owned());
                parts.push(at);
            }
            _ => return None,
        }
        if scanner.eat(b'.').is_none() {
            break;
        }
    }
    scanner.eat(b'=')?;
    let mut sets = Vec::new();
    for (depth, part) in parts.iter().enumerate().skip(1) {
        let path = names[1..=depth].to_vec();
        sets.push(Set { path, name: part.clone(), value: part.clone(), message: depth + 1 < parts.len() });
    }
    let path: Vec<String> = names[1..].to_vec();
    let first_inner = sets.len();
    let (value, message) = value(&mut scanner, &path, parts.len(), &mut sets)?;
    // What the name leads to has the value of the statement.
    for set in &mut sets[..first_inner] {
        set.value = value.clone();
    }
    if let Some(last) = first_inner.checked_sub(1) {
        sets[last].message = message;
    }
    let name = parts.first()?.start..parts.last()?.end;
    Some(Statement { name, parts, value, sets })
}

/// Takes apart what stands between the braces of a message value.
pub(crate) fn aggregate(text: &str) -> Option<Vec<Set>> {
    let mut scanner = Scanner::new(text, 0..text.len());
    let mut sets = Vec::new();
    // No closing brace: the text ends instead.
    fields(&mut scanner, &[], 0, None, &mut sets)?;
    Some(sets)
}

/// Reads one value and says whether it is a message.
fn value(
    scanner: &mut Scanner<'_>,
    path: &[String],
    depth: usize,
    sets: &mut Vec<Set>,
) -> Option<(Range<usize>, bool)> {
    if depth > MAX_DEPTH {
        return None;
    }
    let (token, at) = scanner.next()?;
    match token {
        Token::Symbol(open @ (b'{' | b'<')) => {
            let close = if open == b'{' { b'}' } else { b'>' };
            let end = fields(scanner, path, depth, Some(close), sets)?;
            Some((at.start..end, true))
        }
        Token::Symbol(sign @ (b'-' | b'+' | b'.')) => {
            let (token, rest) = scanner.next()?;
            (token == Token::Word || sign == b'.').then_some((at.start..rest.end, false))
        }
        Token::Word => Some((at, false)),
        Token::String => {
            let mut end = at.end;
            while let Some((Token::String, more)) = scanner.peek() {
                scanner.next();
                end = more.end;
            }
            Some((at.start..end, false))
        }
        Token::Symbol(_) => None,
    }
}

/// Reads `name: value` items up to `close`, or to the end of the text, and gives the place just after it.
fn fields(
    scanner: &mut Scanner<'_>,
    path: &[String],
    depth: usize,
    close: Option<u8>,
    sets: &mut Vec<Set>,
) -> Option<usize> {
    loop {
        match close {
            Some(close) => {
                if let Some(end) = scanner.eat(close) {
                    return Some(end.end);
                }
            }
            None if scanner.peek().is_none() => return Some(scanner.end),
            None => {}
        }
        if scanner.eat(b',').is_some() || scanner.eat(b';').is_some() {
            continue;
        }
        let (token, at) = scanner.next()?;
        let (name, at) = match token {
            Token::Word => (scanner.slice(&at).to_owned(), at),
            Token::Symbol(b'[') => {
                let mut name = String::from("[");
                let mut end = at.end;
                while let Some((token, part)) = scanner.next() {
                    end = part.end;
                    name.push_str(scanner.slice(&part));
                    if token == Token::Symbol(b']') {
                        break;
                    }
                }
                (name, at.start..end)
            }
            _ => return None,
        };
        scanner.eat(b':');
        let mut inner = path.to_vec();
        inner.push(name);
        if let Some(open) = scanner.eat(b'[') {
            if let Some(end) = scanner.eat(b']') {
                sets.push(Set { path: inner, name: at, value: open.start..end.end, message: false });
                continue;
            }
            loop {
                field(scanner, &inner, at.clone(), depth, sets)?;
                if scanner.eat(b',').is_none() {
                    break;
                }
            }
            scanner.eat(b']')?;
        } else {
            field(scanner, &inner, at, depth, sets)?;
        }
    }
}

fn field(
    scanner: &mut Scanner<'_>,
    path: &[String],
    name: Range<usize>,
    depth: usize,
    sets: &mut Vec<Set>,
) -> Option<()> {
    let index = sets.len();
    sets.push(Set { path: path.to_vec(), name, value: 0..0, message: false });
    let (range, message) = value(scanner, path, depth + 1, sets)?;
    sets[index].value = range;
    sets[index].message = message;
    Some(())
}

/// How deeply the braces and brackets of a text nest, strings aside.
pub(crate) fn depth(text: &str) -> usize {
    let mut scanner = Scanner::new(text, 0..text.len());
    let (mut depth, mut deepest) = (0usize, 0usize);
    while let Some((token, _)) = scanner.next() {
        match token {
            Token::Symbol(b'{' | b'<' | b'[') => depth += 1,
            Token::Symbol(b'}' | b'>' | b']') => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Where an `edition = "…";` declaration stands, if the file starts with one.
pub(crate) fn edition(text: &str) -> Option<Range<usize>> {
    let mut scanner = Scanner::new(text, 0..text.len());
    let (token, at) = scanner.next()?;
    if token != Token::Word || scanner.slice(&at) != "edition" {
        return None;
    }
    scanner.eat(b'=')?;
    let (token, value) = scanner.next()?;
    (token == Token::String).then_some(at.start..value.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken_apart(text: &str) -> Vec<(String, &str, &str)> {
        let statement = statement(text, 0..text.len()).unwrap();
        statement
            .sets
            .iter()
            .map(|s| (s.path.join("/"), &text[s.name.clone()], &text[s.value.clone()]))
            .collect()
    }

    #[test]
    fn every_name_in_an_aggregate_has_its_place() {
        let text =
            "option (holdover.method).cache = { fresh_for: { seconds: 5 } /* } */ tags: [\"a\", 'b' \"c\"] }";
        let sets = taken_apart(text);
        let paths: Vec<&str> = sets.iter().map(|s| s.0.as_str()).collect();
        assert_eq!(
            paths,
            ["cache", "cache/fresh_for", "cache/fresh_for/seconds", "cache/tags", "cache/tags"]
        );
        assert_eq!(sets[1], ("cache/fresh_for".into(), "fresh_for", "{ seconds: 5 }"));
        assert_eq!(sets[2], ("cache/fresh_for/seconds".into(), "seconds", "5"));
        assert_eq!(sets[4].2, "'b' \"c\"");
        assert!(sets[0].2.starts_with('{') && sets[0].2.ends_with('}'));
    }

    #[test]
    fn items_of_a_list_and_long_names_work_too() {
        assert_eq!(taken_apart("deprecated = true"), []);
        assert_eq!(taken_apart("option = 1"), []);
        assert_eq!(
            taken_apart("( a . b ) .c.(d.e) = -1.5e+3"),
            [("c".into(), "c", "-1.5e+3"), ("c/(d.e)".into(), "(d.e)", "-1.5e+3")]
        );
        let sets = taken_apart("(a) = { [x.y/z.W] < v: -inf >; }");
        assert_eq!(sets[0], ("[x.y/z.W]".into(), "[x.y/z.W]", "< v: -inf >"));
    }

    #[test]
    fn hostile_text_gives_nothing_or_something_but_no_panic() {
        for text in [
            "",
            "option",
            "(",
            "(a",
            "(a) =",
            "(a) = {",
            "(a) = { b: [",
            "(a) = { \"",
            "(a) = é",
            "= 1",
            "a. = '\\",
        ] {
            let _ = statement(text, 0..text.len());
        }
        let deep = format!("(a) = {}", "{ b: ".repeat(100_000));
        assert_eq!(statement(&deep, 0..deep.len()), None);
        assert_eq!(depth(&deep), 100_000);
        assert_eq!(depth("{ a: '{{{' [ ] }"), 2);
    }

    #[test]
    fn editions_are_seen_behind_comments() {
        assert_eq!(edition("/* x */ // y\n edition = \"2023\";"), Some(14..30));
        assert_eq!(edition("syntax = \"proto3\"; edition"), None);
        assert_eq!(edition(""), None);
    }
}
