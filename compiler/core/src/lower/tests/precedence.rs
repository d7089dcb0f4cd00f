//! "A `response` override, then a REQUIRED mark on the field or oneof, then `keep`, then any other mark, then the message's
//! default, then KEPT."

use super::{READ, method};
use crate::ir::{Action, Plan};

/// Which fields of `Response` a plan drops at the top, for a response with one field `a` and what is said about it.
fn is_dropped(detail: &str, mark: &str, default: &str) -> bool {
    let mark =
        if mark.is_empty() { String::new() } else { format!("[(holdover.field).importance = {mark}]") };
    let default = if default.is_empty() {
        String::new()
    } else {
        format!("option (holdover.message).default_importance = {default};")
    };
    let m = method(
        "",
        "",
        &format!("{READ} option (holdover.method).detail = {{ {detail} }};"),
        &format!(
            "message Request {{}} message Response {{ {default} optional string a = 1 {mark}; optional string b = 2 [(holdover.field).importance = KEPT]; }}"
        ),
    );
    dropped(&m.detail.unwrap().response).contains(&"a".to_owned())
}

/// The dropped paths of a plan, as far as it is not recursive.
fn dropped(plan: &Plan) -> Vec<String> {
    let names = |number: u32| char::from(b'a' + u8::try_from(number - 1).unwrap()).to_string();
    let mut all = Vec::new();
    for node in &plan.nodes {
        for (number, action) in &node.fields {
            if *action == Action::Drop {
                let dot = if node.route.is_empty() { "" } else { "." };
                all.push(format!("{}{dot}{}", node.route, names(*number)));
            }
        }
    }
    all.sort();
    all
}

#[test]
fn each_rule_beats_those_after_it() {
    let over = |importance: &str| format!("response: {{ path: \"a\" importance: {importance} }}");
    let keep_other = "keep: \"b\"";
    let keep_it = "keep: \"a\"";
    for (detail, mark, default, expected) in [
        // Nothing is said.
        ("", "", "", false),
        ("", "", "ENRICHING", true),
        ("", "", "KEPT", false),
        // A mark beats the default.
        ("", "KEPT", "ENRICHING", false),
        ("", "ENRICHING", "KEPT", true),
        ("", "IMPORTANCE_UNSPECIFIED", "ENRICHING", true),
        // `keep` beats marks and defaults, but for REQUIRED.
        (keep_other, "", "", true),
        (keep_other, "KEPT", "KEPT", true),
        (keep_other, "REQUIRED", "", false),
        (keep_it, "", "ENRICHING", false),
        (keep_it, "ENRICHING", "", false),
        // An override beats everything.
        (&over("ENRICHING"), "REQUIRED", "KEPT", true),
        (&over("KEPT"), "ENRICHING", "ENRICHING", false),
        (&format!("{} {keep_it}", over("ENRICHING")), "", "", true),
        (&format!("{} {keep_other}", over("KEPT")), "ENRICHING", "", false),
        (&over("IMPORTANCE_UNSPECIFIED"), "ENRICHING", "", true),
    ] {
        assert_eq!(
            is_dropped(detail, mark, default),
            expected,
            "detail {{ {detail} }}, mark {mark:?}, default {default:?}"
        );
    }
}

fn drops(detail: &str, messages: &str) -> Vec<String> {
    let options = format!("{READ} option (holdover.method).detail = {{ {detail} }};");
    dropped(&method("", "", &options, &format!("message Request {{}} {messages}")).detail.unwrap().response)
}

