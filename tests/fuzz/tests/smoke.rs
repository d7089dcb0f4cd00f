//! Every target on its corpus and on mutations of it, the same ones every time.

use std::fs;
use std::path::{Path, PathBuf};

use holdover_fuzz::{TARGETS, Target};
use prost::Message as _;

/// How many mutations a target gets; `HOLDOVER_FUZZ_RUNS` asks for more.
const RUNS: u32 = 50_000;

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder)
        .expect("every target has a corpus")
        .map(|entry| entry.expect("the corpus can be listed").path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} has no seeds", folder.display());
    paths.iter().map(|path| fs::read(path).expect("the seed can be read")).collect()
}

/// SplitMix64: <https://prng.di.unimi.it/splitmix64.c>.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(n.max(1)).expect("a length fits")).expect("less than n")
    }
}

/// Bytes that mean something on the wire: ends of varints, keys, lengths, group marks.
const INTERESTING: [u8; 12] = [0, 1, 2, 0x0a, 0x12, 0x1a, 0x33, 0x34, 0x7f, 0x80, 0xff, 0x3a];

/// Words and marks that mean something in a schema.
const WORDS: [&str; 24] = [
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "<",
    ">",
    ";",
    "=",
    "\"",
    "'",
    "\\",
    "\\777",
    ".",
    " -",
    "/*",
    "message M {",
    "option (holdover.method).",
    "group G = 9 {",
    "map<string, M>",
    "extensions 1 to max;",
    "repeated ",
    "é",
];

fn mutate(random: &mut Random, seeds: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
    let mut data = seeds[random.below(seeds.len())].clone();
    for _ in 0..=random.below(6) {
        let at = random.below(data.len() + 1);
        match random.below(if words.is_empty() { 7 } else { 9 }) {
            0 if at < data.len() => data[at] ^= 1 << random.below(8),
            1 if at < data.len() => data[at] = INTERESTING[random.below(INTERESTING.len())],
            2 => data.insert(at, INTERESTING[random.below(INTERESTING.len())]),
            3 if at < data.len() => _ = data.remove(at),
            4 => data.truncate(at),
            5 => {
                let other = &seeds[random.below(seeds.len())];
                let from = random.below(other.len() + 1);
                data.truncate(at);
                data.extend_from_slice(&other[from..]);
            }
            7 | 8 => _ = data.splice(at..at, words[random.below(words.len())].bytes()),
            _ => {
                let end = at + random.below(data.len() - at + 1);
                let copy = data[at..end].to_vec();
                data.splice(at..at, copy);
            }
        }
    }
    data
}

fn smoke(name: &str, target: Target) {
    let seeds = corpus(name);
    // A schema takes a thousand times as long as a message.
    let cost = if ["descriptors", "proto"].contains(&name) { 20 } else { 1 };
    seeds.iter().for_each(|seed| target(seed));
    let words = if name == "proto" { &WORDS[..] } else { &[] };
    let runs = std::env::var("HOLDOVER_FUZZ_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(RUNS);
    let mut random = Random(runs.into());
    for _ in 0..runs / cost {
        target(&mutate(&mut random, &seeds, words));
    }
}

macro_rules! smoke {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            smoke(stringify!($name), holdover_fuzz::$name);
        })*

        #[test]
        fn every_target_is_smoked() {
            let names: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
            assert_eq!(names, [$(stringify!($name)),*]);
        }
    };
}

smoke!(descriptors frame key mask presence proto prune schema stream tags);

#[test]
fn the_policy_among_the_seeds_is_the_one_of_the_code() {
    let policy = holdover_fuzz::policy().encode_to_vec();
    let length = u16::try_from(policy.len()).expect("the policy is small").to_be_bytes();
    // `id` "a", `name` "b".
    let seed = [&length[..], &policy, b"\x0a\x01a\x12\x01b"].concat();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/schema/policy.bin");
    if std::env::var_os("HOLDOVER_UPDATE_CORPUS").is_some() {
        fs::write(&path, &seed).expect("the seed can be written");
    }
    let drifted = fs::read(&path).expect("the seed is there") != seed;
    assert!(!drifted, "corpus/schema/policy.bin has drifted: run with HOLDOVER_UPDATE_CORPUS=1");
}

#[test]
fn the_descriptor_sets_among_the_seeds_are_those_of_the_texts() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for name in ["odd", "options", "two"] {
        let text =
            fs::read(folder.join("proto").join(name).with_extension("proto")).expect("the seed is there");
        let seed = holdover_fuzz::descriptor_set(&text).unwrap_or_else(|report| panic!("{name}: {report}"));
        let path = folder.join("descriptors").join(name).with_extension("bin");
        if std::env::var_os("HOLDOVER_UPDATE_CORPUS").is_some() {
            fs::write(&path, &seed).expect("the seed can be written");
        }
        let drifted = fs::read(&path).expect("the seed is there") != seed;
        assert!(!drifted, "{} has drifted: run with HOLDOVER_UPDATE_CORPUS=1", path.display());
    }
}
