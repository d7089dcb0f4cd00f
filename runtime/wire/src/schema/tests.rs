//! Policies that must be refused, each made from one that is accepted.

use holdover_annotations::policy::{self, field, prune_field::Action, template};

use super::Schema;

fn field(number: u32, name: &str, kind: field::Kind, presence: field::Presence) -> policy::Field {
    policy::Field {
        number,
        name: name.into(),
        kind: kind as i32,
        presence: presence as i32,
        ..Default::default()
    }
}

fn message(number: u32, name: &str, presence: field::Presence, index: u32) -> policy::Field {
    policy::Field { r#type: index, ..field(number, name, field::Kind::Message, presence) }
}

/// Types 0 `a.Entry` (a map entry to `a.Message`), 1 `a.Message`, 2 `google.protobuf.FieldMask`.
fn policy() -> policy::PolicySet {
    use field::Kind::{Double, Int32, String};
    use field::Presence::{Explicit, Implicit, Repeated};
    let entry = policy::MessageType {
        name: "a.Entry".into(),
        fields: vec![field(1, "key", String, Implicit), message(2, "value", Explicit, 1)],
        map_entry: true,
        ..Default::default()
    };
    let member = |number, name| policy::Field { oneof: 1, ..field(number, name, Int32, Explicit) };
    let a = policy::MessageType {
        name: "a.Message".into(),
        fields: vec![
            field(1, "id", String, Explicit),
            field(2, "name", String, Implicit),
            message(3, "self", Explicit, 1),
            message(4, "map", Repeated, 0),
            member(5, "one"),
            member(6, "other"),
            field(7, "weight", Double, Explicit),
            message(8, "mask", Explicit, 2),
        ],
        oneofs: vec!["choice".into()],
        ..Default::default()
    };
    let mask = policy::MessageType {
        name: "google.protobuf.FieldMask".into(),
        fields: vec![field(1, "paths", String, Repeated)],
        ..Default::default()
    };
    let drop = |number| policy::PruneField { number, action: Some(Action::Drop(true)) };
    let descend = |number, node| policy::PruneField { number, action: Some(Action::Descend(node)) };
    let path = |numbers: &[u32]| policy::Path { r#type: 1, numbers: numbers.into(), text: "path".into() };
    let method = policy::Method {
        service: "a.Service".into(),
        name: "Get".into(),
        request_type: 1,
        response_type: 1,
        cache: Some(policy::Cache {
            key: Some(policy::KeyPlan {
                nodes: vec![
                    policy::KeyNode {
                        r#type: 1,
                        fields: vec![
                            policy::KeyField { number: 1, node: 0 },
                            policy::KeyField { number: 3, node: 1 },
                            policy::KeyField { number: 4, node: 2 },
                        ],
                    },
                    policy::KeyNode {
                        r#type: 0,
                        fields: vec![
                            policy::KeyField { number: 1, node: 0 },
                            policy::KeyField { number: 2, node: 1 },
                        ],
                    },
                ],
            }),
            tags: vec![policy::Template {
                parts: vec![template::Part { part: Some(template::part::Part::Request(path(&[4, 2, 1]))) }],
                text: "{request.map.id}".into(),
            }],
            ..Default::default()
        }),
        detail: Some(policy::Detail {
            response: Some(policy::PrunePlan {
                nodes: vec![
                    policy::PruneNode {
                        r#type: 1,
                        fields: vec![drop(2), descend(3, 0), descend(4, 1), drop(5), drop(6)],
                        drop_unknown: true,
                    },
                    policy::PruneNode { r#type: 0, fields: vec![descend(2, 0)], drop_unknown: false },
                ],
                hash: "0123456789abcdef0123456789abcdef".into(),
                mask_paths: vec!["id".into(), "map.*.self".into()],
            }),
            signal: Some(policy::detail::Signal::ReadMask(path(&[3, 8]))),
            ..Default::default()
        }),
        presence: Some(policy::PresencePlan {
            nodes: vec![
                policy::PresenceNode {
                    r#type: 1,
                    required: vec![1],
                    required_oneofs: vec![0],
                    fields: vec![
                        policy::PresenceField { number: 3, node: 0 },
                        policy::PresenceField { number: 4, node: 1 },
                    ],
                },
                policy::PresenceNode {
                    r#type: 0,
                    fields: vec![policy::PresenceField { number: 2, node: 0 }],
                    ..Default::default()
                },
            ],
        }),
        ..Default::default()
    };
    policy::PolicySet {
        format_version: 1,
        types: vec![entry, a, mask],
        methods: vec![method],
        compiler: "test".into(),
    }
}

#[test]
fn a_correct_policy_is_compiled() {
    let schema = Schema::new(&policy()).unwrap();
    let method = schema.method("/a.Service/Get").unwrap();
    assert_eq!(method.path(), "/a.Service/Get");
    assert!(method.key().is_some() && method.presence().is_some() && method.read_mask().is_some());
    assert_eq!(method.tags().len(), 1);
    assert!(method.request_pruner().is_none() && method.invalidates().is_empty());
    let pruner = method.response_pruner().unwrap();
    assert_eq!(pruner.hash(), "0123456789abcdef0123456789abcdef");
    assert!(
        pruner.drops(&[2]) && pruner.drops(&[3, 3, 2]) && pruner.drops(&[4, 2, 2]) && pruner.drops(&[99])
    );
    assert!(!pruner.drops(&[1]) && !pruner.drops(&[3]) && !pruner.drops(&[4, 2, 1]) && !pruner.drops(&[]));
    assert!(schema.method("/a.Service/Put").is_none());
}

/// What the error says, and the change that makes it.
type Case<T> = (&'static str, fn(&mut T));

/// A policy with one thing changed.
fn refused(change: impl FnOnce(&mut policy::PolicySet)) -> String {
    let mut policy = policy();
    change(&mut policy);
    Schema::new(&policy).expect_err("the policy is wrong").to_string()
}

fn plan(policy: &mut policy::PolicySet) -> &mut policy::PrunePlan {
    policy.methods[0].detail.as_mut().unwrap().response.as_mut().unwrap()
}

fn key(policy: &mut policy::PolicySet) -> &mut policy::KeyPlan {
    policy.methods[0].cache.as_mut().unwrap().key.as_mut().unwrap()
}

fn presence(policy: &mut policy::PolicySet) -> &mut policy::PresencePlan {
    policy.methods[0].presence.as_mut().unwrap()
}

fn tag(policy: &mut policy::PolicySet) -> &mut policy::Path {
    let cache = policy.methods[0].cache.as_mut().unwrap();
    match &mut cache.tags[0].parts[0].part {
        Some(template::part::Part::Request(path)) => path,
        _ => unreachable!("the tag is a path"),
    }
}

#[test]
fn errors_name_the_place_the_problem_and_the_way_out() {
    assert_eq!(
        refused(|policy| plan(policy).nodes[1].fields[0].action = Some(Action::Descend(7))),
        "the policy is not usable: a.Service/Get, detail.response: node 1: field 2: its node does not exist; \
         generate it again with the compiler of this release"
    );
}

#[test]
fn wrong_types_are_refused() {
    let cases: [Case<policy::PolicySet>; 13] = [
        ("format_version", |policy| policy.format_version = 2),
        ("not sorted before", |policy| policy.types.swap(0, 2)),
        ("not sorted by number", |policy| policy.types[1].fields.swap(0, 1)),
        ("not sorted by number", |policy| policy.types[1].fields[0].number = 0),
        ("not sorted by number", |policy| policy.types[1].fields[7].number = 1 << 29),
        ("kind is unknown", |policy| policy.types[1].fields[0].kind = 19),
        ("presence is unknown", |policy| policy.types[1].fields[0].presence = 0),
        ("type does not exist", |policy| policy.types[1].fields[2].r#type = 3),
        ("explicit presence", |policy| policy.types[1].fields[2].presence = 1),
        ("repeated message field", |policy| policy.types[1].fields[3].presence = 2),
        ("oneof does not exist", |policy| policy.types[1].fields[4].oneof = 2),
        ("a map entry has", |policy| policy.types[0].fields[0].kind = field::Kind::Float as i32),
        ("name is empty", |policy| policy.types[1].fields[0].name.clear()),
    ];
    for (expected, change) in cases {
        let error = refused(change);
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn wrong_methods_are_refused() {
    let cases: [Case<policy::PolicySet>; 5] = [
        ("occurs twice", |policy| policy.methods.push(policy.methods[0].clone())),
        ("do not stand together", |policy| {
            for (service, name) in [("b.Service", "Get"), ("a.Service", "Other")] {
                let (service, name) = (service.into(), name.into());
                policy.methods.push(policy::Method { service, name, ..policy.methods[0].clone() });
            }
        }),
        ("has a slash", |policy| policy.methods[0].name = "Get/Put".into()),
        ("request_type: the type does not exist", |policy| policy.methods[0].request_type = 9),
        ("response_type: the type does not exist", |policy| policy.methods[0].response_type = 9),
    ];
    for (expected, change) in cases {
        let error = refused(change);
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn wrong_prune_plans_are_refused() {
    let cases: [Case<policy::PrunePlan>; 12] = [
        ("node 0 is not the message", |plan| plan.nodes.clear()),
        ("node 0 is not the message", |plan| plan.nodes.swap(0, 1)),
        ("32 lower-case hex digits", |plan| plan.hash = "0123456789ABCDEF0123456789ABCDEF".into()),
        ("a mask path", |plan| plan.mask_paths.push("a,b".into())),
        ("not sorted", |plan| plan.nodes[0].fields.swap(0, 1)),
        ("no such field", |plan| plan.nodes[0].fields[4].number = 9),
        ("no action", |plan| plan.nodes[0].fields[0].action = None),
        ("not a message", |plan| plan.nodes[0].fields[0].action = Some(Action::Descend(0))),
        ("is for `a.Entry`", |plan| plan.nodes[0].fields[1].action = Some(Action::Descend(1))),
        ("oneof `choice` is dropped in part", |plan| _ = plan.nodes[0].fields.pop()),
        ("parts of a map entry", |plan| plan.nodes[1].fields[0].action = Some(Action::Drop(true))),
        ("unknown parts of a map entry", |plan| plan.nodes[1].drop_unknown = true),
    ];
    for (expected, change) in cases {
        let error = refused(|policy| change(plan(policy)));
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn wrong_key_plans_are_refused() {
    let cases: [Case<policy::KeyPlan>; 6] = [
        ("node 0 is not the request", |plan| plan.nodes.clear()),
        ("not sorted", |plan| plan.nodes[0].fields.swap(0, 1)),
        ("no such field", |plan| plan.nodes[0].fields[2].number = 99),
        ("has no node", |plan| plan.nodes[0].fields[0].node = 1),
        ("node does not exist", |plan| plan.nodes[0].fields[1].node = 0),
        ("is for `a.Entry`", |plan| plan.nodes[0].fields[1].node = 2),
    ];
    for (expected, change) in cases {
        let error = refused(|policy| change(key(policy)));
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn wrong_presence_plans_are_refused() {
    let cases: [Case<policy::PresencePlan>; 9] = [
        ("node 0 is not the response", |plan| plan.nodes.clear()),
        ("not sorted", |plan| plan.nodes[0].required = vec![1, 1]),
        ("no field 99", |plan| plan.nodes[0].required = vec![99]),
        ("cannot be observed", |plan| plan.nodes[0].required = vec![2]),
        ("cannot be observed", |plan| plan.nodes[0].required = vec![4]),
        ("cannot be observed", |plan| plan.nodes[0].required = vec![5]),
        ("no oneof 1", |plan| plan.nodes[0].required_oneofs = vec![1]),
        ("node does not exist", |plan| plan.nodes[0].fields[0].node = 2),
        ("leads to the value", |plan| plan.nodes[1].required = vec![2]),
    ];
    for (expected, change) in cases {
        let error = refused(|policy| change(presence(policy)));
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn wrong_paths_are_refused() {
    let cases: [(&str, &[u32]); 7] = [
        ("it is empty", &[]),
        ("a field that does not exist", &[9]),
        ("it ends at a message", &[3]),
        ("it ends at a map", &[4]),
        ("it ends at a message", &[4, 2]),
        ("floating-point", &[7]),
        ("it goes on after a scalar", &[1, 1]),
    ];
    for (expected, numbers) in cases {
        let error = refused(|policy| tag(policy).numbers = numbers.into());
        assert!(error.contains(expected), "{error}");
    }
    let error = refused(|policy| tag(policy).r#type = 0);
    assert!(error.contains("starts at another type"), "{error}");

    for (expected, numbers) in
        [("FieldMask", &[3][..]), ("singular messages", &[4, 2]), ("singular messages", &[1]), ("empty", &[])]
    {
        let error = refused(|policy| {
            let path = policy::Path { r#type: 1, numbers: numbers.into(), text: "mask".into() };
            policy.methods[0].detail.as_mut().unwrap().signal = Some(policy::detail::Signal::ReadMask(path));
        });
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_mask_in_a_group_is_refused() {
    let error = refused(|policy| policy.types[1].fields[2].kind = field::Kind::Group as i32);
    assert!(error.contains("singular messages"), "{error}");
}

#[test]
fn a_small_policy_cannot_ask_for_a_huge_table() {
    let error = refused(|policy| {
        policy.types[1].fields.push(field(500, "far", field::Kind::Bool, field::Presence::Explicit));
        let node = plan(policy).nodes[0].clone();
        plan(policy).nodes.extend(std::iter::repeat_n(node, 40_000));
    });
    assert!(error.contains("too large"), "{error}");
}
