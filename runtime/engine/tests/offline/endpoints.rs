//! Endpoints: each is offline by itself, sessions come to them, and pulls go out all the same (rule H4, reading 63).

use holdover_engine::{Account, Endpoint, Event, Input, Metadata, Session, SessionId, Source};

use crate::expected::{Expected, of_result};
use crate::rig::{ALICE, Rig};
use crate::ways::{WAYS, Way};

/// A session at an endpoint of its own.
const CAROL: SessionId = SessionId(3);

#[test]
fn one_endpoint_that_is_lost_says_nothing_of_another() {
    let mut rig = Rig::new();
    let config = Session {
        account: Account::user("carol"),
        endpoint: Endpoint::new("other"),
        metadata: Metadata::new(),
        varies: Vec::new(),
    };
    rig.input(Input::OpenSession { session: CAROL, config });
    rig.fetch(CAROL, "Wait", "r", "c");
    rig.go_offline(Way::Failures);
    let waits = rig.get(ALICE, "Wait", "r");
    let goes = rig.get(CAROL, "Wait", "other");
    rig.answer_last("2");
    assert!(rig.result(goes).unwrap().is_ok());
    assert_eq!(rig.result(waits), None, "an answer from elsewhere is no contact");
    assert_eq!(rig.events.iter().filter(|event| matches!(event, Event::Offline { .. })).count(), 1);
    rig.come_back(Way::Failures);
    rig.answer_last("1");
    assert_eq!(rig.result(waits).unwrap().unwrap().source, Source::Network);
}

#[test]
fn a_session_that_is_opened_while_offline_is_told_and_its_calls_go_when_the_network_is_back() {
    for way in [Way::Platform, Way::Pin] {
        for closed in [false, true] {
            let mut rig = Rig::new();
            rig.go_offline(way);
            let config = Session {
                account: Account::user("carol"),
                endpoint: Endpoint::new("other"),
                metadata: Metadata::new(),
                varies: Vec::new(),
            };
            rig.input(Input::OpenSession { session: CAROL, config });
            let op = rig.get(CAROL, "Wait", "r");
            let observer = rig.observe(CAROL, "Quote", "r");
            let stream = rig.stream(CAROL, "Watch", "r");
            rig.demand(stream, 1);
            if closed {
                rig.input(Input::CloseSession { session: CAROL });
            }
            assert!(rig.sends.is_empty());
            rig.come_back(way);
            let mut sent = rig.sent_since(0);
            sent.sort_unstable();
            assert_eq!(sent, ["Quote", "Wait", "Watch"], "{way:?}");
            let attempt = rig.sends.iter().find(|request| request.path.ends_with("Wait")).unwrap().attempt;
            rig.answer(attempt, "1");
            assert!(rig.result(op).unwrap().is_ok());
            assert!(!rig.states(observer).is_empty());
        }
    }
}

#[test]
fn pulling_goes_out_unless_the_network_is_said_to_be_away() {
    for way in WAYS {
        let mut rig = Rig::new();
        rig.fetch(ALICE, "Quote", "r", "1");
        let observer = rig.observe(ALICE, "Quote", "r");
        rig.go_offline(way);
        let sent = rig.sends.len();
        let op = rig.op();
        rig.input(Input::Refresh { op, observer });
        if way == Way::Failures {
            assert_eq!(rig.sent_since(sent), ["Quote"]);
            rig.answer_last("2");
            assert!(rig.has_event(|event| matches!(event, Event::Online { .. })), "success overrides");
        } else {
            assert_eq!(of_result(rig.result(op)), Expected::Offline, "{way:?}");
            assert_eq!(rig.sends.len(), sent);
        }
    }
}
