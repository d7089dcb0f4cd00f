//! The price as it moves: put away, taken out again, cut off, opened again.

use std::sync::atomic::Ordering;

use holdover::{AppState, Freshness, Source, Streaming};

use super::{Outcome, Stage, patiently};
use crate::app::prices_request;
use crate::proto::pricing::v1::PriceUpdate;

pub(super) async fn opened(stage: &mut Stage) -> Result<Streaming<PriceUpdate>, Box<dyn std::error::Error>> {
    stage.narrator.step("Ada watches the price", "rpc WatchPrices", "rpc WatchPrices");
    let mut prices = stage.app.pricing.watch_prices(prices_request());
    let first = stage.await_price(&mut prices, |_| true).await?;
    let second = stage.await_price(&mut prices, |_| true).await?;
    stage.narrator.check(
        first.source() == Source::Network && second.value.number > first.value.number && !first.gap(),
        "each price is on the screen when it comes",
    );
    Ok(prices)
}

pub(super) async fn put_away(stage: &mut Stage, prices: &mut Streaming<PriceUpdate>) -> Outcome {
    stage.narrator.step("She puts the phone away, and takes it out again", "rpc WatchPrices", "replay");
    stage.app.runtime.set_app_state(AppState::Background);
    nobody_watches(stage, "the stream did not leave the wire").await?;
    stage
        .narrator
        .say("After the grace period (half a second here), the server has nobody to send prices to.");
    stage.app.runtime.set_app_state(AppState::Foreground);
    // What she had not looked at before comes first.
    let kept = stage.await_price(prices, |price| price.source() == Source::Replay).await?;
    stage
        .narrator
        .check(kept.freshness() == Freshness::Stale, "the last price is on the screen at once, and says so");
    let live = stage.await_price(prices, |_| true).await?;
    stage.narrator.check(
        live.source() == Source::Network && live.value.number > kept.value.number && live.gap(),
        "then live ones, the first of which says that some were missed",
    );
    Ok(())
}

pub(super) async fn cut(stage: &mut Stage, prices: &mut Streaming<PriceUpdate>) -> Outcome {
    stage.narrator.step("The server is restarted under the stream", "rpc WatchPrices", "replay");
    stage.stop_server().await;
    let last = stage.switches.prices.load(Ordering::Relaxed);
    stage.start_server().await?;
    let next = stage.await_price(prices, |price| price.value.number > last).await?;
    stage.narrator.check(
        next.source() == Source::Network && next.gap(),
        "no error reaches the screen: the stream is opened again, and the next price says that some were missed",
    );
    Ok(())
}

pub(super) async fn opened_again(stage: &mut Stage, prices: Streaming<PriceUpdate>) -> Outcome {
    stage.narrator.step("She leaves the screen, and comes back to it", "rpc WatchPrices", "replay");
    drop(prices);
    nobody_watches(stage, "the stream that nobody reads was not closed").await?;
    let mut prices = stage.app.pricing.watch_prices(prices_request());
    let kept = stage.await_price(&mut prices, |_| true).await?;
    let live = stage.await_price(&mut prices, |_| true).await?;
    stage.narrator.check(
        kept.source() == Source::Replay && live.source() == Source::Network,
        "a new screen begins with the last price, too",
    );
    drop(prices);
    nobody_watches(stage, "the stream that nobody reads was not closed").await
}

/// Waits until no stream is open at the server.
pub(super) async fn nobody_watches(stage: &Stage, otherwise: &str) -> Outcome {
    let mut watchers = stage.switches.watchers.subscribe();
    patiently(otherwise, async {
        watchers.wait_for(|watchers| *watchers == 0).await?;
        Ok(())
    })
    .await
}
