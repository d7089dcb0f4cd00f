//! What happens to Ada's screens in half a minute of bad luck.

mod broken;
mod fresh;
mod leaving;
mod offline;
mod poor;
mod prices;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use holdover::{Observation, Observed, Quality, Snapshot, Streaming};

use crate::app::{App, Tokens};
use crate::narrator::Narrator;
use crate::proto::pricing::v1::{Money, PriceUpdate, Quote};
use crate::server::{Rides, Server, Switches};

/// How long the story waits for something that must happen.
const PATIENCE: Duration = Duration::from_secs(30);

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

/// Tells the whole story, in about half a minute.
pub(crate) async fn tell() -> Outcome {
    let switches = Arc::new(Switches::default());
    let rides = Rides::default();
    let server = Server::start((Ipv4Addr::LOCALHOST, 0).into(), &rides, &switches).await?;
    let address = server.address;
    let folder = tempfile::tempdir()?;
    let tokens = Arc::new(Tokens::default());
    let app = App::start(&format!("http://{address}"), folder.path(), &tokens)?;
    app.runtime.set_platform(poor::wifi());
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
    broken::required_field_missing(&mut stage).await?;
    let mut prices = prices::opened(&mut stage).await?;
    prices::put_away(&mut stage, &mut prices).await?;
    prices::cut(&mut stage, &mut prices).await?;
    prices::opened_again(&mut stage, prices).await?;
    poor::noticed(&mut stage).await?;
    poor::withheld(&mut stage).await?;
    poor::restored(&mut stage).await?;
    let screens = offline::airplane_mode(&mut stage).await?;
    let screens = offline::expired(&mut stage, screens).await?;
    offline::nothing_to_show(&mut stage).await?;
    offline::landed(&mut stage, screens).await?;
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
        self.timed(quote, |quote| match quote {
            Ok(quote) => describe(quote),
            Err(error) => format!("no answer: {}", error.kind.name()),
        })
        .await
    }

    /// Waits until an observed quote is as wanted, and shows it.
    pub(crate) async fn await_state(
        &self,
        quotes: &mut Observation<Quote>,
        wanted: impl Fn(&Snapshot<Quote>) -> bool,
    ) -> Result<Snapshot<Quote>, Box<dyn std::error::Error>> {
        let found = async {
            while let Some(state) = quotes.next().await {
                if let Observed::Value(quote) = state
                    && wanted(&quote)
                {
                    return Ok(quote);
                }
            }
            Err("the observation ended early".into())
        };
        self.timed(patiently("the observed quote did not change", found), |quote| {
            quote.as_ref().map_or_else(ToString::to_string, describe)
        })
        .await
    }

    /// Waits until a price is as wanted, and shows it.
    pub(crate) async fn await_price(
        &self,
        prices: &mut Streaming<PriceUpdate>,
        wanted: impl Fn(&Snapshot<PriceUpdate>) -> bool,
    ) -> Result<Snapshot<PriceUpdate>, Box<dyn std::error::Error>> {
        let found = async {
            while let Some(price) = prices.next().await.transpose()? {
                if wanted(&price) {
                    return Ok(price);
                }
            }
            Err("the stream of prices ended early".into())
        };
        self.timed(patiently("the price that was waited for did not come", found), |price| {
            price.as_ref().map_or_else(ToString::to_string, describe_price)
        })
        .await
    }

    /// Waits until the app is told of a quality as wanted.
    pub(crate) async fn await_quality(
        &self,
        wanted: impl Fn(Quality) -> bool,
    ) -> Result<Quality, Box<dyn std::error::Error>> {
        let mut told = self.app.quality.clone();
        let found = async { Ok(*told.wait_for(|quality| wanted(*quality)).await?) };
        self.timed(patiently("the quality of the network did not change", found), |quality| match quality {
            Ok(quality) => format!("the app is told: {}", quality.as_str_name()),
            Err(error) => error.to_string(),
        })
        .await
    }

    /// Awaits something, and shows it with its time and its bytes.
    async fn timed<T>(&self, what: impl Future<Output = T>, describe: impl FnOnce(&T) -> String) -> T {
        let bytes = self.switches.bytes_sent();
        let started = Instant::now();
        let outcome = what.await;
        self.narrator.show(&describe(&outcome), started.elapsed(), self.switches.bytes_sent() - bytes);
        outcome
    }
}

/// Waits for something that must happen, but not for ever.
pub(crate) async fn patiently<T>(
    otherwise: &str,
    what: impl Future<Output = Result<T, Box<dyn std::error::Error>>>,
) -> Result<T, Box<dyn std::error::Error>> {
    tokio::time::timeout(PATIENCE, what).await.map_err(|_| format!("{otherwise} in time"))?
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

/// A price in one line.
fn describe_price(update: &Snapshot<PriceUpdate>) -> String {
    format!(
        "{:?} {:?} {:?}{}: price no. {}, {}",
        update.source(),
        update.freshness(),
        update.detail(),
        if update.gap() { " after a gap" } else { "" },
        update.value.number,
        price(update.value.total.as_ref()),
    )
}

fn price(money: Option<&Money>) -> String {
    money.map_or_else(
        || "no price".to_owned(),
        |money| format!("{}.{:02} {}", money.minor_units / 100, money.minor_units % 100, money.currency),
    )
}
