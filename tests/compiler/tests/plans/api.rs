//! Random APIs, and how they are written down.

use proptest::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Importance {
    Enriching,
    Kept,
    Required,
}

impl Importance {
    fn word(self) -> &'static str {
        match self {
            Self::Enriching => "ENRICHING",
            Self::Kept => "KEPT",
            Self::Required => "REQUIRED",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Text,
    Message(usize),
    List(usize),
    Map(usize),
}

/// A message with fields `f1`, `f2`, … and perhaps a oneof `pick` of a text `o1` and a message `o2`.
#[derive(Clone, Debug)]
pub(crate) struct Type {
    pub(crate) default: Option<Importance>,
    pub(crate) fields: Vec<(Shape, Option<Importance>)>,
    pub(crate) pick: Option<(usize, Option<Importance>)>,
}

#[derive(Clone, Debug)]
pub(crate) struct Api {
    pub(crate) types: Vec<Type>,
    pub(crate) overrides: Vec<(String, Importance)>,
    pub(crate) keep: Vec<String>,
}

const TYPES: usize = 3;

fn mark(may_be_required: bool) -> impl Strategy<Value = Option<Importance>> {
    let strongest = if may_be_required { Importance::Required } else { Importance::Kept };
    prop_oneof![
        4 => Just(None),
        2 => Just(Some(Importance::Enriching)),
        1 => Just(Some(Importance::Kept)),
        1 => Just(Some(strongest)),
    ]
}

fn field() -> impl Strategy<Value = (Shape, Option<Importance>)> {
    prop_oneof![
        (Just(Shape::Text), mark(true)),
        ((0..TYPES).prop_map(Shape::Message), mark(true)),
        ((0..TYPES).prop_map(Shape::List), mark(false)),
        ((0..TYPES).prop_map(Shape::Map), mark(false)),
    ]
}

fn message_type() -> impl Strategy<Value = Type> {
    let pick = proptest::option::of((0..TYPES, mark(true)));
    (mark(false), proptest::collection::vec(field(), 1..5), pick).prop_map(|(default, fields, pick)| Type {
        default,
        fields,
        pick,
    })
}

pub(crate) fn api() -> impl Strategy<Value = Api> {
    let path = proptest::collection::vec(any::<usize>(), 1..4);
    let importance = prop_oneof![Just(Importance::Enriching), Just(Importance::Kept)];
    (
        proptest::collection::vec(message_type(), TYPES),
        proptest::collection::vec((path.clone(), importance), 0..3),
        proptest::collection::vec(path, 0..3),
    )
        .prop_map(|(types, overrides, keep)| Api {
            // One override a path: two are refused.
            overrides: overrides
                .into_iter()
                .map(|(path, i)| (name(&types, &path), i))
                .collect::<std::collections::BTreeMap<_, _>>()
                .into_iter()
                .collect(),
            keep: keep.into_iter().map(|path| name(&types, &path)).collect(),
            types,
        })
}

/// A path that exists, by choices. It never ends at one member of the oneof.
fn name(types: &[Type], choices: &[usize]) -> String {
    let mut at = 0;
    let mut names = Vec::new();
    for (step, choice) in choices.iter().enumerate() {
        let fields = &types[at].fields;
        let choice = choice % (fields.len() + usize::from(types[at].pick.is_some()));
        let last = step + 1 == choices.len();
        match fields.get(choice) {
            None if last => names.push("pick".to_owned()),
            None => {
                names.push("o2".to_owned());
                at = types[at].pick.expect("the choice after the fields is the oneof").0;
            }
            Some((shape, _)) => {
                names.push(format!("f{}", choice + 1));
                match shape {
                    Shape::Text => break,
                    Shape::Message(to) | Shape::List(to) | Shape::Map(to) => at = *to,
                }
            }
        }
    }
    // The loop may end after `o2` only if more steps follow, and they always do.
    names.join(".")
}

pub(crate) fn proto(api: &Api, reversed: bool) -> String {
    let option = |mark: &Option<Importance>| match mark {
        Some(mark) => format!(" [(holdover.field).importance = {}]", mark.word()),
        None => String::new(),
    };
    let message = |(index, message): (usize, &Type)| {
        let mut lines: Vec<String> = message
            .fields
            .iter()
            .zip(1..)
            .map(|((shape, mark), number)| {
                let shape = match shape {
                    Shape::Text => "optional string".to_owned(),
                    Shape::Message(to) => format!("T{to}"),
                    Shape::List(to) => format!("repeated T{to}"),
                    Shape::Map(to) => format!("map<string, T{to}>"),
                };
                format!("{shape} f{number} = {number}{};", option(mark))
            })
            .collect();
        if let Some((to, mark)) = &message.pick {
            let mark =
                mark.map_or(String::new(), |m| format!("option (holdover.oneof).importance = {};", m.word()));
            let (one, two) = ("string o1 = 10;".to_owned(), format!("T{to} o2 = 11;"));
            let (one, two) = if reversed { (two, one) } else { (one, two) };
            lines.push(format!("oneof pick {{ {mark} {one} {two} }}"));
        }
        if reversed {
            lines.reverse();
        }
        let default = message.default.map_or(String::new(), |m| {
            format!("option (holdover.message).default_importance = {};", m.word())
        });
        format!("message T{index} {{ {default}\n{}\n}}", lines.join("\n"))
    };
    let mut messages: Vec<String> = api.types.iter().enumerate().map(message).collect();
    if reversed {
        messages.reverse();
    }
    let overrides: Vec<String> = api
        .overrides
        .iter()
        .map(|(path, importance)| {
            format!("response {{ path: \"{path}\" importance: {} }}", importance.word())
        })
        .collect();
    let keep: Vec<String> = api.keep.iter().map(|path| format!("keep: \"{path}\"")).collect();
    format!(
        "syntax = \"proto3\"; package t; import \"holdover/annotations.proto\";
         service S {{ rpc M(Request) returns (T0) {{
           option idempotency_level = NO_SIDE_EFFECTS;
           option (holdover.method).cache.fresh_for.seconds = 1;
           option (holdover.method).detail = {{ {} {} }};
         }} }}
         message Request {{ T1 one = 1; }}
         {}",
        overrides.join(" "),
        keep.join(" "),
        messages.join("\n")
    )
}
