//! What is odd about protobuf's wire format, byte by byte.

mod plans;

use bytes::Bytes;
use holdover_wire::{KeyOutcome, Limits, PresenceError, Tag, TagPart, WireError};

use plans::plans;

fn prune(message: &[u8]) -> Result<Vec<u8>, WireError> {
    let pruned = plans(false).pruner.prune(&Bytes::copy_from_slice(message), &Limits::DEFAULT)?;
    assert_eq!(pruned.saved, message.len() - pruned.message.len());
    Ok(pruned.message.to_vec())
}

fn key(message: &[u8]) -> Option<Vec<u8>> {
    let mut key = Vec::new();
    match plans(false).keyer.key(message, &Limits::DEFAULT, &mut key).expect("the message is valid") {
        KeyOutcome::Keyed => Some(key),
        KeyOutcome::UnknownFields => None,
    }
}

#[test]
fn dropped_fields_go_and_lengths_shrink() {
    // id "a", name "b" | self { name "b", id "a" } | far "f"
    assert_eq!(prune(b"\x0a\x01a\x12\x01b").unwrap(), b"\x0a\x01a");
    assert_eq!(prune(b"\x1a\x06\x12\x01b\x0a\x01a").unwrap(), b"\x1a\x03\x0a\x01a");
    assert_eq!(prune(b"\xe2\x12\x01f\x0a\x01a").unwrap(), b"\x0a\x01a");
    // A message that loses everything is still there.
    assert_eq!(prune(b"\x22\x03\x12\x01b").unwrap(), b"\x22\x00");
    // A length of two bytes becomes one, at two levels.
    let inner = [b"\x12\x7e".as_slice(), &[b'b'; 126], b"\x0a\x01a"].concat();
    let middle = [b"\x1a\x83\x01".as_slice(), &inner].concat();
    let outer = [b"\x1a\x86\x01".as_slice(), &middle, b"\x0a\x01z"].concat();
    assert_eq!(prune(&outer).unwrap(), b"\x1a\x05\x1a\x03\x0a\x01a\x0a\x01z");
}

#[test]
fn groups_are_pruned_inside_and_skipped_whole() {
    // pair { name "b", id "a" } end
    assert_eq!(prune(b"\x33\x12\x01b\x0a\x01a\x34").unwrap(), b"\x33\x0a\x01a\x34");
    // self { pair { name "b" } end }
    assert_eq!(prune(b"\x1a\x05\x33\x12\x01b\x34").unwrap(), b"\x1a\x02\x33\x34");
    // An unknown group 20 with a group 21 in it, kept and dropped.
    let unknown = b"\xa3\x01\xab\x01\x12\x01b\xac\x01\xa4\x01";
    assert_eq!(prune(unknown).unwrap(), unknown);
    let dropped = plans(true).pruner.prune(&Bytes::from_static(unknown), &Limits::DEFAULT).unwrap();
    assert_eq!((&dropped.message[..], dropped.saved), (&b""[..], unknown.len()));
    // Ends that fit nothing.
    assert_eq!(prune(b"\x34"), Err(WireError::Group { at: 0 }));
    assert_eq!(prune(b"\x33\x3c"), Err(WireError::Group { at: 1 }));
    assert_eq!(prune(b"\xa3\x01\xac\x01"), Err(WireError::Group { at: 2 }));
    assert_eq!(prune(b"\x33\x0a\x01a"), Err(WireError::Truncated { at: 4 }));
    // A group does not end outside the message that it began in.
    assert_eq!(prune(b"\x1a\x01\x33\x34"), Err(WireError::Truncated { at: 3 }));
    // A message field that comes as a group, and a group that comes as a message: unknown to a decoder, and kept.
    assert_eq!(prune(b"\x32\x03\x12\x01b").unwrap(), b"\x32\x00");
}

