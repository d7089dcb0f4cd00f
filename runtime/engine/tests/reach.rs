//! What is contact and what is not, and the probes that find out (rule H4).

#![allow(clippy::unwrap_used, reason = "a panic is how tests fail")]

mod rig;

use std::slice;
use std::time::Duration;

use holdover_engine::{
    AppState, AttemptId, CallOptions, Code, Endpoint, ErrorKind, Event, Failure, Form, Input, Observed, OpId,
    Platform, Quality, Reachability, TransportFailure,
};
use rig::{ALICE, Rig, broken, ride};

const S: Duration = Duration::from_secs(1);
const NS: Duration = Duration::from_nanos(1);

fn intercepted(http_status: Option<u16>) -> Failure {
    Failure::Intercepted { http_status, code: Code::Unknown, retry_after: None, message: String::new() }
}

impl Rig {
    fn is_offline(&mut self) -> bool {
        let (op, sent) = (self.get(ALICE, "FailFast", "none"), self.sends.len());
        let ended = self.result(op).is_some();
        self.input(Input::Cancel { op });
        assert!(ended || sent > 0);
        ended
    }

    /// What was told of probes.
    fn probing(&self) -> Vec<Event> {
        let is_probe = |event: &&Event| {
            matches!(event, Event::ProbeSent { .. } | Event::ProbeAnswered { .. } | Event::ProbeFailed { .. })
        };
        self.events.iter().filter(is_probe).cloned().collect()
    }

    fn wait_for(&mut self, timeout: Duration) -> OpId {
        let options = CallOptions { timeout: Some(timeout), ..CallOptions::default() };
        self.start(ALICE, "Wait", "r", options, Form::Get)
    }
}

#[test]
fn two_failures_without_contact_are_known_and_one_is_not() {
    let lost = [
        broken(TransportFailure::Unreachable),
        broken(TransportFailure::Timeout),
        intercepted(Some(302)),
        intercepted(Some(200)),
        intercepted(Some(404)),
        intercepted(None),
    ];
    for failure in lost {
        let mut rig = Rig::new();
        rig.try_once(failure.clone());
        assert!(!rig.is_offline(), "{failure:?}");
        rig.try_once(failure.clone());
        assert!(rig.is_offline(), "{failure:?}");
        assert_eq!(rig.told(), ["offline"]);
    }
}

#[test]
fn what_is_neither_counts_neither_way() {
    let neither = [
        broken(TransportFailure::Reset),
        intercepted(Some(401)),
        intercepted(Some(403)),
        intercepted(Some(429)),
        intercepted(Some(500)),
        intercepted(Some(599)),
    ];
    for failure in neither {
        let mut rig = Rig::new();
        for _ in 0..3 {
            rig.try_once(failure.clone());
        }
        assert!(!rig.is_offline(), "{failure:?}");
        rig.try_once(broken(TransportFailure::Unreachable));
        rig.try_once(failure.clone());
        assert!(!rig.is_offline(), "{failure:?}");
        rig.try_once(broken(TransportFailure::Unreachable));
        assert!(rig.is_offline(), "{failure:?} is no contact in between");
    }
}

#[test]
fn contact_of_any_kind_starts_the_count_anew() {
    let contact = [
        broken(TransportFailure::Refused),
        broken(TransportFailure::Tls),
        broken(TransportFailure::Protocol),
        broken(TransportFailure::OtherProtocol),
        broken(TransportFailure::TooLarge),
        broken(TransportFailure::Cardinality),
    ];
    for failure in contact {
        let mut rig = Rig::new();
        rig.try_once(broken(TransportFailure::Unreachable));
        rig.try_once(failure.clone());
        rig.try_once(broken(TransportFailure::Unreachable));
        assert!(!rig.is_offline(), "{failure:?}");
    }
    let mut rig = Rig::new();
    rig.try_once(broken(TransportFailure::Unreachable));
    rig.get(ALICE, "Status", "x");
    rig.fail_last(Code::Unavailable);
    rig.try_once(broken(TransportFailure::Unreachable));
    assert!(!rig.is_offline());
}

#[test]
fn a_failure_of_what_was_sent_before_the_contact_says_nothing() {
    let mut rig = Rig::new();
    let old: Vec<AttemptId> = (0..2)
        .map(|n| {
            rig.get(ALICE, "Status", &n.to_string());
            rig.last_attempt()
        })
        .collect();
    rig.pass(S);
    rig.fetch(ALICE, "Fare", "r", "1");
    for attempt in old {
        rig.input(Input::Failed { attempt, failure: broken(TransportFailure::Unreachable) });
    }
    assert!(!rig.is_offline());
}

#[test]
fn probes_run_after_one_second_then_twice_as_long_up_to_a_minute() {
    let mut rig = Rig::new();
    rig.give_up();
    rig.wait_for(1000 * S);
    for (n, wait) in [1, 2, 4, 8, 16, 32, 60, 60].into_iter().enumerate() {
        rig.pass(wait * S - NS);
        assert_eq!(rig.probes().len(), n, "{wait} s");
        rig.pass(NS);
        assert_eq!(rig.probes().len(), n + 1, "{wait} s");
        let attempt = rig.probes()[n];
        rig.input(Input::Failed { attempt, failure: broken(TransportFailure::Unreachable) });
    }
    assert_eq!(rig.told(), ["offline"], "once");
}

