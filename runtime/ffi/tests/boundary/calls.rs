//! Calls in every form, through the boundary.

use holdover_ffi::abi::*;
use prost::Message;

use crate::boundary::{self, command::Command, hint::Hint};
use crate::host::{Host, Reply, bytes, take};
use crate::rides::{Ride, World, ride};

fn world() -> World {
    World::new(Host::new(|_, request| {
        let asked = Ride::decode(&*request.body).unwrap();
        Reply::Ok(ride(&format!("answer to {}", asked.id)))
    }))
}

#[test]
fn the_version_is_the_headers() {
    assert_eq!(holdover_abi_version(), HOLDOVER_ABI_VERSION);
}

#[test]
fn an_answer_comes_from_the_network_and_then_from_memory() {
    let world = world();
    assert_eq!(world.probe("Quote", &ride("r1")), None);
    let op = world.start(7, HOLDOVER_GET, "Quote", &ride("r1"));
    let cold = world.host.of(7);
    assert_eq!((cold.kind, cold.last, cold.op, cold.code), (HOLDOVER_EVENT_ANSWER, true, op, HOLDOVER_OK));
    let cold = cold.snapshot.unwrap();
    assert_eq!(
        (cold.value, cold.source, cold.freshness),
        (ride("answer to r1"), HOLDOVER_SOURCE_NETWORK, HOLDOVER_FRESH)
    );
    assert!(cold.as_of_ms > 1_700_000_000_000);
    let hit = world.probe("Quote", &ride("r1")).unwrap();
    assert_eq!(
        (hit.value, hit.source, hit.detail, hit.flags),
        (ride("answer to r1"), HOLDOVER_SOURCE_CACHE, HOLDOVER_DETAIL_FULL, 0)
    );
    world.start(8, HOLDOVER_GET, "Quote", &ride("r1"));
    assert_eq!(world.host.of(8).snapshot.unwrap().source, HOLDOVER_SOURCE_CACHE);
    world.free();
}

#[test]
fn options_count() {
    let world = world();
    let options = boundary::CallOptions {
        cache: boundary::CacheMode::CacheOnly.into(),
        metadata: vec![crate::host::header("x-trace", "1")],
        timeout_ms: Some(5000),
        full_detail: true,
        priority: boundary::Priority::Background.into(),
        ..boundary::CallOptions::default()
    };
    world.start_with(1, HOLDOVER_GET, "Quote", &ride("r1"), &options);
    let missed = world.host.of(1);
    assert_eq!((missed.kind, missed.last, missed.code), (HOLDOVER_EVENT_ANSWER, true, HOLDOVER_OFFLINE));
    let error = boundary::Error::decode(&*missed.bytes).unwrap();
    assert_eq!(error.kind, HOLDOVER_OFFLINE as u32);
    assert!(!error.message.is_empty() && missed.snapshot.is_none());
    world.free();
}

#[test]
fn a_failure_of_the_hosts_stack_is_an_error_with_a_stable_number() {
    let world = World::new(Host::new(|_, _| {
        Reply::Fail(boundary::HttpFailure {
            kind: boundary::HttpFailureKind::Refused.into(),
            unsent: true,
            message: "nobody listens".to_owned(),
            ..boundary::HttpFailure::default()
        })
    }));
    world.start(1, HOLDOVER_GET, "Plain", &ride("r1"));
    let failed = world.host.of(1);
    assert_eq!((failed.code, failed.last), (HOLDOVER_UNREACHABLE, true));
    assert!(boundary::Error::decode(&*failed.bytes).unwrap().message.contains("nobody listens"));
    world.free();
}

