use super::*;
use crate::time::{BootId, Instant};

const WINDOWS: Windows = Windows { fresh_for: 10, stale_while_revalidate: 20, stale_if_error: 50 };
const PLAN: PlanHash = PlanHash([1; 16]);

fn at(boot: u64) -> Now {
    Now { boot_id: BootId(1), boot: Instant(boot), wall_ms: 0 }
}

fn sent(boot: u64) -> Answer {
    Answer {
        value: Bytes::from(format!("sent at {boot}")),
        sent: at(boot),
        age_before: 0,
        tags: Arc::new([]),
        sequence: 0,
        outdated: false,
        put: false,
        live: None,
    }
}

fn entry(full: Option<u64>, reduced: Option<u64>) -> Entry {
    Entry { full: full.map(sent), reduced: reduced.map(|boot| (PLAN, sent(boot))) }
}

const FULL: Wish = Wish { detail: Detail::Full, full_only: false, max_age: None };
const REDUCED: Wish = Wish { detail: Detail::Reduced, full_only: false, max_age: None };
const FULL_ONLY: Wish = Wish { full_only: true, ..FULL };

/// Chooses at 100: what was sent then has age 0. The row, and whether it is the reduced answer.
fn choose(entry: &Entry, wish: &Wish) -> Option<(Row, bool)> {
    let (clock, ledger, now) = (Clock::default(), Ledger::default(), at(100));
    let judge = Judge { windows: &WINDOWS, plan: Some(PLAN), clock: &clock, ledger: &ledger, now: &now };
    judge.choose(entry, wish).map(|choice| (choice.row, choice.reduced.is_some()))
}

#[test]
fn wanting_full_a_full_one_in_rows_one_and_two_wins() {
    assert_eq!(choose(&entry(Some(75), Some(99)), &FULL), Some((Row::Revalidate, false)));
    assert_eq!(choose(&entry(Some(95), Some(99)), &FULL), Some((Row::Fresh, false)));
}

#[test]
fn wanting_full_a_reduced_one_is_row_two_at_best() {
    assert_eq!(choose(&entry(None, Some(99)), &FULL), Some((Row::Revalidate, true)));
    assert_eq!(choose(&entry(Some(60), Some(99)), &FULL), Some((Row::Revalidate, true)));
    assert_eq!(choose(&entry(Some(60), Some(65)), &FULL), Some((Row::IfError, false)));
    assert_eq!(choose(&entry(Some(0), Some(60)), &FULL), Some((Row::IfError, true)));
}

#[test]
fn wanting_reduced_the_freshest_wins_and_full_at_equal_age() {
    assert_eq!(choose(&entry(Some(94), Some(95)), &REDUCED), Some((Row::Fresh, true)));
    assert_eq!(choose(&entry(Some(95), Some(95)), &REDUCED), Some((Row::Fresh, false)));
    assert_eq!(choose(&entry(Some(96), Some(95)), &REDUCED), Some((Row::Fresh, false)));
}

#[test]
fn only_full_will_do_for_who_says_so() {
    assert_eq!(choose(&entry(None, Some(99)), &FULL_ONLY), None);
    let (clock, ledger, now) = (Clock::default(), Ledger::default(), at(100));
    let judge = Judge { windows: &WINDOWS, plan: Some(PLAN), clock: &clock, ledger: &ledger, now: &now };
    let entry = entry(Some(0), Some(99));
    let fallback = judge.fallback(&entry, &FULL_ONLY).unwrap();
    assert!(fallback.reduced.is_some(), "when everything else has failed");
    assert_eq!(fallback.last_known, Some(&entry.full.as_ref().unwrap().value));
}

#[test]
fn a_reduced_one_by_another_plan_is_void() {
    let mut entry = entry(None, Some(99));
    entry.reduced = entry.reduced.map(|(_, answer)| (PlanHash([2; 16]), answer));
    assert_eq!(choose(&entry, &REDUCED), None);
}

#[test]
fn an_older_age_than_the_caller_takes_is_row_two_at_best() {
    let at_most = |max_age| Wish { max_age: Some(max_age), ..FULL };
    assert_eq!(choose(&entry(Some(95), None), &at_most(5)), Some((Row::Fresh, false)));
    assert_eq!(choose(&entry(Some(95), None), &at_most(4)), Some((Row::Revalidate, false)));
    assert_eq!(choose(&entry(Some(60), None), &at_most(4)), Some((Row::IfError, false)));
}

#[test]
fn the_age_header_counts() {
    let mut entry = entry(Some(100), None);
    entry.full.as_mut().unwrap().age_before = 10;
    assert_eq!(choose(&entry, &FULL), Some((Row::Revalidate, false)));
}

#[test]
fn what_is_invalidated_is_in_row_three() {
    let mut entry = entry(Some(100), None);
    entry.full.as_mut().unwrap().outdated = true;
    assert_eq!(choose(&entry, &FULL), Some((Row::IfError, false)));
}

#[test]
fn an_earlier_send_never_replaces_a_later_one() {
    let mut entry = entry(Some(50), None);
    assert!(!entry.accept(sent(49), None));
    assert!(entry.accept(sent(50), None));
    assert!(entry.accept(sent(51), None));
    assert_eq!(entry.full, Some(sent(51)));
}

#[test]
fn the_server_always_replaces_what_was_put() {
    let mut entry = Entry::default();
    assert!(entry.accept(Answer { put: true, ..sent(50) }, None));
    assert!(entry.accept(sent(49), None));
    assert!(entry.accept(Answer { put: true, ..sent(10) }, None));
}

#[test]
fn reduced_never_replaces_full_and_full_outlives_what_is_older() {
    let mut entry = entry(Some(50), None);
    assert!(entry.accept(sent(60), Some(PLAN)));
    assert_eq!(entry.full, Some(sent(50)));
    assert!(entry.accept(sent(55), None), "an answer to an earlier send than the reduced one");
    assert!(entry.reduced.is_some());
    assert!(entry.accept(sent(60), None));
    assert!(entry.reduced.is_none());
}
