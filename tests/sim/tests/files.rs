//! The files in `tests/vectors/` are well-formed, and cover the rules.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use holdover_sim::files::{self, root};
use holdover_testkit::rules;
use holdover_testkit::vector::Shows;
use serde::Deserialize;

/// The rules that this release enforces: all of these sections, and of section I what needs no outbox.
const SECTIONS: [&str; 9] = ["A", "B", "C", "D", "E", "F", "G", "H", "J"];
const OFFLINE: [&str; 2] = ["I1", "I2"];
const ROWS: [&str; 4] = ["row 1", "row 2", "row 3", "row 4"];

/// All of them, as they are numbered in the text.
fn in_scope() -> Vec<String> {
    let numbered =
        SECTIONS.iter().flat_map(|section| (1..).map(move |n| format!("{section}{n}")).take_while(is_rule));
    numbered.chain(OFFLINE.iter().chain(&ROWS).map(|rule| (*rule).to_owned())).collect()
}

#[allow(clippy::ptr_arg, reason = "that is what an iterator of names gives")]
fn is_rule(rule: &String) -> bool {
    rules::text(rule).is_some()
}

fn elsewhere() -> Vec<Entry> {
    let text = fs::read_to_string(root().join("elsewhere.toml")).expect("elsewhere.toml is checked in");
    let elsewhere: Elsewhere = toml::from_str(&text).expect("elsewhere.toml is a list of tests");
    elsewhere.elsewhere
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Elsewhere {
    elsewhere: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    rule: String,
    /// What of the rule no vector can show.
    what: String,
    /// The file of the test, from the root of the repository.
    file: String,
    /// The name of the test function.
    test: String,
    /// The sides of the rule for which it takes the place of vectors.
    #[serde(default)]
    shows: Vec<Shows>,
}

/// With `HOLDOVER_REGENERATE=1` (`cargo xtask regenerate`) the files are rewritten the way they should be.
#[test]
fn vectors_are_written_as_they_are_printed() {
    let update = std::env::var_os("HOLDOVER_REGENERATE").is_some();
    for file in files::vectors().unwrap() {
        let printed = file.vector.print();
        if update {
            fs::write(root().join(&file.name), &printed).unwrap();
        } else {
            assert_eq!(file.text, printed, "{}: run `cargo xtask regenerate`", file.name);
        }
    }
}

#[test]
fn file_names_say_the_rule() {
    for file in files::vectors().unwrap() {
        let (_, name) = file.name.split_once('/').unwrap();
        let (rule, what) = name.split_once('-').unwrap();
        assert!(what.ends_with(".json"), "{}", file.name);
        let rule = match rule.strip_prefix("row") {
            Some(row) => format!("row {row}"),
            None => rule.to_owned(),
        };
        assert!(file.vector.rules.contains_key(&rule), "{} does not cite {rule}", file.name);
        for rule in file.vector.rules.keys() {
            assert!(rules::text(rule).is_some(), "{} cites {rule}, which is no rule", file.name);
        }
    }
}

#[test]
fn titles_are_unique() {
    let mut seen = BTreeMap::new();
    for file in files::vectors().unwrap() {
        if let Some(other) = seen.insert(file.vector.title.clone(), file.name.clone()) {
            panic!("{} and {other} have the same title", file.name);
        }
    }
}

#[test]
fn every_rule_in_scope_is_shown_from_all_sides() {
    let mut shown: BTreeMap<String, BTreeSet<Shows>> = BTreeMap::new();
    for file in files::vectors().unwrap() {
        for (rule, shows) in file.vector.rules {
            shown.entry(rule).or_default().insert(shows);
        }
    }
    for entry in elsewhere() {
        shown.entry(entry.rule).or_default().extend(entry.shows);
    }
    let rules = in_scope();
    assert!(rules.len() > 60, "the rules are not found in the text: {rules:?}");
    let lacking: Vec<String> = rules
        .iter()
        .filter_map(|rule| {
            let sides = shown.get(rule).cloned().unwrap_or_default();
            let missing: Vec<Shows> = [Shows::Holds, Shows::Boundary, Shows::MustNot]
                .into_iter()
                .filter(|side| !sides.contains(side))
                .collect();
            (!missing.is_empty()).then(|| format!("{rule}: {missing:?}"))
        })
        .collect();
    assert!(
        lacking.is_empty(),
        "write vectors for {lacking:#?}, or say in elsewhere.toml which test shows them"
    );
}

#[test]
fn what_is_shown_elsewhere_is_shown_there() {
    for Entry { rule, what, file, test, .. } in elsewhere() {
        assert!(rules::text(&rule).is_some(), "{rule} is no rule");
        assert!(!what.is_empty(), "{rule} says nothing");
        let source = fs::read_to_string(root().join("../..").join(&file))
            .unwrap_or_else(|error| panic!("{file}: {error}"));
        assert!(source.contains(&format!("fn {test}(")), "{file} has no test {test} for {rule}");
    }
}
