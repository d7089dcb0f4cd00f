//! What happens to Ada's quote screen in a minute of bad luck.

mod broken;
mod fresh;
mod leaving;
mod poor;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use holdover::{Observation, Observed, Snapshot};

use crate::app::{App, Tokens};
use crate::narrator::Narrator;
use crate::proto::pricing::v1::{Money, Quote};
use crate::server::{Rides, Server, Switches};

/// How long the story waits for something that must happen.
const PATIENCE: Duration = Duration::from_secs(10);

/// Everything that the steps act on.
pub(crate) struct Stage {
    pub(crate) narrator: Narrator,
    pub(crate) app: App,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) switches: Arc<Switches>,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) address: SocketAddr,
    rides: Rides,
    server: Option<Server>,
}

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Tells the whole story, in under a minute.
pub(crate) async fn tell() -> Outcome {
    let switches = Arc::new(Switches::default());
    let rides = Rides::default();
    let server = Server::start((Ipv4Addr::LOCALHOST, 0).into(), &rides, &switches).await?;
    let address = server.address;
    let folder = tempfile::tempdir()?;
    let tokens = Arc::new(Tokens::default());
    let app = App::start(&format!("http://{address}"), folder.path(), &tokens)?;
    let narrator = Narrator::new();
    narrator.say(&format!("ride-pricing: a tonic server on {address}, a Holdover client, a disk cache."));
    narrator.say("Each answer says: where it came from, how old it may be called, how complete it is, and what it says.");

    let server = Some(server);
    let mut stage = Stage { narrator, app, tokens, switches, folder, address, rides, server };
    fresh::cold_call(&mut stage).await?;
    fresh::repeat_from_memory(&mut stage).await?;
    fresh::stale_then_refreshed(&mut stage).await?;
    fresh::read_your_writes(&mut stage).await?;
    broken::server_down(&mut stage).await?;
    broken::captive_portal(&mut stage).await?;
    broken::token_refresh(&mut stage).await?;
    poor::withheld(&mut stage).await?;
    poor::restored(&mut stage).await?;
    broken::required_field_missing(&mut stage).await?;
    leaving::process_restart(&mut stage).await?;
    leaving::sign_out(&mut stage).await?;
    stage.narrator.end().map_err(Into::into)
}

impl Stage {
    pub(crate) async fn stop_server(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop().await;
        }
    }

    pub(crate) async fn start_server(&mut self) -> Outcome {
        self.server = Some(Server::start(self.address, &self.rides, &self.switches).await?);
        Ok(())
    }

    /// Awaits a quote, and shows it with its time and its bytes.
    pub(crate) async fn show(
        &self,
        quote: impl Future<Output = Result<Snapshot<Quote>, holdover::Error>>,
    ) -> Result<Snapshot<Quote>, holdover::Error> {
        let bytes = self.switches.bytes_sent();
        let started = Instant::now();
        let quote = quote.await;
        let what = match &quote {
            Ok(quote) => describe(quote),
            Err(error) => format!("no answer: {}", error.kind.name()),
        };
        self.narrator.show(&what, started.elapsed(), self.switches.bytes_sent() - bytes);
        quote
    }

    /// Waits until an observed quote is as wanted, and shows it.
    pub(crate) async fn await_state(
        &self,
        quotes: &mut Observation<Quote>,
        wanted: impl Fn(&Snapshot<Quote>) -> bool,
    ) -> Result<Snapshot<Quote>, Box<dyn std::error::Error>> {
        let bytes = self.switches.bytes_sent();
        let started = Instant::now();
        let found = tokio::time::timeout(PATIENCE, async {
            while let Some(state) = quotes.next().await {
                if let Observed::Value(quote) = state
                    && wanted(&quote)
                {
                    return Some(quote);
                }
            }
            None
        });
        let quote = found
            .await
            .map_err(|_| "the observed quote did not change in time")?
            .ok_or("the observation ended early")?;
        self.narrator.show(&describe(&quote), started.elapsed(), self.switches.bytes_sent() - bytes);
        Ok(quote)
    }
}

/// A quote in one line: where it came from, and what it says.
pub(crate) fn describe(quote: &Snapshot<Quote>) -> String {
    let error = quote.error().map_or_else(String::new, |error| format!(" after {}", error.kind.name()));
    format!(
        "{:?} {:?} {:?}{error}: {} to {}",
        quote.source(),
        quote.freshness(),
        quote.detail(),
        price(quote.value.total.as_ref()),
        quote.value.destination
    )
}

fn price(money: Option<&Money>) -> String {
    money.map_or_else(
        || "no price".to_owned(),
        |money| format!("{}.{:02} {}", money.minor_units / 100, money.minor_units % 100, money.currency),
    )
}
