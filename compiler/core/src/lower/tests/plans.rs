use super::{READ, lower, method};
use crate::ir::{Action, Plan};

fn plan(detail: &str, messages: &str) -> Plan {
    let options = format!("{READ} option (holdover.method).detail = {{ {detail} }};");
    method("", "", &options, &format!("message Request {{}} {messages}")).detail.unwrap().response
}

const ENRICHING: &str = "[(holdover.field).importance = ENRICHING]";

#[test]
fn recursive_types_give_a_finite_plan() {
    let messages = format!(
        "message Response {{ repeated Response legs = 1; optional string note = 2 {ENRICHING}; Other other = 3; }}
         message Other {{ Response back = 1; }}"
    );
    let plan = plan("", &messages);
    assert_eq!(plan.nodes.len(), 2);
    assert_eq!(plan.nodes[0].fields[&1], Action::Descend(0));
    assert_eq!(plan.nodes[0].fields[&2], Action::Drop);
    assert_eq!(plan.nodes[1].fields[&1], Action::Descend(0));
    assert_eq!(plan.mask, None);
}

#[test]
fn an_override_unfolds_a_recursive_type_only_as_deep_as_it_goes() {
    let messages = "message Response { Response next = 1; optional string note = 2; }";
    let plan = plan("response { path: \"next.next.note\" importance: ENRICHING }", messages);
    assert_eq!(plan.nodes.len(), 3);
    assert_eq!(plan.nodes[2].fields.keys().copied().collect::<Vec<_>>(), [2]);
    assert_eq!(plan.mask.unwrap(), ["next.next.next", "next.note", "note"]);
}

#[test]
fn what_drops_nothing_is_not_in_the_plan() {
    let messages = format!(
        "message Response {{ Kept a = 1; optional string b = 2 {ENRICHING}; }} message Kept {{ Kept again = 1; string c = 2; }}"
    );
    let plan = plan("", &messages);
    assert_eq!(plan.nodes.len(), 1);
    assert_eq!(plan.nodes[0].fields.len(), 1);
    assert_eq!(plan.mask.unwrap(), ["a"]);
    assert!(self::plan("", "message Response { string a = 1; }").is_empty());
}

#[test]
fn maps_are_entries() {
    let messages = format!(
        "message Response {{ map<string, Label> labels = 1; optional string id = 2; }}
         message Label {{ optional string text = 1; optional string color = 2 {ENRICHING}; }}"
    );
    let plan = plan("", &messages);
    let types: Vec<&str> = plan.nodes.iter().map(|node| node.message.as_str()).collect();
    assert_eq!(types, ["t.Response", "t.Response.LabelsEntry", "t.Label"]);
    assert_eq!(plan.nodes[1].fields.keys().copied().collect::<Vec<_>>(), [2]);
    assert_eq!(plan.nodes[2].route, "labels");
    assert_eq!(plan.mask.unwrap(), ["id", "labels.*.text"]);
}

#[test]
fn unknown_fields_go_where_unnamed_ones_do() {
    let messages = "message Response { Extras extras = 1; }
        message Extras { option (holdover.message).default_importance = ENRICHING;
                         optional string a = 1 [(holdover.field).importance = KEPT]; optional string b = 2; }";
    let unknown =
        |detail: &str| plan(detail, messages).nodes.iter().map(|node| node.drop_unknown).collect::<Vec<_>>();
    assert_eq!(unknown(""), [false, true]);
    // On the way to kept paths nothing else is kept; inside one everything unmarked is.
    assert_eq!(unknown("keep: \"extras.a\""), [true, true]);
    assert_eq!(unknown("keep: \"extras\""), [true]);
}

#[test]
fn the_hash_does_not_depend_on_the_order_of_declarations() {
    let one = format!(
        "message Response {{ optional string a = 1 {ENRICHING}; oneof x {{ string b = 2; string c = 3; }} Inner d = 4; }}
         message Inner {{ optional string a = 1; optional string b = 2 {ENRICHING}; }}"
    );
    let other = format!(
        "message Inner {{ optional string b = 2 {ENRICHING}; optional string a = 1; }}
         message Response {{ Inner d = 4; oneof x {{ string c = 3; string b = 2; }} optional string a = 1 {ENRICHING}; }}"
    );
    assert_eq!(plan("", &one).hash, plan("", &other).hash);
    // It names the plan on the wire and in stores: it changes only with the encoding that is documented.
    assert_eq!(plan("", &one).hash, "e8216e36844c7ced1432289ab7b36388");
}

#[test]
fn the_hash_changes_with_everything_that_changes_pruning() {
    let base = (
        String::new(),
        format!("optional string a = 1 {ENRICHING}; Inner b = 2;"),
        "optional string a = 1;".to_owned(),
    );
    let with = |default: &str, fields: &str, inner: &str| {
        let messages = format!("message Response {{ {default} {fields} }} message Inner {{ {inner} }}");
        plan("", &messages).hash
    };
    let mut hashes = vec![with(&base.0, &base.1, &base.2)];
    hashes.push(with("option (holdover.message).default_importance = ENRICHING;", &base.1, &base.2));
    // Another field, another kind, another number, a list, a oneof.
    hashes.push(with("", &format!("{} optional string c = 3;", base.1), &base.2));
    hashes.push(with("", &base.1.replace("optional string", "optional bytes"), &base.2));
    hashes.push(with("", &base.1.replace("= 2", "= 4"), &base.2));
    hashes.push(with("", &base.1.replace("Inner b", "repeated Inner b"), &base.2));
    hashes.push(with("", &base.1.replace("Inner b = 2;", "oneof x { Inner b = 2; }"), &base.2));
    // Something below is dropped too.
    hashes.push(with("", &base.1, &format!("optional string a = 1 {ENRICHING};")));
    let distinct: std::collections::BTreeSet<&String> = hashes.iter().collect();
    assert_eq!(distinct.len(), hashes.len(), "{hashes:?}");
    assert!(hashes.iter().all(
        |hash| hash.len() == 32 && hash.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase())
    ));
}

#[test]
fn accessors_are_for_what_some_plan_drops() {
    let ir = lower(&format!(
        "service S {{
           rpc A(Request) returns (Response) {{ option (holdover.method).detail = {{}}; }}
           rpc B(Request) returns (Response) {{
             option (holdover.method).detail.response = {{ path: \"labels.text\" importance: ENRICHING }}; }}
         }}
         message Request {{}}
         message Response {{ map<string, Label> labels = 1; Other other = 2 {ENRICHING}; repeated Label list = 3; }}
         message Label {{ optional string text = 1; }}
         message Other {{ optional string unseen = 1 {ENRICHING}; }}"
    ));
    let response = &ir.enriched["t.Response"];
    assert_eq!((response.dropped.len(), response.dropped.contains(&2)), (1, true));
    assert_eq!((response.descends.len(), response.descends.contains(&1)), (1, true));
    assert!(ir.enriched["t.Label"].dropped.contains(&1));
    // What is below something dropped is never seen half, and a map's entry is no message of its own.
    assert_eq!(ir.enriched.keys().collect::<Vec<_>>(), ["t.Label", "t.Response"]);
}
