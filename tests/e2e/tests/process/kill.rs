//! kill -9 (rule E6).

use holdover_e2e::{Rides, Site};

use crate::{NOTHING, Rider, at, dead_end};

/// Killed while it writes, after a different number of answers each time: what is left is right, or not there.
#[test]
fn a_killed_process_leaves_a_cache_that_opens_and_never_lies() {
    let site = Site::plain()[0];
    let rides = Rides::new();
    let server = site.serve(rides.clone());
    let folder = tempfile::tempdir().unwrap();
    let dead = dead_end();
    let mut first = Rider::start(&site, &server, folder.path(), at(0));
    first.ask("quote r-1");
    first.end();
    for round in 0..12 {
        let names: Vec<String> = (0..20).map(|ride| format!("round-{round}-ride-{ride}")).collect();
        let mut rider = Rider::start(&site, &server, folder.path(), at(0));
        // All at once into the pipe, so that it is busy when the end comes.
        for name in &names {
            rider.tell(&format!("quote {name}"));
        }
        for name in names.iter().take(1 + round) {
            assert_eq!(rider.hear(), format!("Network Fresh q-1 of {name} to Airport"));
        }
        rider.kill();

        let mut next = Rider::start_at(&dead, &site, folder.path(), at(1));
        for name in &names {
            match next.ask(&format!("quote {name}")).as_str() {
                "UNREACHABLE" => {}
                answer => assert_eq!(answer, format!("Cache Fresh q-1 of {name} to Airport")),
            }
        }
        assert_eq!(next.ask("quote r-1"), "Cache Fresh q-1 of r-1 to Airport", "what was kept stays kept");
        assert_eq!(next.end(), NOTHING, "the cache is intact after round {round}");
    }
}

/// Rule D2: an invalidation is durable before the answer that brings it is delivered.
#[test]
fn an_update_that_was_acknowledged_is_remembered_by_the_next_process() {
    for site in Site::plain() {
        let folder = tempfile::tempdir().unwrap();
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let mut first = Rider::start(&site, &server, folder.path(), at(0));
        first.ask("quote r-1");
        first.ask("quote r-2");
        first.end();

        let mut second = Rider::start(&site, &server, folder.path(), at(0));
        assert_eq!(second.ask("update r-1 Zoo"), "Network Fresh Zoo", "{site:?}");
        second.kill();

        let mut third = Rider::start_at(&dead_end(), &site, folder.path(), at(1));
        assert_eq!(third.ask("quote r-1"), "Cache Stale q-1 of r-1 to Airport", "{site:?}: never as fresh");
        assert_eq!(third.ask("quote r-2"), "Cache Fresh q-1 of r-2 to Airport", "{site:?}");
        assert_eq!(third.end(), NOTHING);

        let mut fourth = Rider::start(&site, &server, folder.path(), at(1));
        assert_eq!(fourth.ask("quote r-1"), "Network Fresh q-1 of r-1 to Zoo", "{site:?}");
        fourth.end();
    }
}

#[test]
fn a_sign_out_that_was_confirmed_holds_after_a_kill() {
    let site = Site::plain()[0];
    let folder = tempfile::tempdir().unwrap();
    let server = site.serve(Rides::new());
    let mut first = Rider::start(&site, &server, folder.path(), at(0));
    first.ask("quote r-1");
    assert_eq!(first.ask("sign-out"), "signed out");
    first.kill();
    let mut next = Rider::start_at(&dead_end(), &site, folder.path(), at(1));
    assert_eq!(next.ask("quote r-1"), "UNREACHABLE");
    next.end();
}

/// Rule D2: the system refuses to let files grow any more, as on a full disk; then the process is killed.
#[cfg(unix)]
#[test]
fn an_update_that_a_full_disk_had_no_room_for_is_remembered_by_the_next_process() {
    for site in Site::plain() {
        let folder = tempfile::tempdir().unwrap();
        let server = site.serve(Rides::new());
        let mut first = Rider::start(&site, &server, folder.path(), at(0));
        first.ask("quote r-1");
        first.end();

        let mut second = Rider::start_cramped(&server.url(), &site, folder.path(), at(0));
        assert_eq!(second.ask("quote r-1"), "Cache Fresh q-1 of r-1 to Airport", "{site:?}: it can read");
        // Until there is no room left.
        for ride in 0..1000 {
            if second.notes.iter().any(|note| note.starts_with("StoreFailed")) {
                break;
            }
            second.ask(&format!("quote filler-{ride}"));
        }
        assert!(second.notes.iter().any(|note| note.starts_with("StoreFailed")), "{site:?}");
        assert_eq!(second.ask("update r-1 Zoo"), "Network Fresh Zoo", "{site:?}");
        second.kill();

        let mut third = Rider::start_at(&dead_end(), &site, folder.path(), at(1));
        assert_eq!(third.ask("quote r-1"), "UNREACHABLE", "{site:?}: nothing says that it is not outdated");
        assert_eq!(third.end(), ["StoreDistrusted"], "{site:?}");

        let mut fourth = Rider::start(&site, &server, folder.path(), at(1));
        assert_eq!(fourth.ask("quote r-1"), "Network Fresh q-1 of r-1 to Zoo", "{site:?}");
        assert_eq!(fourth.ask("quote r-1"), "Cache Fresh q-1 of r-1 to Zoo", "{site:?}");
        assert_eq!(fourth.end(), NOTHING, "{site:?}");
    }
}