#[test]
fn a_probe_has_ten_seconds_and_what_comes_later_is_ignored() {
    let mut rig = Rig::new();
    rig.give_up();
    let op = rig.wait_for(1000 * S);
    rig.pass(S);
    let probe = rig.probes()[0];
    rig.pass(10 * S - NS);
    assert!(!rig.is_aborted(probe));
    rig.pass(NS);
    assert!(rig.is_aborted(probe));
    let sent = rig.sends.len();
    rig.input(Input::Contact { attempt: probe });
    rig.input(Input::Failed { attempt: probe, failure: broken(TransportFailure::Refused) });
    assert_eq!((rig.sends.len(), rig.told()), (sent, vec!["offline"]));
    rig.pass(2 * S);
    let attempt = rig.probes()[1];
    rig.input(Input::Contact { attempt });
    assert_eq!((rig.sends.len(), rig.told()), (sent + 1, vec!["offline", "online"]));
    rig.answer_last("1");
    assert!(rig.result(op).unwrap().is_ok());
    assert_eq!(rig.timeout, None);
}

#[test]
fn a_probe_that_is_refused_has_found_somebody_and_one_that_breaks_has_found_nothing() {
    let mut rig = Rig::new();
    rig.give_up();
    rig.wait_for(1000 * S);
    rig.pass(S);
    let attempt = rig.probes()[0];
    rig.input(Input::Failed { attempt, failure: broken(TransportFailure::Refused) });
    assert_eq!(rig.told(), ["offline", "online"]);
    let mut rig = Rig::new();
    rig.observe(ALICE, "Quote", "r");
    rig.fail_with(broken(TransportFailure::Unreachable));
    rig.pass(S);
    let attempt = rig.probes()[0];
    rig.input(Input::Failed { attempt, failure: broken(TransportFailure::Reset) });
    assert!(!rig.is_offline(), "one failure is not known, and this was neither");
}

#[test]
fn no_probes_while_nobody_is_there_or_may() {
    // Nobody is interested.
    let mut rig = Rig::new();
    rig.give_up();
    let op = rig.wait_for(1000 * S);
    rig.input(Input::Cancel { op });
    assert_eq!(rig.timeout, None);
    rig.pass(100 * S);
    assert!(rig.probes().is_empty());
    // The platform knows a way out: what failures say lapses instead.
    let mut rig = Rig::new();
    rig.reachability(Reachability::Reachable);
    rig.give_up();
    rig.wait_for(1000 * S);
    let sent = rig.sends.len();
    rig.pass(S);
    assert_eq!((rig.probes().len(), rig.sends.len()), (0, sent + 1));
    // The app is in the background.
    let mut rig = Rig::new();
    rig.give_up();
    rig.wait_for(1000 * S);
    rig.input(Input::App(AppState::Background));
    let sent = rig.sends.len();
    rig.pass(S);
    assert_eq!((rig.probes().len(), rig.sends.len()), (0, sent + 1));
    // The app knows better.
    let mut rig = Rig::new();
    rig.give_up();
    rig.quality(Quality::Offline);
    rig.wait_for(1000 * S);
    rig.pass(900 * S);
    assert!(rig.probes().is_empty());
}

#[test]
fn a_probe_on_its_way_is_given_up_when_it_may_not_run_any_more_and_who_waits_finds_out() {
    let reachable =
        Input::Platform(Platform { reachability: Reachability::Reachable, ..Platform::default() });
    for input in [reachable, Input::App(AppState::Background), Input::PinQuality(Some(Quality::Good))] {
        let mut rig = Rig::new();
        rig.give_up();
        rig.wait_for(1000 * S);
        rig.pass(S);
        let (probe, sent) = (rig.probes()[0], rig.sends.len());
        rig.input(input.clone());
        assert!(rig.is_aborted(probe), "{input:?}");
        assert_eq!((rig.sends.len(), rig.told()), (sent + 1, vec!["offline", "online"]), "{input:?}");
    }
}

#[test]
fn under_a_hint_probes_run_for_those_who_wait_and_success_overrides() {
    let mut rig = Rig::new();
    rig.reachability(Reachability::Unreachable);
    assert_eq!((rig.told(), rig.timeout), (vec!["offline"], None));
    let op = rig.wait_for(1000 * S);
    rig.pass(S);
    let attempt = rig.probes()[0];
    rig.input(Input::Contact { attempt });
    assert_eq!(rig.told(), ["offline", "online"]);
    rig.answer_last("1");
    assert!(rig.result(op).unwrap().is_ok());
    assert!(!rig.is_offline(), "the hint is overridden");
    // The same hint again changes nothing; a new one does.
    rig.reachability(Reachability::Unreachable);
    assert!(!rig.is_offline());
    rig.reachability(Reachability::Unknown);
    rig.reachability(Reachability::Unreachable);
    assert!(rig.is_offline());
    assert_eq!(rig.told(), ["offline", "online", "offline"]);
}

