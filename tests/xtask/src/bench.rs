//! The benchmarks that back the README's claims. Each prints ratios against a named peer measured in the same run.

use clap::ValueEnum;

use crate::step::{Outcome, cargo, run as step};
use crate::swift;
use crate::{kotlin, library};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Which benchmark; all of them when left out.
    #[arg(value_enum)]
    which: Option<Bench>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Bench {
    /// Pruning on encoded bytes, beside prost decode-clear-encode and memcpy.
    Wire,
    /// What the server layer costs a stream, beside no layer and beside decoding, clearing and encoding every message.
    Stream,
    /// What a call costs: memory hit beside moka, SQLite hit, network call beside the bare transport.
    Cost,
    /// What streams cost: replay after reopening, messages beside the bare transport; then `stream`.
    Engine,
    /// What the boundary costs: hits, items and the constructor through the C ABI, from Swift and on the JVM, and the library's sizes.
    Ffi,
}

/// Built as apps ship it.
const BOUNDARY: [&str; 7] =
    ["bench", "--profile", "library", "--package", "holdover-ffi", "--bench", "boundary"];
const STREAM: &[&str] = &["bench", "--package", "holdover-server"];

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    for bench in Bench::value_variants() {
        if arguments.which.is_some_and(|which| which != *bench) {
            continue;
        }
        match bench {
            Bench::Wire => step("bench: wire", &mut cargo(&["bench", "--package", "holdover-wire"]))?,
            Bench::Stream => step("bench: stream", &mut cargo(STREAM))?,
            Bench::Cost => {
                step("bench: cost", &mut cargo(&["bench", "--package", "holdover", "--bench", "cost"]))?;
            }
            Bench::Ffi => {
                step("bench: ffi", &mut cargo(&BOUNDARY))?;
                let core = library::build("sqlite,transport,jni")?;
                swift::bench(core.parent().ok_or("a library lies in a folder")?)?;
                kotlin::bench(&core)?;
                library::sizes()?;
            }
            Bench::Engine => {
                step("bench: engine", &mut cargo(&["bench", "--package", "holdover", "--bench", "engine"]))?;
                // Among all benchmarks it has had its turn.
                if arguments.which.is_some() {
                    step("bench: stream", &mut cargo(STREAM))?;
                }
            }
        }
    }
    Ok(())
}
