//! Streams that break are opened again; in the background they rest (rules G3, G4, A4, J1, J2).

use std::time::Duration;

use bytes::Bytes;
use holdover_engine::{
    AppState, CallOptions, Code, CredentialsAnswer, ErrorKind, Event, Failure, Input, Interface, Metadata,
    OpId, Platform, Quality, Reachability, Source,
};

use crate::rig::{ALICE, Rig, ride};

fn taking(rig: &mut Rig, method: &str) -> OpId {
    let op = rig.stream(ALICE, method, "r1");
    rig.demand(op, 100);
    op
}

/// Lets time pass until something is sent; how long that was.
fn until_sent(rig: &mut Rig) -> Duration {
    let (sends, start) = (rig.sends.len(), rig.now.boot);
    for _ in 0..1000 {
        let due = rig.timeout.expect("it waits for something");
        rig.pass(due.since(rig.now.boot));
        if rig.sends.len() > sends {
            return rig.now.boot.since(start);
        }
    }
    panic!("nothing was sent");
}

#[test]
fn it_is_opened_again_and_the_next_item_may_have_a_gap_before_it() {
    for method in ["Watch", "Follow"] {
        let mut rig = Rig::new();
        let op = taking(&mut rig, method);
        rig.message_last("one");
        rig.break_last();
        assert_eq!(rig.ended(op), None);
        let waited = until_sent(&mut rig);
        assert!((500..1500).contains(&waited.as_millis()), "{waited:?}");
        assert_eq!(rig.pulled(rig.last_attempt()), 99);
        rig.message_last("two");
        rig.message_last("three");
        let items = rig.items(op);
        assert_eq!(items.iter().map(|item| item.gap).collect::<Vec<_>>(), [false, true, false]);
        assert!(items.iter().all(|item| item.source == Source::Network), "nothing is shown twice");
        assert!(rig.has_event(|event| matches!(event, Event::StreamBroke { again: Some(_), .. })));
        assert!(rig.has_event(|event| matches!(event, Event::StreamGap { .. })));
    }
}

#[test]
fn it_waits_longer_each_time_and_a_message_makes_it_quick_again() {
    let mut rig = Rig::new();
    let op = taking(&mut rig, "Follow");
    let mut expected = 1.0_f64;
    for _ in 0..14 {
        rig.break_last();
        let waited = until_sent(&mut rig).as_secs_f64();
        assert!(waited >= expected * 0.5 && waited < expected * 1.5, "{waited} of {expected}");
        expected = (expected * 1.5).min(60.0);
    }
    rig.head_last();
    rig.break_last();
    assert!(until_sent(&mut rig).as_secs_f64() >= 30.0, "a head is no message");
    rig.message_last("one");
    rig.break_last();
    assert!(until_sent(&mut rig).as_secs_f64() < 1.5);
    assert_eq!(rig.ended(op), None);
}

#[test]
fn the_server_says_how_long_to_wait() {
    let mut rig = Rig::new();
    taking(&mut rig, "Watch");
    let mut metadata = Metadata::new();
    metadata.push("grpc-retry-pushback-ms", "20000").unwrap();
    let failure = Failure::Status {
        code: Code::ResourceExhausted,
        message: String::new(),
        details: Bytes::new(),
        metadata,
    };
    rig.input(Input::Failed { attempt: rig.last_attempt(), failure });
    assert_eq!(until_sent(&mut rig), Duration::from_secs(20));
}

#[test]
fn what_is_not_transient_ends_it() {
    for code in [Code::InvalidArgument, Code::PermissionDenied, Code::Unimplemented, Code::DataLoss] {
        let mut rig = Rig::new();
        let op = taking(&mut rig, "Watch");
        rig.message_last("one");
        rig.fail_last(code);
        assert_eq!(rig.ended(op).unwrap().unwrap_err().kind, ErrorKind::Rejected);
        rig.pass(Duration::from_secs(300));
        assert_eq!(rig.sends.len(), 1);
    }
    for code in [Code::Unavailable, Code::Internal, Code::Unknown, Code::Aborted, Code::DeadlineExceeded] {
        let mut rig = Rig::new();
        let op = taking(&mut rig, "Follow");
        rig.fail_last(code);
        until_sent(&mut rig);
        assert_eq!(rig.ended(op), None, "{code:?}");
    }
}