#[test]
fn varints_may_be_long_but_not_endless() {
    // Key, length and value in more bytes than they need.
    assert_eq!(prune(b"\x92\x80\x00\x81\x00b\x0a\x01a").unwrap(), b"\x0a\x01a");
    assert_eq!(prune(b"\x9a\x00\x86\x80\x00\x12\x01b\x0a\x01a").unwrap(), b"\x9a\x00\x03\x0a\x01a");
    assert_eq!(prune(b"\x48\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01").unwrap().len(), 11);
    assert_eq!(prune(b"\x48\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), Err(WireError::Varint { at: 1 }));
    assert_eq!(prune(b"\x48\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"), Err(WireError::Varint { at: 1 }));
    assert_eq!(prune(b"\x48\x80"), Err(WireError::Truncated { at: 2 }));
}

#[test]
fn impossible_keys_are_errors() {
    assert_eq!(prune(b"\x00\x00"), Err(WireError::FieldNumber { at: 0 }));
    assert_eq!(prune(b"\x02\x00"), Err(WireError::FieldNumber { at: 0 }));
    assert_eq!(prune(b"\x80\x00\x00"), Err(WireError::FieldNumber { at: 0 }));
    assert_eq!(prune(b"\x80\x80\x80\x80\x10\x00"), Err(WireError::FieldNumber { at: 0 }), "2^29");
    assert_eq!(prune(b"\xf8\xff\xff\xff\x0f\x00").unwrap().len(), 6, "2^29 - 1");
    assert_eq!(prune(b"\x0e"), Err(WireError::WireType { at: 0 }));
    assert_eq!(prune(b"\x0f"), Err(WireError::WireType { at: 0 }));
}

#[test]
fn lengths_past_the_end_are_errors() {
    for message in [
        &b"\x0a"[..],
        b"\x0a\x02a",
        b"\x0a\xff\xff\xff\xff\x0f",
        b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        b"\x09\x00\x00\x00\x00\x00\x00\x00",
        b"\x0d\x00\x00\x00",
        b"\x48",
        // Inside a nested message, with bytes of the outer one behind.
        b"\x1a\x02\x0a\x01a",
        b"\x1a\x01\x48\x00",
        b"\x1a\x02\x12\x01b",
    ] {
        assert!(matches!(prune(message), Err(WireError::Truncated { .. })), "{message:02x?}");
    }
}

#[test]
fn nesting_and_size_are_bounded() {
    let nested = |depth: usize| {
        let mut message = Vec::new();
        for _ in 1..depth {
            let mut outer = vec![0x1a];
            prost::encoding::encode_varint(message.len() as u64, &mut outer);
            outer.extend(message);
            message = outer;
        }
        message
    };
    let too_deep = WireError::TooDeep { limit: 100 };
    assert!(prune(&nested(100)).is_ok());
    assert_eq!(prune(&nested(101)), Err(too_deep));
    assert!(key(&nested(100)).is_some());
    let mut out = Vec::new();
    assert_eq!(plans(false).keyer.key(&nested(101), &Limits::DEFAULT, &mut out), Err(too_deep));
    // Groups, known and unknown, and a great many of them.
    for open in [&b"\x33"[..], b"\xa3\x01"] {
        assert_eq!(prune(&open.repeat(1_000_000)), Err(too_deep));
    }
    let limits = Limits { max_bytes: 2, ..Limits::DEFAULT };
    assert_eq!(
        plans(false).pruner.prune(&Bytes::from_static(b"\x0a\x01a"), &limits),
        Err(WireError::TooLarge { size: 3, limit: 2 })
    );
    let limits = Limits { max_items: 2, ..Limits::DEFAULT };
    let list = b"\x2a\x00\x2a\x00\x2a\x00";
    assert_eq!(plans(false).keyer.key(list, &limits, &mut out), Err(WireError::TooManyItems { limit: 2 }));
}

#[test]
fn the_last_member_of_a_oneof_wins_and_the_others_are_forgotten() {
    // left { id "a" }, right {}: left is not set, though its bytes are there.
    assert_eq!(key(b"\x3a\x03\x0a\x01a\x42\x00"), key(b"\x42\x00"));
    assert_ne!(key(b"\x42\x00\x3a\x03\x0a\x01a"), key(b"\x42\x00"));
    // left { name "b" }, right {}, left { id "a" }: the name is gone.
    let message = b"\x3a\x03\x12\x01b\x42\x00\x3a\x03\x0a\x01a";
    match plans(false).presence.check(message, &Limits::DEFAULT) {
        Err(PresenceError::Missing(missing)) => {
            assert_eq!(missing.paths, ["left.name"]);
            assert_eq!(
                missing.to_string(),
                "the response lacks what its API promises: left.name; ask the owner of the API"
            );
        }
        other => panic!("{other:?}"),
    }
    // left { name "b" }, left { id "a" }: they merge.
    assert_eq!(plans(false).presence.check(b"\x3a\x03\x12\x01b\x3a\x03\x0a\x01a", &Limits::DEFAULT), Ok(()));
    assert_eq!(plans(false).presence.check(b"\x42\x00", &Limits::DEFAULT), Ok(()));
    match plans(false).presence.check(b"", &Limits::DEFAULT) {
        Err(PresenceError::Missing(missing)) => assert_eq!(missing.paths, ["side"]),
        other => panic!("{other:?}"),
    }
}

#[test]
fn keys_see_meaning_and_not_encoding() {
    // A key that leaves `name` out, and an empty key that is not no key.
    assert_eq!(key(b"\x0a\x01a\x12\x01b"), key(b"\x0a\x01a"));
    assert_ne!(key(b"\x0a\x00"), key(b""));
    assert_eq!(key(b"\x48\x00"), key(b""), "a zero of implicit presence is absent");
    assert_eq!(key(b"\x0a\x01x\x0a\x01a"), key(b"\x0a\x01a"), "the last scalar wins");
    // self { id "a" } self { count 1 }
    assert_eq!(key(b"\x1a\x03\x0a\x01a\x1a\x02\x48\x01"), key(b"\x1a\x05\x48\x01\x0a\x01a"));
    // texts { 1: "a" }, texts { 2: "b" }: in any order; a key said twice counts once; parts may be missing.
    assert_eq!(
        key(b"\x2a\x05\x08\x01\x12\x01a\x2a\x05\x08\x02\x12\x01b"),
        key(b"\x2a\x05\x08\x02\x12\x01b\x2a\x05\x12\x01a\x08\x01")
    );
    assert_eq!(key(b"\x2a\x05\x08\x01\x12\x01x\x2a\x05\x08\x01\x12\x01a"), key(b"\x2a\x05\x08\x01\x12\x01a"));
    assert_eq!(key(b"\x2a\x04\x08\x00\x12\x00"), key(b"\x2a\x00"));
    assert_ne!(key(b"\x2a\x00"), key(b""));
    // Lengths keep neighbours apart: id "a" with count 1 is not id "aH" and so on.
    assert_ne!(key(b"\x0a\x02ab"), key(b"\x0a\x01a\x1a\x00"));
}

#[test]
fn requests_with_unknown_fields_have_no_key() {
    assert_eq!(key(b"\xa0\x01\x05"), None, "at the top");
    assert_eq!(key(b"\x1a\x03\xa0\x01\x05"), None, "in a keyed message");
    assert_eq!(key(b"\x2a\x02\x18\x05"), None, "in a map entry");
    assert_eq!(key(b"\x08\x05"), None, "a known number with another wire type");
    assert!(key(b"\x22\x03\xa0\x01\x05").is_some(), "what is in an ignored message does not matter");
    let mut out = b"before".to_vec();
    assert_eq!(
        plans(false).keyer.key(b"\x0a\x01a\x1a\x03\xa0\x01\x05", &Limits::DEFAULT, &mut out),
        Ok(KeyOutcome::UnknownFields)
    );
    assert_eq!(out, b"before");
}

#[test]
fn a_template_renders_every_combination_once() {
    let render =
        |request: &[u8], response: &[u8], limits: &Limits| plans(false).tag.render(request, response, limits);
    let tag = |text: &str, count: &str| {
        let text = holdover_wire::json::string(text);
        let parts =
            [TagPart::Literal("t:"), TagPart::Value(&text), TagPart::Literal("/"), TagPart::Value(count)];
        Tag::from_parts(&parts)
    };
    // texts { 1: "a", 2: "b", 3: "a" }, list { count 5 } { count -1 } { }
    let request = b"\x2a\x05\x08\x01\x12\x01a\x2a\x05\x08\x02\x12\x01b\x2a\x05\x08\x03\x12\x01a";
    let response = b"\x22\x02\x48\x05\x22\x0b\x48\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x22\x00";
    let mut expected = vec![tag("a", "5"), tag("a", "-1"), tag("b", "5"), tag("b", "-1")];
    expected.sort();
    assert_eq!(render(request, response, &Limits::DEFAULT), Ok(expected));
    assert_eq!(render(b"", response, &Limits::DEFAULT), Ok(vec![]), "an unset field gives no tag");
    // A map entry without a value has the default value.
    assert_eq!(render(b"\x2a\x02\x08\x01", b"\x22\x02\x48\x05", &Limits::DEFAULT), Ok(vec![tag("", "5")]));
    let limits = Limits { max_tags: 3, ..Limits::DEFAULT };
    assert_eq!(render(request, response, &limits), Err(WireError::TooManyTags { limit: 3 }));
    let limits = Limits { max_bytes: 40, ..Limits::DEFAULT };
    let long = b"\x2a\x22\x12\x20aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    assert!(matches!(
        render(long, b"\x22\x02\x48\x05\x22\x02\x48\x06", &limits),
        Err(WireError::TooLarge { .. })
    ));
}

