//! A good network: fresh, stale at once, refreshed, and one's own writes.

use std::time::Duration;

use holdover::{Freshness, Source};

use super::{Outcome, Stage};
use crate::app::{RIDE, quote_request};
use crate::proto::pricing::v1::UpdateDestinationRequest;

pub(super) async fn cold_call(stage: &mut Stage) -> Outcome {
    stage.narrator.step("A cold call", "rpc GetQuote", "fresh_for");
    let quote = stage.show(stage.app.pricing.get_quote(quote_request())).await?;
    stage.narrator.check(quote.source() == Source::Network, "the first answer comes from the network");
    Ok(())
}

pub(super) async fn repeat_from_memory(stage: &mut Stage) -> Outcome {
    stage.narrator.step("The same again", "rpc GetQuote", "fresh_for");
    let calls = stage.switches.calls();
    let quote = stage.show(stage.app.pricing.get_quote(quote_request())).await?;
    stage.narrator.check(
        quote.source() == Source::Cache && quote.freshness() == Freshness::Fresh,
        "a fresh answer comes from memory",
    );
    stage.narrator.check(stage.switches.calls() == calls, "the server was not asked");
    Ok(())
}

pub(super) async fn stale_then_refreshed(stage: &mut Stage) -> Outcome {
    stage.narrator.step("Two seconds later", "rpc GetQuote", "stale_while_revalidate");
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    let mut quotes = stage.app.pricing.observe_get_quote(quote_request());
    let stale = stage.await_state(&mut quotes, |quote| quote.freshness() == Freshness::Stale).await?;
    stage.narrator.check(stale.source() == Source::Cache, "the stale quote is on the screen at once");
    let fresh = stage.await_state(&mut quotes, |quote| quote.freshness() == Freshness::Fresh).await?;
    stage.narrator.check(
        fresh.value.quote_id != stale.value.quote_id && !fresh.is_refreshing(),
        "the refresh behind it brings a new one",
    );
    Ok(())
}

pub(super) async fn read_your_writes(stage: &mut Stage) -> Outcome {
    stage.narrator.step("Ada changes her mind", "rpc UpdateDestination", "invalidates");
    let update =
        UpdateDestinationRequest { ride_id: RIDE.to_owned(), destination: "Central Station".to_owned() };
    stage.app.pricing.update_destination(update).await?;
    let quote = stage.show(stage.app.pricing.get_quote(quote_request())).await?;
    stage.narrator.check(
        quote.value.destination == "Central Station" && quote.source() == Source::Network,
        "a quote that is still fresh by age is not shown: the next one knows the new destination",
    );
    Ok(())
}
