//! The train enters the tunnel, and leaves it. Nobody tells the runtime: it measures.

use std::time::Duration;

use futures_util::future::join_all;
use holdover::{
    CacheMode, Detail, Enrich as _, Enriching, Interface, Platform, Quality, Reachability, Source,
};

use super::{Outcome, Stage};
use crate::app::quote_request;
use crate::proto::pricing::v1::GetQuoteRequest;

/// What the tunnel adds, each way: then a request takes 1.8 s, which is POOR (from 1.42 s on) by a margin.
const TUNNEL_DELAY: Duration = Duration::from_millis(900);
/// What the tunnel lets through, in bytes a second.
const TUNNEL_RATE: u64 = 100_000;
/// How many calls the runtime may need at most to notice that the network has recovered.
const ENOUGH: u32 = 100;

/// The Wi-Fi that Ada has at home.
pub(super) fn wifi() -> Platform {
    Platform {
        reachability: Reachability::Reachable,
        interface: Interface::Wifi,
        path: 1,
        ..Platform::default()
    }
}

/// The mobile network that she has on her way.
pub(super) fn mobile(reachability: Reachability) -> Platform {
    Platform { reachability, interface: Interface::Cellular4g, path: 2, ..Platform::default() }
}

pub(super) async fn noticed(stage: &mut Stage) -> Outcome {
    stage.narrator.step("The train enters a tunnel", "rpc GetQuote", "reduce_at");
    stage.narrator.say(
        "Ada is on her way. Her phone has changed from Wi-Fi to the mobile network, and the app says so.",
    );
    stage.app.runtime.set_platform(mobile(Reachability::Reachable));
    let full = stage.show(stage.app.pricing.get_quote(quote_request()).cache(CacheMode::NetworkOnly)).await?;
    stage.narrator.check(
        stage.app.runtime.quality() > Quality::Poor && full.detail() == Detail::Full,
        "such a network is taken for a good one, and the answer is whole",
    );
    stage
        .narrator
        .say("In the tunnel, everything takes 0.9 s each way. Six quotes are asked for, as on any day:");
    stage.switches.link.worsen(TUNNEL_DELAY, TUNNEL_RATE);
    let rides = (0..6).map(|n| GetQuoteRequest { ride_id: format!("ride-2{n}") });
    let quotes = rides.map(|ride| stage.app.pricing.get_quote(ride).cache(CacheMode::NetworkOnly));
    let quotes = stage.timed(join_all(quotes), |quotes| format!("{} quotes", quotes.len())).await;
    let poor = stage.await_quality(|quality| quality <= Quality::Poor).await?;
    stage.narrator.check(
        poor != Quality::Offline && quotes.iter().all(Result::is_ok),
        "their times tell the runtime that the network is poor now",
    );
    Ok(())
}

pub(super) async fn withheld(stage: &mut Stage) -> Outcome {
    stage.narrator.step("In the tunnel, quotes lose what merely enriches them", "rpc GetQuote", "detail");
    let full = stage.app.pricing.get_quote(quote_request()).cache(CacheMode::CacheOnly).await?;
    let before = stage.switches.bytes_sent();
    let reduced =
        stage.show(stage.app.pricing.get_quote(quote_request()).cache(CacheMode::NetworkOnly)).await?;
    let bytes = stage.switches.bytes_sent() - before;
    stage.narrator.say(&format!("  withheld: {}", reduced.withheld_paths().join(", ")));
    stage
        .narrator
        .check(reduced.detail() == Detail::Reduced && reduced.value.promo.is_none(), "they are not sent");
    let whole = prost::Message::encoded_len(&full.value) as u64;
    stage.narrator.check(
        bytes * 4 < whole,
        &format!("{bytes} bytes on the wire, for a quote that has {whole} when it is whole"),
    );
    stage.narrator.check(
        matches!(
            reduced.value.enriched(reduced.withheld()).promo(),
            Enriching::Withheld(Some(last)) if full.value.promo.as_ref() == Some(last)
        ),
        "the screen can keep the banner that it had: withheld is not absent",
    );
    Ok(())
}

pub(super) async fn restored(stage: &mut Stage) -> Outcome {
    stage.narrator.step("A ride that was first seen in the tunnel", "rpc GetQuote", "restore");
    let request = GetQuoteRequest { ride_id: "ride-19".to_owned() };
    let mut quotes = stage.app.pricing.observe_get_quote(request);
    let reduced = stage.await_state(&mut quotes, |_| true).await?;
    stage.narrator.check(
        reduced.detail() == Detail::Reduced
            && matches!(reduced.value.enriched(reduced.withheld()).promo(), Enriching::Withheld(None)),
        "its banner is withheld, and nobody has seen it yet",
    );
    stage.narrator.say("The train leaves the tunnel. Other quotes are asked for, as before:");
    stage.switches.link.recover();
    for n in 0..ENOUGH {
        if stage.app.runtime.quality() > Quality::Poor {
            break;
        }
        let ride = GetQuoteRequest { ride_id: format!("ride-3{n}") };
        stage.app.pricing.get_quote(ride).cache(CacheMode::NetworkOnly).await?;
    }
    stage.await_quality(|quality| quality > Quality::Poor).await?;
    let restored = stage.await_state(&mut quotes, |quote| quote.detail() == Detail::Full).await?;
    stage.narrator.check(
        restored.source() == Source::Network && restored.value.promo.is_some(),
        "the observed quote is fetched again in full, and what was withheld appears by itself",
    );
    Ok(())
}