#[test]
fn a_late_head_and_a_message_that_cannot_be_used_break_it_too() {
    let mut rig = Rig::new();
    let op = taking(&mut rig, "Follow");
    rig.pass(Duration::from_secs(10));
    assert!(rig.is_aborted(rig.sends[0].attempt));
    until_sent(&mut rig);
    rig.input(Input::Message { attempt: rig.last_attempt(), message: Bytes::new() });
    assert!(rig.is_aborted(rig.sends[1].attempt));
    let waited = until_sent(&mut rig);
    assert!(waited >= Duration::from_millis(750), "it counts as a failure: {waited:?}");
    assert_eq!((rig.items(op), rig.ended(op)), (Vec::new(), None));
}

#[test]
fn a_callers_timeout_covers_every_opening() {
    let mut rig = Rig::new();
    let options = CallOptions { timeout: Some(Duration::from_secs(30)), ..CallOptions::default() };
    let op = rig.stream_with(ALICE, "Follow", "r1", options);
    rig.break_last();
    let waited = until_sent(&mut rig);
    assert_eq!(rig.sends[1].timeout, Some(Duration::from_secs(30) - waited));
    rig.head_last();
    rig.pass(Duration::from_secs(30));
    assert_eq!(rig.ended(op).unwrap().unwrap_err().kind, ErrorKind::Timeout);
    let options = CallOptions { timeout: Some(Duration::from_secs(5)), ..CallOptions::default() };
    let waiting = rig.stream_with(ALICE, "Follow", "r1", options);
    rig.quality(Quality::Offline);
    rig.break_last();
    rig.pass(Duration::from_secs(5));
    assert_eq!(rig.ended(waiting).unwrap().unwrap_err().kind, ErrorKind::Timeout);
    assert_eq!(rig.timeout, None);
}

#[test]
fn credentials_that_expire_under_an_open_stream_are_asked_for_and_it_goes_on() {
    let mut rig = Rig::new();
    let op = taking(&mut rig, "Watch");
    rig.message_last("one");
    rig.fail_last(Code::Unauthenticated);
    assert!(rig.asks[1].rejected.is_some());
    assert_eq!(rig.sends.len(), 2);
    rig.message_last("two");
    assert!(rig.items(op)[1].gap);
    rig.pass(Duration::from_secs(10));
    rig.fail_last(Code::Unauthenticated);
    rig.fail_last(Code::Unauthenticated);
    assert_eq!(rig.ended(op).unwrap().unwrap_err().kind, ErrorKind::SignInRequired);
}

#[test]
fn a_hook_that_throws_is_tried_again() {
    let mut rig = Rig::new();
    rig.answers_hook = false;
    let op = taking(&mut rig, "Follow");
    let answer = CredentialsAnswer::Failed { message: "broken".into() };
    let ask = rig.asks[0].ask;
    rig.input(Input::Credentials { ask, answer });
    assert_eq!(rig.ended(op), None);
    rig.answers_hook = true;
    until_sent(&mut rig);
    assert_eq!(rig.asks.len(), 2);
}

#[test]
fn known_offline_it_waits_for_the_network_without_a_timer() {
    let mut rig = Rig::new();
    let op = taking(&mut rig, "Watch");
    rig.message_last("one");
    rig.quality(Quality::Offline);
    assert!(rig.aborted.is_empty(), "an open stream is left alone");
    rig.break_last();
    assert_eq!(rig.timeout, None);
    rig.quality(Quality::Good);
    assert_eq!(rig.sends.len(), 2, "at once");
    rig.message_last("two");
    assert!(rig.items(op)[1].gap);
}

