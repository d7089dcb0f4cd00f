//! Where random scripts happen.

use std::collections::BTreeMap;

use holdover_testkit::vector::{AskWord, Credentials, Session, Vector};

/// The setting of every script: two accounts, one of them at two endpoints, and a hook that asks.
#[must_use]
pub fn setting() -> Vector {
    let pairs = |value: &str| BTreeMap::from([("authorization".to_owned(), value.to_owned())]);
    let ann = Session {
        user: Some("ann".into()),
        credentials: Credentials::Use(pairs("ann")),
        metadata: BTreeMap::from([("locale".into(), "en".into())]),
        varies: vec!["locale".into()],
        ..Session::default()
    };
    let bob = Session {
        user: Some("bob".into()),
        credentials: Credentials::Ask(AskWord::Ask),
        ..Session::default()
    };
    Vector {
        listen: Vec::new(),
        title: "A random script".into(),
        rules: BTreeMap::new(),
        why: None,
        sessions: BTreeMap::from([
            ("ann".into(), ann.clone()),
            ("ann at test".into(), Session { endpoint: Some("test".into()), ..ann }),
            ("bob".into(), bob),
        ]),
        quality: None,
        memory: None,
        disk: None,
        seed: 7,
        steps: Vec::new(),
    }
}
