//! Apps that end and start again.

use holdover_e2e::{Rides, Site};

use crate::{Moment, NOTHING, Rider, at, dead_end};

#[test]
fn the_next_process_starts_with_what_the_last_one_knew() {
    for site in Site::plain() {
        let folder = tempfile::tempdir().unwrap();
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let mut first = Rider::start(&site, &server, folder.path(), at(0));
        assert_eq!(first.ask("quote r-1"), "Network Fresh q-1 of r-1 to Airport", "{site:?}");
        assert_eq!(first.end(), NOTHING);
        server.stop();

        let dead = dead_end();
        for (seconds, expected) in [
            (1, "Cache Fresh q-1 of r-1 to Airport"),
            (60, "Cache Stale q-1 of r-1 to Airport"),
            (601, "Cache Stale q-1 of r-1 to Airport"),
            (602, "UNREACHABLE"),
        ] {
            let mut next = Rider::start_at(&dead, &site, folder.path(), at(seconds));
            assert_eq!(next.ask("quote r-1"), expected, "{site:?} after {seconds} s");
            assert_eq!(next.ask("quote r-2"), "UNREACHABLE");
            assert_eq!(next.end(), NOTHING);
        }
        assert_eq!(rides.calls(), 1);
    }
}

/// Across boots, age is by the wall clock (rule E3).
#[test]
fn a_reboot_changes_no_age() {
    let site = Site::plain()[0];
    let folder = tempfile::tempdir().unwrap();
    let server = site.serve(Rides::new());
    let mut first = Rider::start(&site, &server, folder.path(), at(1_000_000));
    first.ask("quote r-1");
    first.end();
    server.stop();

    let dead = dead_end();
    for (seconds, expected) in [
        (1, "Cache Fresh q-1 of r-1 to Airport"),
        (100, "Cache Stale q-1 of r-1 to Airport"),
        (700, "UNREACHABLE"),
    ] {
        let moment = Moment { boot: 2, booted: 1_000_000, since: seconds };
        let mut next = Rider::start_at(&dead, &site, folder.path(), moment);
        assert_eq!(next.ask("quote r-1"), expected, "after {seconds} s");
        next.end();
    }
}

#[test]
fn what_was_signed_out_is_gone_in_the_next_process() {
    let site = Site::plain()[0];
    let folder = tempfile::tempdir().unwrap();
    let server = site.serve(Rides::new());
    let mut first = Rider::start(&site, &server, folder.path(), at(0));
    first.ask("quote r-1");
    assert_eq!(first.ask("sign-out"), "signed out");
    assert_eq!(first.ask("quote r-1"), "SIGNED_OUT");
    first.end();

    let mut next = Rider::start_at(&dead_end(), &site, folder.path(), at(1));
    assert_eq!(next.ask("quote r-1"), "UNREACHABLE");
    assert_eq!(next.end(), NOTHING);
}

/// Rule E6: a second process runs on memory and says so.
#[test]
fn two_processes_do_not_share_a_cache() {
    let site = Site::plain()[0];
    let folder = tempfile::tempdir().unwrap();
    let rides = Rides::new();
    let server = site.serve(rides.clone());
    let mut first = Rider::start(&site, &server, folder.path(), at(0));
    first.ask("quote r-1");
    let mut second = Rider::start(&site, &server, folder.path(), at(0));
    assert_eq!(second.ask("quote r-1"), "Network Fresh q-1 of r-1 to Airport");
    assert_eq!(second.ask("quote r-1"), "Cache Fresh q-1 of r-1 to Airport", "memory works");
    assert_eq!(rides.calls(), 2);
    let notes = second.end();
    assert!(notes.iter().any(|note| note == "StoreFailed Held"), "{notes:?}");
    assert_eq!(first.end(), NOTHING);
}