#[test]
fn who_cancels_while_it_waits_leaves_nothing() {
    let mut rig = Rig::new();
    let op = taking(&mut rig, "Watch");
    rig.message_last("one");
    rig.break_last();
    rig.input(Input::Cancel { op });
    assert_eq!(rig.timeout, None);
    rig.pass(Duration::from_secs(100));
    assert_eq!(rig.sends.len(), 1);
}

fn background(rig: &mut Rig) {
    rig.input(Input::App(AppState::Background));
}

fn foreground(rig: &mut Rig) {
    rig.input(Input::App(AppState::Foreground));
}

#[test]
fn in_the_background_it_closes_after_the_grace_period_and_repaints_within_the_window() {
    let mut rig = Rig::new();
    let op = taking(&mut rig, "Watch");
    rig.message_last("one");
    background(&mut rig);
    rig.pass(Duration::from_millis(29_999));
    assert!(rig.aborted.is_empty());
    rig.pass(Duration::from_millis(1));
    assert!(rig.is_aborted(rig.sends[0].attempt));
    assert_eq!((rig.timeout, rig.ended(op)), (None, None), "no timers, and the reader stays");
    rig.pass(Duration::from_millis(59_999));
    foreground(&mut rig);
    let repainted = rig.items(op)[1].clone();
    assert_eq!((repainted.value, repainted.source), (ride("one"), Source::Replay));
    assert!(!repainted.gap);
    assert_eq!(rig.sends.len(), 2);
    rig.message_last("two");
    let live = rig.items(op)[2].clone();
    assert_eq!((live.source, live.gap), (Source::Network, true));
}

#[test]
fn after_the_window_it_waits_for_what_is_live() {
    let mut rig = Rig::new();
    let op = taking(&mut rig, "Watch");
    rig.message_last("one");
    background(&mut rig);
    rig.pass(Duration::from_secs(90));
    foreground(&mut rig);
    assert_eq!(rig.items(op).len(), 1);
    assert_eq!(rig.sends.len(), 2);
}

#[test]
fn a_short_visit_to_the_background_changes_nothing() {
    let mut rig = Rig::new();
    taking(&mut rig, "Watch");
    rig.message_last("one");
    for _ in 0..3 {
        background(&mut rig);
        rig.pass(Duration::from_secs(29));
        foreground(&mut rig);
    }
    assert_eq!((rig.sends.len(), rig.aborted.len()), (1, 0));
}

#[test]
fn what_is_passed_through_stays_open_in_the_background() {
    let mut rig = Rig::new();
    let feed = taking(&mut rig, "Feed");
    rig.message_last("one");
    background(&mut rig);
    rig.pass(Duration::from_secs(60));
    assert!(rig.aborted.is_empty());
    rig.message_last("two");
    assert_eq!(rig.items(feed).len(), 2);
}

#[test]
fn a_waiting_stream_rests_too_and_its_readers_deadline_is_looked_at_later() {
    let mut rig = Rig::new();
    let options = CallOptions { timeout: Some(Duration::from_secs(100)), ..CallOptions::default() };
    let op = rig.stream_with(ALICE, "Follow", "r1", options);
    background(&mut rig);
    rig.break_last();
    rig.pass(Duration::from_secs(9));
    rig.break_last();
    rig.pass(Duration::from_secs(300));
    assert_eq!((rig.timeout, rig.ended(op)), (None, None));
    let sends = rig.sends.len();
    foreground(&mut rig);
    assert_eq!(rig.ended(op).unwrap().unwrap_err().kind, ErrorKind::Timeout);
    assert_eq!(rig.sends.len(), sends);
    assert_eq!(rig.timeout, None);
}