#[test]
fn an_observer_goes_from_state_to_state_until_it_is_cancelled() {
    let world = world();
    let op = world.start(3, HOLDOVER_OBSERVE, "Quote", &ride("r1"));
    let states: Vec<_> = (0..2).map(|_| world.host.of(3)).collect();
    assert_eq!(
        states.iter().map(|state| (state.kind, state.count, state.last)).collect::<Vec<_>>(),
        [
            (HOLDOVER_EVENT_STATE, HOLDOVER_STATE_LOADING, false),
            (HOLDOVER_EVENT_STATE, HOLDOVER_STATE_VALUE, false),
        ]
    );
    world.command(4, Command::Refresh(boundary::Refresh { observer: op }));
    let refreshed = world.host.of(4);
    assert_eq!((refreshed.kind, refreshed.code, refreshed.last), (HOLDOVER_EVENT_DONE, HOLDOVER_OK, true));
    assert_eq!(holdover_cancel(world.runtime, op), HOLDOVER_OK);
    let end = world.host.wait(|heard| heard.token == 3 && heard.last);
    assert_eq!((end.kind, end.code), (HOLDOVER_EVENT_CANCELLED, HOLDOVER_CANCELLED));
    world.free();
}

#[test]
fn commands_end_with_done_and_hints_take_effect() {
    let world = world();
    let op = holdover_op_new(world.runtime);
    let (request, value) = (ride("r1"), ride("put"));
    let nothing = crate::host::NOTHING;
    let method = world.method("Quote");
    let code = unsafe {
        holdover_put(
            world.session,
            op,
            1,
            method,
            bytes(&request),
            bytes(&value),
            nothing,
            std::ptr::null_mut(),
        )
    };
    assert_eq!(code, HOLDOVER_OK);
    assert_eq!(world.host.of(1).kind, HOLDOVER_EVENT_DONE);
    assert_eq!(world.probe("Quote", &request).unwrap().value, value);

    world.start(2, HOLDOVER_PREFETCH, "Fare", &ride("r2"));
    assert_eq!(
        (world.host.of(2).kind, world.host.requests.load(std::sync::atomic::Ordering::Relaxed) > 0),
        (HOLDOVER_EVENT_DONE, true)
    );

    let session = world.session;
    let part = |part| boundary::TagPart { part: Some(part) };
    use boundary::tag_part::Part;
    let tag = [
        Part::Literal("ride:".to_owned()),
        Part::Text("r1".to_owned()),
        Part::Signed(-1),
        Part::Unsigned(1),
        Part::Boolean(true),
        Part::Bytes(vec![0xff].into()),
    ];
    let tag = tag.into_iter().map(part).collect();
    world.command(3, Command::Invalidate(boundary::Invalidate { session, tag }));
    let switches =
        vec![boundary::Switch { part: boundary::Part::Detail.into(), ..boundary::Switch::default() }];
    world.command(4, Command::Disable(boundary::Disable { switches }));
    world.command(5, Command::Erase(boundary::Account { user: Some("somebody".to_owned()) }));
    world.command(6, Command::Pause(boundary::Empty {}));
    for token in 3..=6 {
        let done = world.host.of(token);
        assert_eq!((done.kind, done.code, done.last), (HOLDOVER_EVENT_DONE, HOLDOVER_OK, true), "{token}");
    }
    world.hint(Hint::Resume(boundary::Empty {})).unwrap();
    world.hint(Hint::Platform(boundary::Platform { path: 3, ..boundary::Platform::default() })).unwrap();
    world.hint(Hint::AppState(boundary::AppState::Background.into())).unwrap();
    world.hint(Hint::AppState(boundary::AppState::Foreground.into())).unwrap();
    world
        .hint(Hint::OwnEstimate(boundary::OwnEstimate {
            downlink_kbps: Some(9000),
            ..boundary::OwnEstimate::default()
        }))
        .unwrap();
    world.hint(Hint::SaveData(true)).unwrap();
    world.hint(Hint::CredentialsChanged(session)).unwrap();
    world.hint(Hint::PinQuality(boundary::Quality::VeryPoor.into())).unwrap();
    let mut stats = crate::host::NO_BUFFER;
    assert_eq!(unsafe { holdover_stats(world.runtime, &mut stats) }, HOLDOVER_OK);
    let stats = boundary::Stats::decode(&*take(stats)).unwrap();
    assert_eq!(stats.quality(), boundary::Quality::VeryPoor);
    let hits = stats.measures.iter().filter(|measure| measure.name == "holdover.cache.hits");
    assert!(hits.clone().count() == 4 && hits.clone().all(|hit| hit.counter), "one for each row");
    world.hint(Hint::MemoryPressure(boundary::Empty {})).unwrap();

    world.command(7, Command::SignOut(boundary::SignOut { session, hold_outbox: true }));
    assert_eq!(world.host.of(7).code, HOLDOVER_OK);
    assert_eq!(world.probe("Quote", &request), None);
    world.start(8, HOLDOVER_GET, "Quote", &request);
    assert_eq!(world.host.of(8).code, HOLDOVER_SIGNED_OUT);
    world.free();
}

