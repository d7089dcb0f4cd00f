//! Plans over one small type, written by hand.

use holdover_annotations::policy::{self, field, prune_field::Action, template};
use holdover_wire::{Keyer, Presence, Pruner, ReadMask, Schema, Template};

/// What one method of a small type knows: `id` 1, `name` 2 (dropped), `self` 3, `list` 4 of the type itself, `texts` 5 a map
/// to strings, `pair` 6 a group of the type itself, a oneof of `left` 7 and `right` 8 (both the type itself), `count` 9
/// (implicit presence), `mask` 10 and `far` 300 (dropped).
pub(crate) struct Plans {
    pub(crate) keyer: Keyer,
    pub(crate) presence: Presence,
    pub(crate) pruner: Pruner,
    pub(crate) mask: ReadMask,
    pub(crate) tag: Template,
}

pub(crate) fn plans(drop_unknown: bool) -> Plans {
    let schema = Schema::new(&policy(drop_unknown)).expect("the policy is valid");
    let method = &schema.methods()[0];
    Plans {
        keyer: method.key().expect("the policy has one").clone(),
        presence: method.presence().expect("the policy has one").clone(),
        pruner: method.response_pruner().expect("the policy has one").clone(),
        mask: method.read_mask().expect("the policy has one").clone(),
        tag: method.tags()[0].clone(),
    }
}

/// The policy of that method.
pub(crate) fn policy(drop_unknown: bool) -> policy::PolicySet {
    use field::Presence::{Explicit, Implicit, Repeated};
    use field::{Kind, Presence as P};
    let scalar = |number, name: &str, kind: Kind, presence: P| policy::Field {
        number,
        name: name.into(),
        kind: kind as i32,
        presence: presence as i32,
        ..Default::default()
    };
    let message = |number, name: &str, kind, presence, index, oneof| policy::Field {
        r#type: index,
        oneof,
        ..scalar(number, name, kind, presence)
    };
    let types = vec![
        policy::MessageType {
            name: "google.protobuf.FieldMask".into(),
            fields: vec![scalar(1, "paths", Kind::String, Repeated)],
            ..Default::default()
        },
        policy::MessageType {
            name: "t.Entry".into(),
            fields: vec![scalar(1, "key", Kind::Int32, Implicit), scalar(2, "value", Kind::String, Implicit)],
            map_entry: true,
            ..Default::default()
        },
        policy::MessageType {
            name: "t.Message".into(),
            fields: vec![
                scalar(1, "id", Kind::String, Explicit),
                scalar(2, "name", Kind::String, Explicit),
                message(3, "self", Kind::Message, Explicit, 2, 0),
                message(4, "list", Kind::Message, Repeated, 2, 0),
                message(5, "texts", Kind::Message, Repeated, 1, 0),
                message(6, "pair", Kind::Group, Explicit, 2, 0),
                message(7, "left", Kind::Message, Explicit, 2, 1),
                message(8, "right", Kind::Message, Explicit, 2, 1),
                scalar(9, "count", Kind::Int64, Implicit),
                message(10, "mask", Kind::Message, Explicit, 0, 0),
                scalar(300, "far", Kind::String, Explicit),
            ],
            oneofs: vec!["side".into()],
            ..Default::default()
        },
    ];
    let descend = |number| policy::PruneField { number, action: Some(Action::Descend(0)) };
    let drop = |number| policy::PruneField { number, action: Some(Action::Drop(true)) };
    let keyed = |number, node| policy::KeyField { number, node };
    let path = |numbers: &[u32]| policy::Path { r#type: 2, numbers: numbers.into(), text: "path".into() };
    let part = |part| template::Part { part: Some(part) };
    let method = policy::Method {
        service: "t.Service".into(),
        name: "Get".into(),
        request_type: 2,
        response_type: 2,
        cache: Some(policy::Cache {
            key: Some(policy::KeyPlan {
                nodes: vec![
                    policy::KeyNode {
                        r#type: 2,
                        fields: vec![keyed(1, 0), keyed(3, 1), keyed(5, 2), keyed(7, 1), keyed(9, 0)],
                    },
                    policy::KeyNode { r#type: 1, fields: vec![keyed(1, 0), keyed(2, 0)] },
                ],
            }),
            tags: vec![policy::Template {
                parts: vec![
                    part(template::part::Part::Literal("t:".into())),
                    part(template::part::Part::Request(path(&[5, 2]))),
                    part(template::part::Part::Literal("/".into())),
                    part(template::part::Part::Response(path(&[4, 9]))),
                ],
                text: "t:{request.texts}/{response.list.count}".into(),
            }],
            ..Default::default()
        }),
        presence: Some(policy::PresencePlan {
            nodes: vec![
                policy::PresenceNode {
                    r#type: 2,
                    required: vec![],
                    required_oneofs: vec![0],
                    fields: vec![policy::PresenceField { number: 7, node: 1 }],
                },
                policy::PresenceNode { r#type: 2, required: vec![1, 2], ..Default::default() },
            ],
        }),
        detail: Some(policy::Detail {
            response: Some(policy::PrunePlan {
                nodes: vec![policy::PruneNode {
                    r#type: 2,
                    fields: vec![drop(2), descend(3), descend(4), descend(6), descend(7), drop(300)],
                    drop_unknown,
                }],
                hash: "00000000000000000000000000000000".into(),
                mask_paths: vec![],
            }),
            signal: Some(policy::detail::Signal::ReadMask(path(&[3, 10]))),
            ..Default::default()
        }),
        ..Default::default()
    };
    policy::PolicySet { format_version: 1, types, methods: vec![method], compiler: String::new() }
}