#[test]
fn a_pin_is_the_last_word() {
    let mut rig = Rig::new();
    rig.give_up();
    rig.quality(Quality::VeryPoor);
    assert!(!rig.is_offline());
    rig.reachability(Reachability::Unreachable);
    assert!(!rig.is_offline());
    rig.input(Input::PinQuality(None));
    assert!(rig.is_offline());
    assert_eq!(rig.told(), ["offline", "online", "offline"]);
}

#[test]
fn nothing_is_left_behind_when_all_have_gone() {
    let mut rig = Rig::new();
    let observer = rig.observe(ALICE, "Quote", "r");
    let stream = rig.stream(ALICE, "Watch", "r");
    rig.give_up();
    rig.pass(S);
    let probe = rig.probes()[0];
    rig.input(Input::Cancel { op: observer });
    assert!(!rig.is_aborted(probe), "a stream is there");
    rig.input(Input::Cancel { op: stream });
    assert!(rig.is_aborted(probe));
}

#[test]
fn what_failures_say_lapses_where_nobody_looks_and_is_told_at_the_next_chance() {
    let chances = [
        Input::Tick,
        Input::MemoryPressure,
        Input::App(AppState::Background),
        Input::OwnEstimate(None),
        Input::Platform(Platform::default()),
    ];
    for chance in chances {
        let mut rig = Rig::new();
        rig.give_up();
        assert_eq!(rig.timeout, None, "nobody waits: nothing wakes the device");
        rig.pass(S - NS);
        assert!(rig.is_offline());
        assert_eq!(rig.told(), ["offline"]);
        rig.now.boot = rig.now.boot.after(NS);
        rig.input(chance.clone());
        assert_eq!((rig.told(), rig.probes().len()), (vec!["offline", "online"], 0), "{chance:?}");
        assert_eq!(rig.timeout, None);
        assert!(!rig.is_offline());
    }
}

#[test]
fn a_lapse_leaves_a_suspicion() {
    let mut rig = Rig::new();
    rig.give_up();
    rig.pass(S);
    assert_eq!(rig.told(), ["offline", "online"]);
    // The next call finds out. Others are not held back meanwhile, although a probe runs for them.
    let first = rig.get(ALICE, "Status", "a");
    rig.pass(NS);
    assert_eq!(rig.probes().len(), 1);
    let second = rig.get(ALICE, "Status", "b");
    assert_eq!((rig.result(first), rig.result(second)), (None, None));
    rig.fail_with(broken(TransportFailure::Unreachable));
    assert_eq!(rig.told(), ["offline", "online", "offline"]);
    let third = rig.get(ALICE, "Status", "c");
    assert_eq!(rig.result(third).unwrap().unwrap_err().kind, ErrorKind::Offline);
    rig.input(Input::Contact { attempt: rig.probes()[0] });
    assert_eq!(rig.told(), ["offline", "online", "offline", "online"]);
}

#[test]
fn observers_of_what_has_lapsed_are_fetched_again() {
    let mut rig = Rig::new();
    let observer = rig.observe(ALICE, "Quote", "r");
    rig.answer_last("1");
    rig.reachability(Reachability::Reachable);
    rig.give_up();
    rig.pass(S - NS);
    assert!(rig.is_offline());
    let op = rig.op();
    rig.input(Input::Pause { op });
    assert_eq!(rig.timeout, None);
    rig.pass(10 * S);
    assert_eq!(rig.told(), ["offline", "online"], "paused, it lapses too");
    let sent = rig.sends.len();
    rig.input(Input::Resume);
    assert_eq!(rig.sends.len(), sent + 1, "and what is stale by now is fetched");
    rig.answer_last("2");
    assert!(matches!(rig.states(observer).last(), Some(Observed::Value(shown)) if shown.value == ride("2")));
}

#[test]
fn every_probe_is_told_and_counted() {
    let mut rig = Rig::new();
    rig.give_up();
    rig.wait_for(60 * S);
    assert_eq!(rig.probing(), []);
    let endpoint = Endpoint::new("prod");
    let sent = Event::ProbeSent { endpoint: endpoint.clone() };
    let failed = |again| Event::ProbeFailed { endpoint: endpoint.clone(), again };
    rig.pass(S);
    assert_eq!(rig.probing(), slice::from_ref(&sent));
    rig.input(Input::Failed { attempt: rig.probes()[0], failure: broken(TransportFailure::Unreachable) });
    assert_eq!(rig.probing(), [sent.clone(), failed(2 * S)]);
    rig.pass(2 * S);
    // Nobody answers within its 10 s.
    rig.pass(10 * S);
    assert_eq!(rig.probing(), [sent.clone(), failed(2 * S), sent.clone(), failed(4 * S)]);
    rig.pass(4 * S);
    rig.input(Input::Contact { attempt: rig.probes()[2] });
    assert_eq!(rig.probing()[4..], [sent, Event::ProbeAnswered { endpoint }]);
    let counts = rig.engine.counts();
    assert_eq!((counts.probes, counts.answered_probes, counts.failed_probes), (3, 1, 2));
}