#[test]
fn keep_keeps_its_subtree_and_its_ancestors_as_containers() {
    let messages = "
        message Response { Inner a = 1; Inner b = 2; optional string c = 3; }
        message Inner { optional string a = 1; Leaf b = 2; optional string c = 3 [(holdover.field).importance = ENRICHING]; }
        message Leaf { option (holdover.message).default_importance = ENRICHING;
                       optional string a = 1; optional string b = 2 [(holdover.field).importance = ENRICHING]; }";
    // The subtree of `a` but for what is marked: a default is no mark. `b` and `c` go.
    assert_eq!(drops("keep: \"a\"", messages), ["a.b.b", "a.c", "b", "c"]);
    // `a` is only on the way to `a.b`.
    assert_eq!(drops("keep: \"a.b\"", messages), ["a.a", "a.b.b", "a.c", "b", "c"]);
    assert_eq!(drops("keep: [\"a.b.a\", \"b.a\"]", messages), ["a.a", "a.b.b", "a.c", "b.b", "b.c", "c"]);
}

#[test]
fn a_field_kept_beside_the_list_is_kept_whole() {
    let messages = "
        message Response { optional string a = 1; Inner b = 2 [(holdover.field).importance = REQUIRED]; Inner c = 3; }
        message Inner { optional string a = 1; optional string b = 2 [(holdover.field).importance = ENRICHING]; }";
    // `b` and `c` share a node, which is called after `b`.
    assert_eq!(drops("keep: \"a\" response { path: \"c\" importance: KEPT }", messages), ["b.b"]);
}

#[test]
fn a_oneof_goes_or_stays_whole() {
    let messages = |mark: &str| {
        format!(
            "message Response {{ optional string a = 1; oneof kind {{ {mark} Inner b = 2; Inner c = 3; }} }}
             message Inner {{ optional string a = 1; optional string b = 2; }}"
        )
    };
    let enriching = messages("option (holdover.oneof).importance = ENRICHING;");
    assert_eq!(drops("", &enriching), ["b", "c"]);
    assert_eq!(drops("response { path: \"kind\" importance: ENRICHING }", &messages("")), ["b", "c"]);
    assert_eq!(drops("response { path: \"kind\" importance: KEPT }", &enriching), [""; 0]);
    // Keeping a member keeps the oneof, the other member whole.
    assert_eq!(drops("keep: \"b.a\"", &messages("")), ["a", "b.b"]);
    assert_eq!(drops("keep: \"kind\"", &messages("")), ["a"]);
}

#[test]
fn a_required_child_binds_where_its_parent_is() {
    let m = method(
        "",
        "",
        &format!(
            "{READ} option (holdover.method).detail = {{ response {{ path: \"c.a\" importance: KEPT }} }};"
        ),
        "message Request {}
         message Response {
           optional string a = 1 [(holdover.field).importance = REQUIRED];
           Inner b = 2 [(holdover.field).importance = ENRICHING];
           Inner c = 3;
           oneof kind { option (holdover.oneof).importance = REQUIRED; string d = 4; string e = 5; }
         }
         message Inner { optional string a = 1 [(holdover.field).importance = REQUIRED]; }",
    );
    let nodes = &m.presence.nodes;
    assert_eq!(
        (nodes[0].required.as_slice(), nodes[0].required_oneofs.as_slice()),
        (&[1][..], &["kind".to_owned()][..])
    );
    // `b.a` binds although `b` may be dropped; an override releases `c.a`, so nothing is looked for there.
    assert_eq!(nodes[0].fields.keys().copied().collect::<Vec<_>>(), [2]);
    assert_eq!((nodes.len(), nodes[1].required.as_slice()), (2, &[1][..]));
}

#[test]
fn requests_lose_only_what_overrides_say() {
    let m = method(
        "",
        "",
        &format!("{READ} option (holdover.method).detail.request = {{ path: \"b\" importance: ENRICHING }};"),
        "message Request { optional string a = 1 [(holdover.field).importance = ENRICHING]; optional string b = 2; }
         message Response { optional string a = 1 [(holdover.field).importance = ENRICHING]; }",
    );
    let detail = m.detail.unwrap();
    assert_eq!(
        (dropped(&detail.request), dropped(&detail.response)),
        (vec!["b".to_owned()], vec!["a".to_owned()])
    );
}
