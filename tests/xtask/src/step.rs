//! One command of a chore, announced before it runs and timed after.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// What went wrong, in words that say what to do.
pub(crate) type Outcome = Result<(), String>;

/// The workspace's root folder.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("xtask lives in tests/xtask").to_owned()
}

/// Where cargo puts what it builds: this program is in a folder there.
pub(crate) fn built() -> Result<PathBuf, String> {
    let here = std::env::current_exe().map_err(|error| format!("this program lies nowhere: {error}"))?;
    let folder = here.parent().and_then(Path::parent);
    folder.map(Path::to_owned).ok_or_else(|| "this program lies nowhere: run it by cargo".to_owned())
}

/// Cargo, as it started us, in the workspace's root.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()).args(arguments);
    command
}

/// Runs a command with our own input and output, so that its progress is seen as it happens.
pub(crate) fn run(title: &str, command: &mut Command) -> Outcome {
    println!("\n── {title}");
    let started = Instant::now();
    let status = command.status().map_err(|error| {
        format!("{title}: cannot start {}: {error}", command.get_program().to_string_lossy())
    })?;
    if status.success() {
        println!("── {title}: ok, {:.1} s", started.elapsed().as_secs_f32());
        return Ok(());
    }
    let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
    Err(format!(
        "{title} failed ({status}). Run it alone with: {} {}",
        command.get_program().to_string_lossy(),
        words.join(" ")
    ))
}