#[test]
fn no_two_renderings_collide() {
    let literal = TagPart::Literal;
    let value = TagPart::Value;
    assert_ne!(Tag::from_parts(&[literal("a"), value("1")]), Tag::from_parts(&[literal("a1")]));
    assert_ne!(Tag::from_parts(&[value("1"), value("23")]), Tag::from_parts(&[value("12"), value("3")]));
    assert_ne!(Tag::from_parts(&[value("5")]), Tag::from_parts(&[value("\"5\"")]));
    assert_eq!(
        Tag::from_parts(&[literal("a"), literal(""), literal("b"), value("1")]),
        Tag::from_parts(&[literal("ab"), value("1")])
    );
    assert_eq!(Tag::from_parts(&[literal("ab"), value("1")]).as_bytes(), b"\x00\x02ab\x01\x011");
    assert_eq!(holdover_wire::json::string("a\"\\\n\u{1}/é"), r#""a\"\\\n\u0001/é""#);
    for (bytes, text) in
        [(&b""[..], ""), (b"f", "Zg=="), (b"fo", "Zm8="), (b"foo", "Zm9v"), (b"\xff\xfe\xfd\xfc", "//79/A==")]
    {
        assert_eq!(holdover_wire::json::bytes(bytes), format!("\"{text}\""));
    }
}

#[test]
fn a_mask_is_filled_in_only_where_there_is_none() {
    let plans = plans(false);
    let fill = |request: &[u8]| {
        let mut filled = request.to_vec();
        let done = plans.mask.fill(&mut filled, &["id", "list"], &Limits::DEFAULT).unwrap();
        assert_eq!(done, filled.len() > request.len());
        (filled, done)
    };
    let mask = b"\x1a\x0c\x52\x0a\x0a\x02id\x0a\x04list";
    assert_eq!(fill(b"\x0a\x01a"), ([b"\x0a\x01a", &mask[..]].concat(), true));
    // self is there, and so is an empty mask.
    assert!(fill(b"\x1a\x05\x0a\x01a\x52\x00").1);
    // The caller's mask, in a second part of the message.
    assert!(!fill(b"\x1a\x00\x1a\x05\x52\x03\x0a\x01x").1);
    let mut broken = b"\x1a\x05".to_vec();
    assert!(plans.mask.fill(&mut broken, &["id"], &Limits::DEFAULT).is_err());
    assert_eq!(broken, b"\x1a\x05");
}
