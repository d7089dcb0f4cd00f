//! What must not lie on disk (rule J4).

use std::path::Path;

use holdover_e2e::{Rides, Site};

use crate::{Rider, at, dead_end};

fn on_disk(folder: &Path, text: &str) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        bytes.windows(text.len()).any(|part| part == text.as_bytes())
    })
}

#[test]
fn sensitive_answers_stay_in_memory() {
    let site = Site::plain()[0];
    let folder = tempfile::tempdir().unwrap();
    let server = site.serve(Rides::new());
    let mut rider = Rider::start(&site, &server, folder.path(), at(0));
    rider.ask("quote r-1");
    assert_eq!(rider.ask("profile"), "Network Fresh Ada Lovelace");
    assert_eq!(rider.ask("profile"), "Cache Fresh Ada Lovelace");
    rider.end();

    assert!(on_disk(folder.path(), "Half price on Mondays"), "the search finds what is there");
    for secret in ["Lovelace", "7946"] {
        assert!(!on_disk(folder.path(), secret), "{secret} lies on disk");
    }
    let mut next = Rider::start_at(&dead_end(), &site, folder.path(), at(1));
    assert_eq!(next.ask("profile"), "UNREACHABLE");
    next.end();
}

#[test]
fn names_of_accounts_and_requests_are_not_readable_on_disk() {
    let site = Site::plain()[0];
    let folder = tempfile::tempdir().unwrap();
    let server = site.serve(Rides::new());
    let mut rider = Rider::start(&site, &server, folder.path(), at(0));
    rider.ask("quote a-ride-that-nobody-else-takes");
    rider.end();
    // Keys and tags are hashed under the partition's key (rule E1). The server's answer repeats the ride.
    assert!(!on_disk(folder.path(), "ride:a-ride-that"), "tags are hashed");
    assert!(!on_disk(folder.path(), "u-17"), "accounts are hashed");
}
