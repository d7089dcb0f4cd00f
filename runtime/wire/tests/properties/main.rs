//! Work on encoded bytes against the same work by reflection, over random messages, plans and encodings.

mod prune;
mod read;
mod support;

use proptest::test_runner::{Config, RngSeed};

/// The same cases every time; `PROPTEST_RNG_SEED` and `PROPTEST_CASES` ask for others.
fn cases() -> Config {
    let cases = Config::default();
    let rng_seed = match cases.rng_seed {
        RngSeed::Random => RngSeed::Fixed(0x686f_6c64_6f76_6572),
        fixed => fixed,
    };
    Config { rng_seed, failure_persistence: None, cases: cases.cases.max(512), ..cases }
}
