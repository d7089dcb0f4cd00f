use super::super::key::{Paths, plan};
use super::{READ, method};
use crate::load::{MemorySources, load};

/// The keyed fields of every node, as `Type:1,2>0`: numbers, with the node of a message behind `>`.
fn key(cache: &str, messages: &str) -> Vec<String> {
    let messages = format!("{messages} message Response {{}}");
    let m = method(
        "",
        "",
        &format!("{READ} option (holdover.method).cache = {{ fresh_for {{ seconds: 1 }} {cache} }};"),
        &messages,
    );
    let text = format!("syntax = \"proto3\"; package t; {messages}");
    let loaded = load(&MemorySources::new().with("t.proto", text), &["t.proto"]).unwrap();
    let request = loaded.pool().get_message_by_name("t.Request").unwrap();
    plan(&request, &Paths::of(&m.cache.unwrap()))
        .iter()
        .map(|node| {
            let field = |(number, child): (&u32, &Option<usize>)| match child {
                Some(child) => format!("{number}>{child}"),
                None => number.to_string(),
            };
            format!("{}:{}", node.message.name(), node.fields.iter().map(field).collect::<Vec<_>>().join(","))
        })
        .collect()
}

const MESSAGES: &str = "
    message Request { string id = 1; Page page = 2; map<string, Page> pages = 3; Request inner = 4; }
    message Page { string token = 1; int32 size = 2; }";

#[test]
fn everything_is_keyed_by_default() {
    assert_eq!(key("", MESSAGES), ["Request:1,2>1,3>2,4>0", "Page:1,2", "PagesEntry:1,2>1"]);
}

#[test]
fn paths_key_a_part() {
    assert_eq!(key("key: \"page.token\"", MESSAGES), ["Request:2>1", "Page:1"]);
    // A path and one above it: the whole.
    assert_eq!(key("key: [\"page.token\", \"page\"]", MESSAGES), ["Request:2>1", "Page:1,2"]);
    // The values of a map are keyed with their keys.
    assert_eq!(key("key: \"pages.size\"", MESSAGES), ["Request:3>1", "PagesEntry:1,2>2", "Page:2"]);
}

#[test]
fn ignored_paths_are_left_out() {
    assert_eq!(
        key("key_ignore: [\"inner\", \"pages\", \"page.size\"]", MESSAGES),
        ["Request:1,2>1", "Page:1"]
    );
    assert_eq!(key("key: \"page\" key_ignore: \"page.size\"", MESSAGES), ["Request:2>1", "Page:1"]);
    // Ignored at the top, and keyed in the recursion.
    assert_eq!(
        key("key_ignore: [\"id\", \"page\", \"pages\"]", MESSAGES),
        ["Request:4>1", "Request:1,2>2,3>3,4>1", "Page:1,2", "PagesEntry:1,2>2"]
    );
}
