//! The train enters the tunnel, and leaves it.

use holdover::{CacheMode, Detail, Enrich as _, Enriching, Quality, Source};

use super::{Outcome, Stage};
use crate::app::quote_request;
use crate::proto::pricing::v1::GetQuoteRequest;

pub(super) async fn withheld(stage: &mut Stage) -> Outcome {
    stage.narrator.step("The network turns poor", "rpc GetQuote", "detail");
    let before = stage.switches.bytes_sent();
    let full = stage.show(stage.app.pricing.get_quote(quote_request()).cache(CacheMode::NetworkOnly)).await?;
    let full_bytes = stage.switches.bytes_sent() - before;
    stage.narrator.check(full.detail() == Detail::Full, "on a good network, the answer is whole");

    stage.app.runtime.set_quality(Quality::Poor);
    let before = stage.switches.bytes_sent();
    let reduced =
        stage.show(stage.app.pricing.get_quote(quote_request()).cache(CacheMode::NetworkOnly)).await?;
    let reduced_bytes = stage.switches.bytes_sent() - before;
    stage.narrator.say(&format!("  withheld: {}", reduced.withheld_paths().join(", ")));
    stage.narrator.check(
        reduced.detail() == Detail::Reduced && reduced.value.promo.is_none(),
        "on a poor one, what merely enriches is not sent",
    );
    stage.narrator.check(
        reduced_bytes * 4 < full_bytes,
        &format!("{reduced_bytes} bytes on the wire instead of {full_bytes}"),
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
    stage.narrator.say(&format!("  withheld: {}", reduced.withheld_paths().join(", ")));
    stage.narrator.check(
        matches!(reduced.value.enriched(reduced.withheld()).promo(), Enriching::Withheld(None)),
        "its banner is withheld, and nobody has seen it yet",
    );
    stage.narrator.say("The train leaves the tunnel.");
    stage.app.runtime.set_quality(Quality::Good);
    let restored = stage.await_state(&mut quotes, |quote| quote.detail() == Detail::Full).await?;
    stage.narrator.check(
        restored.source() == Source::Network && restored.value.promo.is_some(),
        "the observed quote is fetched again in full, and what was withheld appears by itself",
    );
    Ok(())
}
