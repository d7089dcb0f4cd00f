//! In the plane: what is there is shown, what is not fails at once, and everything goes on after landing.

use std::sync::atomic::Ordering;

use holdover::{ErrorKind, Freshness, Observation, Reachability, Source, Streaming};

use super::poor::mobile;
use super::{Outcome, Stage, prices};
use crate::app::{RIDE, prices_request, quote_request};
use crate::proto::pricing::v1::{
    GetQuoteRequest, GetReceiptRequest, PriceUpdate, Quote, UpdateDestinationRequest,
};

/// What is on Ada's screens while she flies.
pub(super) struct Screens {
    quotes: Observation<Quote>,
    prices: Streaming<PriceUpdate>,
    /// The server's number of calls when the network went away.
    calls: u64,
}

fn receipt_request() -> GetReceiptRequest {
    GetReceiptRequest { ride_id: "ride-1".to_owned() }
}

pub(super) async fn airplane_mode(stage: &mut Stage) -> Result<Screens, Box<dyn std::error::Error>> {
    stage.narrator.step("Airplane mode", "rpc GetQuote", "fresh_for");
    stage
        .narrator
        .say("Before take-off, a quote and its price are on the screen, and a receipt has been looked at.");
    stage.app.pricing.get_receipt(receipt_request()).await?;
    let mut quotes = stage.app.pricing.observe_get_quote(quote_request());
    stage.await_state(&mut quotes, |quote| quote.source() == Source::Network).await?;
    let mut prices = stage.app.pricing.watch_prices(prices_request());
    stage.await_price(&mut prices, |price| price.source() == Source::Network).await?;

    stage.narrator.say("The platform says that there is no network any more, and every connection is gone.");
    stage.app.runtime.set_platform(mobile(Reachability::Unreachable));
    stage.switches.link.vanish();
    prices::nobody_watches(stage, "the server did not lose the stream").await?;
    let calls = stage.switches.calls();
    let quote = stage.show(stage.app.pricing.get_quote(quote_request())).await?;
    stage.narrator.check(quote.source() == Source::Cache, "the quote that is there is shown at once");
    Ok(Screens { quotes, prices, calls })
}

pub(super) async fn expired(
    stage: &mut Stage,
    mut screens: Screens,
) -> Result<Screens, Box<dyn std::error::Error>> {
    stage.narrator.step("In the plane, things get old", "rpc GetReceipt", "serve_stale");
    let stale = stage.await_state(&mut screens.quotes, |quote| quote.freshness() == Freshness::Stale).await?;
    stage
        .narrator
        .check(stale.source() == Source::Cache, "the quote stays on the screen, and turns stale there");
    let receipt = stage.app.pricing.get_receipt(receipt_request()).await?;
    stage.narrator.say(&format!(
        "→ {:?} {:?}: {}",
        receipt.source(),
        receipt.freshness(),
        super::price(receipt.value.total.as_ref())
    ));
    stage.narrator.check(
        receipt.source() == Source::Cache && receipt.freshness() == Freshness::Expired,
        "the receipt has expired, and is shown all the same, because it may be where there is no network",
    );
    Ok(screens)
}

pub(super) async fn nothing_to_show(stage: &mut Stage) -> Outcome {
    stage.narrator.step("In the plane, without a stored answer", "rpc UpdateDestination", "fail_fast");
    let unseen = GetQuoteRequest { ride_id: "ride-99".to_owned() };
    let quote = stage.show(stage.app.pricing.get_quote(unseen)).await;
    stage.narrator.check(
        quote.is_err_and(|error| error.kind == ErrorKind::Offline),
        "a quote that was never seen fails at once, without a try",
    );
    let update = UpdateDestinationRequest { ride_id: RIDE.to_owned(), destination: "Harbour".to_owned() };
    let update = stage.app.pricing.update_destination(update).await;
    stage.narrator.check(
        update.is_err_and(|error| error.kind == ErrorKind::Offline),
        "and so does a change, which nobody takes for done",
    );
    Ok(())
}

pub(super) async fn landed(stage: &mut Stage, screens: Screens) -> Outcome {
    let Screens { mut quotes, mut prices, calls } = screens;
    stage.narrator.step("The plane lands", "rpc WatchPrices", "replay");
    stage.narrator.check(stage.switches.calls() == calls, "nothing has reached the server meanwhile");
    let last = stage.switches.prices.load(Ordering::Relaxed);
    stage.switches.link.recover();
    stage.app.runtime.set_platform(mobile(Reachability::Reachable));
    stage.await_state(&mut quotes, |quote| quote.freshness() == Freshness::Fresh).await?;
    stage.narrator.say("The quote on the screen has refreshed itself.");
    let price = stage.await_price(&mut prices, |price| price.value.number > last).await?;
    stage.narrator.check(
        price.source() == Source::Network && price.gap(),
        "and so has the price: nobody had to pull anything down",
    );
    Ok(())
}