#[test]
fn metadata_of_a_session_goes_with_its_calls() {
    let host = Host::new(|_, request| {
        let value = |name| {
            request.headers.iter().find(|header| header.name == name).map(|header| header.value.clone())
        };
        Reply::Ok(ride(&format!("{:?} {:?}", value("x-locale"), value("x-app"))))
    });
    let session = boundary::SessionConfig {
        metadata: vec![crate::host::header("x-locale", "de")],
        ..boundary::SessionConfig::default()
    };
    let world = World::with(host, &crate::rides::config(), &session);
    let set = boundary::SetMetadata {
        session: world.session,
        name: "X-App".to_owned(),
        value: b"7".to_vec().into(),
    };
    world.hint(Hint::SetMetadata(set)).unwrap();
    world.start(1, HOLDOVER_GET, "Plain", &ride("r1"));
    assert_eq!(world.host.of(1).snapshot.unwrap().value, ride("Some(b\"de\") Some(b\"7\")"));
    world.free();
}

#[test]
fn decisions_and_the_networks_class_are_told_to_hosts_that_want_them() {
    let host = Host::new(|_, _| Reply::Ok(ride("a")));
    let config = boundary::RuntimeConfig { events: true, quality: true, ..crate::rides::config() };
    let world = World::with(host, &config, &boundary::SessionConfig::default());
    world.start(1, HOLDOVER_GET, "Quote", &ride("r1"));
    world.start(2, HOLDOVER_GET, "Quote", &ride("r1"));
    let named = |name: &'static str| {
        let heard = world.host.wait(|heard| {
            heard.kind == HOLDOVER_EVENT_DECISION
                && boundary::Decision::decode(&*heard.bytes).unwrap().name == name
        });
        boundary::Decision::decode(&*heard.bytes).unwrap()
    };
    assert_eq!(named("miss").method, "vectors.v1.Rides/Quote");
    world.host.of(1);
    world.host.of(2);
    world.hint(Hint::PinQuality(boundary::Quality::Poor.into())).unwrap();
    let changed = named("quality_changed");
    assert!(
        changed.attributes.iter().any(|attribute| attribute.name == "to"
            && attribute.value == Some(boundary::attribute::Value::Text("POOR".to_owned()))),
        "{changed:?}"
    );
    let quality = world.host.wait(|heard| heard.kind == HOLDOVER_EVENT_QUALITY);
    assert_eq!(quality.count, boundary::Quality::Poor as u32);
    world.free();
}

#[test]
fn a_policy_tells_its_methods_and_their_plans() {
    let world = world();
    let again = crate::rides::register(world.runtime);
    assert_eq!(again["Quote"].id, world.method("Quote"));
    let trip = &world.methods["Trip"];
    let plan = trip.plan.as_ref().unwrap();
    assert!(plan.paths.contains(&"promo".to_owned()));
    assert!(plan.nodes[0].fields.iter().any(|field| (field.number, field.descend) == (3, 0)));
    assert!(plan.nodes[0].fields.iter().any(|field| field.descend > 0), "below the message's own fields");
    assert_eq!(world.methods["Chat"].kind(), boundary::Kind::BidiStream);
    assert!(world.methods["Watch"].replay && !world.methods["Feed"].replay);
    assert!(world.methods["Quote"].plan.is_none());
    world.free();
}
