//! Streams and moves to another network (rule J2; readings 47 and 51).

use std::time::Duration;

use holdover_engine::{Event, Input, Interface, Platform, Reachability};

use crate::rig::{ALICE, Rig};

const S: Duration = Duration::from_secs(1);

fn on_path(rig: &mut Rig, path: u64) {
    rig.input(Input::Platform(Platform {
        reachability: Reachability::Reachable,
        interface: Interface::Wifi,
        path,
        ..Platform::default()
    }));
}

#[test]
fn a_storm_of_moves_opens_a_stream_anew_once_in_five_seconds() {
    for method in ["Watch", "Follow"] {
        let mut rig = Rig::new();
        on_path(&mut rig, 0);
        let op = rig.stream(ALICE, method, "r1");
        rig.demand(op, 100);
        rig.head_last();
        for path in 1..=600 {
            on_path(&mut rig, path);
            let sent = rig.sends.len();
            rig.pass(S / 10);
            if rig.sends.len() > sent {
                rig.head_last();
            }
        }
        assert!((12..=14).contains(&rig.sends.len()), "{method}: {} in a minute", rig.sends.len());
        // It ends up on the newest, and stays there.
        let sent = rig.sends.len();
        rig.pass(5 * S);
        assert_eq!(rig.sends.len(), sent + 1, "{method}");
        rig.head_last();
        rig.pass(50 * S);
        assert_eq!((rig.sends.len(), rig.ended(op)), (sent + 1, None), "{method}");
        assert!(!rig.has_event(|event| matches!(event, Event::StreamBroke { .. })), "nothing has broken");
    }
}

#[test]
fn one_that_is_passed_through_drains_and_breaks_as_before() {
    let mut rig = Rig::new();
    on_path(&mut rig, 1);
    let op = rig.stream(ALICE, "Feed", "r1");
    rig.head_last();
    on_path(&mut rig, 2);
    rig.pass(4 * S);
    on_path(&mut rig, 3);
    assert_eq!(rig.ended(op), None);
    rig.pass(S);
    assert!(rig.ended(op).is_some_and(|end| end.is_err()));
    assert_eq!(rig.sends.len(), 1);
}