#[test]
fn a_stream_that_is_opened_in_the_background_is_opened() {
    let mut rig = Rig::new();
    let first = taking(&mut rig, "Watch");
    rig.head_last();
    background(&mut rig);
    rig.pass(Duration::from_secs(30));
    let second = taking(&mut rig, "Watch");
    assert_eq!(rig.sends.len(), 2, "somebody asked for it");
    rig.message_last("one");
    assert_eq!((rig.items(first).len(), rig.items(second).len()), (1, 1));
}

#[test]
fn pausing_takes_it_off_the_wire_and_resuming_brings_it_back() {
    let mut rig = Rig::new();
    let op = taking(&mut rig, "Watch");
    rig.message_last("one");
    let pause = rig.op();
    rig.input(Input::Pause { op: pause });
    rig.pass(Duration::from_secs(2));
    assert!(rig.is_aborted(rig.sends[0].attempt));
    assert_eq!(rig.timeout, None);
    rig.input(Input::Resume);
    assert_eq!(rig.sends.len(), 2);
    assert_eq!(rig.items(op)[1].source, Source::Replay);
}

#[test]
fn on_another_network_it_is_opened_anew() {
    let wifi = Platform {
        reachability: Reachability::Reachable,
        interface: Interface::Wifi,
        path: 1,
        save_data: false,
    };
    let mut rig = Rig::new();
    rig.input(Input::Platform(wifi));
    let watch = taking(&mut rig, "Watch");
    rig.message_last("one");
    taking(&mut rig, "Feed");
    rig.head_last();
    rig.input(Input::Platform(Platform { path: 2, ..wifi }));
    assert_eq!(rig.sends.len(), 3, "what is passed through stays where it is");
    assert!(rig.is_aborted(rig.sends[0].attempt));
    assert!(rig.sends[2].path.ends_with("Watch"));
    rig.message_last("two");
    assert!(rig.items(watch)[1].gap);
    rig.input(Input::Platform(Platform { save_data: true, path: 2, ..wifi }));
    assert_eq!(rig.sends.len(), 3, "the same network");
}

#[test]
fn another_network_ends_the_backoff_once_in_ten_seconds() {
    let on = |path| {
        Input::Platform(Platform {
            reachability: Reachability::Reachable,
            interface: Interface::Wifi,
            path,
            save_data: false,
        })
    };
    let mut rig = Rig::new();
    rig.input(on(1));
    taking(&mut rig, "Follow");
    for _ in 0..8 {
        rig.break_last();
        until_sent(&mut rig);
    }
    rig.break_last();
    rig.input(on(2));
    assert!(until_sent(&mut rig) < Duration::from_secs(1), "long waits are over");
    rig.break_last();
    until_sent(&mut rig);
    // The network changes again and again: that is no reason to hammer.
    rig.break_last();
    rig.input(on(3));
    let waited = until_sent(&mut rig);
    assert!(waited >= Duration::from_millis(750), "{waited:?}");
    for _ in 0..8 {
        rig.break_last();
        until_sent(&mut rig);
    }
    rig.break_last();
    rig.input(on(4));
    assert!(until_sent(&mut rig) < Duration::from_secs(1), "ten seconds later it may");
}

#[test]
fn a_server_that_refuses_after_every_message_is_not_asked_without_end() {
    let mut rig = Rig::new();
    let op = taking(&mut rig, "Follow");
    for n in 0..20 {
        rig.message_last(&n.to_string());
        let sent = rig.sends.len();
        rig.fail_last(Code::Unauthenticated);
        if n == 0 {
            assert_eq!(rig.sends.len(), sent + 1, "once at once (rule A4)");
        } else if rig.sends.len() == sent {
            assert!(until_sent(&mut rig) >= Duration::from_millis(500));
        }
    }
    assert!(rig.now.boot.0 > 10_000_000_000, "twenty times in {:?}", rig.now.boot);
    assert_eq!(rig.ended(op), None);
    assert!(rig.items(op)[1..].iter().all(|item| item.gap));
}
