use super::{READ, lower, method};
use crate::ir::{PathError, TagPart, Template, TemplateError, TemplatePart};

const MESSAGES: &str = "
    message Request { string id = 1; repeated Stop stops = 2; map<string, int64> counts = 3; map<string, Stop> named = 4; double price = 5; }
    message Response { Stop stop = 1; }
    message Stop { string name = 1; bytes raw = 2; float weight = 3; }";

fn parse(text: &str) -> Result<Template, TemplateError> {
    let options =
        format!("{READ} option (holdover.method).cache = {{ fresh_for {{ seconds: 1 }} tags: \"{text}\" }};");
    method("", "", &options, MESSAGES).cache.unwrap().tags.remove(0).value
}

fn parts(text: &str) -> String {
    let show = |part: &TemplatePart| match part {
        TemplatePart::Literal(text) => format!("{text:?}"),
        TemplatePart::Value(root, path) => {
            format!("{}{:?}{}", root.word(), path.numbers(), if path.repeated { "*" } else { "" })
        }
    };
    parse(text).unwrap().parts.iter().map(show).collect::<Vec<_>>().join(" ")
}

#[test]
fn literals_values_and_braces() {
    assert_eq!(parts("rides"), "\"rides\"");
    assert_eq!(parts("ride:{request.id}"), "\"ride:\" request[1]");
    assert_eq!(parts("{request.id}{response.stop.name}!"), "request[1] response[1, 1] \"!\"");
    assert_eq!(parts("{{{request.id}}}"), "\"{\" request[1] \"}\"");
    assert_eq!(parts("é{{}}é"), "\"é{}é\"");
}

#[test]
fn lists_and_maps_are_gone_through() {
    assert_eq!(parts("{request.stops.name}"), "request[2, 1]*");
    assert_eq!(parts("{request.counts}"), "request[3, 2]*");
    assert_eq!(parts("{request.named.raw}"), "request[4, 2, 2]*");
}

#[test]
fn broken_syntax() {
    for text in ["", "{", "}", "a{", "{}", "{id}", "{request}", "{request.id", "x}y", "{ request.id}"] {
        assert!(matches!(parse(text), Err(TemplateError::Syntax { .. })), "{text:?}: {:?}", parse(text));
    }
}

#[test]
fn paths_that_lead_nowhere() {
    let error = |text: &str| match parse(text) {
        Err(TemplateError::Path { error, at, text, .. }) => (*error, text[at].to_owned()),
        other => panic!("{text}: {other:?}"),
    };
    assert!(
        matches!(error("a{request.idd}"), (PathError::Unknown { similar: Some(name), .. }, at) if name == "id" && at == "idd")
    );
    assert!(matches!(error("{request.id.x}").0, PathError::NotMessage { .. }));
    assert!(matches!(error("{request.}").0, PathError::Empty));
    assert!(matches!(error("{request.named.key}").0, PathError::MapPart { .. }));
    assert!(matches!(error("{request.counts.value}").0, PathError::MapPart { .. }));
}

#[test]
fn values_without_a_spelling() {
    for text in ["{request.price}", "{response.stop}", "{response.stop.weight}", "{request.named}"] {
        assert!(matches!(parse(text), Err(TemplateError::Kind { .. })), "{text}: {:?}", parse(text));
    }
}

#[test]
fn tags_of_one_shape_have_one_constructor() {
    let ir = lower(
        r#"service S {
          rpc A(Request) returns (Response) { option (holdover.method).cache = {
            fresh_for { seconds: 1 } tags: ["ride:{request.id}", "ride:{request.n}", "{request.id}/{request.id}", "all", "2x"] }; }
          rpc B(Request) returns (Response) { option (holdover.method).invalidates = "ride:{response.key}"; }
        }
        message Request { string id = 1; int64 n = 2; }
        message Response { string key = 1; }"#,
    );
    let names: Vec<String> = ir
        .tags
        .iter()
        .map(|tag| {
            let values = tag.parts.iter().filter_map(|part| match part {
                TagPart::Value { name, kind } => Some(format!("{name}: {}", kind.as_str_name())),
                TagPart::Literal(_) => None,
            });
            format!("{}({})", tag.name, values.collect::<Vec<_>>().join(", "))
        })
        .collect();
    assert_eq!(
        names,
        ["all()", "id(id: STRING, id_2: STRING)", "ride(id: STRING)", "ride_2(n: INT64)", "tag_2x()"]
    );
}
