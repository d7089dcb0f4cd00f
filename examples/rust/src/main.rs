//! A ride-pricing app on a bad network: starts a real server on loopback, and breaks it step by step.
//!
//!     cargo run -p ride-pricing
//!
//! Exits with an error if a step did not do what it says.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "telling a story is what this program is for")]

mod app;
mod narrator;
mod proto;
mod restarted;
mod served;
mod server;
mod story;

use std::process::ExitCode;

// One thread for the server and the story: what the server has written is counted before the story reads the count. (The
// client brings its own.)
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => story::tell().await,
        // How the story starts the app a second time, in a process of its own.
        ["--restarted", url, folder] => restarted::run(url, folder.as_ref()).await,
        // How the story in other languages has its server.
        ["--serve"] => served::run().await,
        _ => Err("usage: ride-pricing   (it takes no arguments)".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nride-pricing: {error}");
            ExitCode::FAILURE
        }
    }
}
