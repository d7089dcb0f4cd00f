//! The server by itself, for the story in other languages: takes commands by lines, answers each by a line, and ends with
//! its input. It prints its address first.
//!
//! | command | what happens |
//! | --- | --- |
//! | `stop`, `start` | the server goes down, or comes up at the same address |
//! | `portal on`, `portal off` | a hotel's login page answers instead |
//! | `expire` | the access token that was accepted is refused from now on; the next one is accepted |
//! | `forget on`, `forget off` | quotes lack their id |
//! | `worsen MILLISECONDS BYTES` | everything takes so long each way, and so much arrives a second |
//! | `vanish` | the phone's radio is off: every connection breaks |
//! | `recover` | the link is as good as any again |
//! | `calls`, `bytes`, `prices` | answers how many calls have arrived, bytes were sent, prices were made up |
//! | `alone` | waits until no stream of prices is open |

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, stdin, stdout};

use crate::server::{Rides, Server, Switches};

/// Serves until its input ends.
pub(crate) async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let (switches, rides) = (Arc::new(Switches::default()), Rides::default());
    let first = Server::start((Ipv4Addr::LOCALHOST, 0).into(), &rides, &switches).await?;
    let address = first.address;
    let mut server = Some(first);
    say(&format!("http://{address}")).await?;
    let mut lines = BufReader::new(stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        let words: Vec<&str> = line.split(' ').collect();
        let mut answer = "ok".to_owned();
        match words[..] {
            ["stop"] => stop(&mut server).await,
            ["start"] => {
                stop(&mut server).await;
                server = Some(Server::start(address, &rides, &switches).await?);
            }
            ["portal", on] => switches.captive_portal.store(on == "on", Relaxed),
            ["expire"] => _ = switches.token.fetch_add(1, Relaxed),
            ["forget", on] => switches.forget_quote_id.store(on == "on", Relaxed),
            ["worsen", delay, rate] => {
                switches.link.worsen(Duration::from_millis(delay.parse()?), rate.parse()?);
            }
            ["vanish"] => switches.link.vanish(),
            ["recover"] => switches.link.recover(),
            ["calls"] => answer = switches.calls().to_string(),
            ["bytes"] => answer = switches.bytes_sent().to_string(),
            ["prices"] => answer = switches.prices.load(Relaxed).to_string(),
            ["alone"] => _ = switches.watchers.subscribe().wait_for(|watchers| *watchers == 0).await?,
            _ => return Err(format!("no command {line:?}; see examples/rust/src/served.rs").into()),
        }
        say(&answer).await?;
    }
    Ok(())
}

async fn stop(server: &mut Option<Server>) {
    if let Some(server) = server.take() {
        server.stop().await;
    }
}

async fn say(line: &str) -> std::io::Result<()> {
    let mut output = stdout();
    output.write_all(format!("{line}\n").as_bytes()).await?;
    output.flush().await
}
