//! Things break: the server, the Wi-Fi, the token, a deployment.

use std::sync::atomic::Ordering;
use std::time::Duration;

use holdover::{CacheMode, ErrorKind, Source};

use super::{Outcome, Stage};
use crate::app::quote_request;
use crate::proto::pricing::v1::{GetProfileRequest, GetQuoteRequest};

pub(super) async fn server_down(stage: &mut Stage) -> Outcome {
    stage.narrator.step("The server is down", "rpc GetQuote", "stale_if_error");
    stage.stop_server().await;
    tokio::time::sleep(Duration::from_millis(6_100)).await;
    let quote = stage.show(stage.app.pricing.get_quote(quote_request())).await?;
    stage.narrator.check(
        quote.source() == Source::Cache && quote.error().is_some(),
        "the old quote is shown, and says why it is old",
    );
    stage.start_server().await
}

pub(super) async fn captive_portal(stage: &mut Stage) -> Outcome {
    stage.narrator.step("A hotel's Wi-Fi answers instead", "rpc GetQuote", "stale_if_error");
    stage.switches.captive_portal.store(true, Ordering::Relaxed);
    stage.narrator.say("Ada pulls the quote down to refresh it.");
    let quotes = stage.app.pricing.observe_get_quote(quote_request());
    let refreshed = quotes.refresh().await;
    stage.narrator.check(
        refreshed.is_err_and(|error| error.kind == ErrorKind::Intercepted),
        "HTML is not a quote: the login page is recognised",
    );
    let quote = stage.show(stage.app.pricing.get_quote(quote_request())).await?;
    stage.narrator.check(
        quote.source() == Source::Cache && quote.error().is_some(),
        "nothing stored is lost, and it is shown without asking again so soon",
    );
    stage.switches.captive_portal.store(false, Ordering::Relaxed);
    Ok(())
}

pub(super) async fn token_refresh(stage: &mut Stage) -> Outcome {
    stage.narrator.step("The access token expires", "rpc GetProfile", "scope");
    stage.switches.token.fetch_add(1, Ordering::Relaxed);
    let profile = stage.app.pricing.get_profile(GetProfileRequest {}).cache(CacheMode::NetworkOnly).await?;
    stage.narrator.say(&format!("→ the profile of {}", profile.value.name));
    stage.narrator.check(
        stage.tokens.renewals() == 1,
        "the app was asked once for a new token, and the call was repeated once",
    );
    Ok(())
}

pub(super) async fn required_field_missing(stage: &mut Stage) -> Outcome {
    stage.narrator.step("A bad deployment forgets the quote's id", "message Quote", "quote_id");
    stage.switches.forget_quote_id.store(true, Ordering::Relaxed);
    let other = GetQuoteRequest { ride_id: "ride-18".to_owned() };
    let outcome = stage.show(stage.app.pricing.get_quote(other)).await;
    stage.narrator.check(
        outcome.is_err_and(|error| {
            error.kind == ErrorKind::Unusable && error.paths.iter().any(|path| path == "quote_id")
        }),
        "a quote without it never reaches the screen, and the error names the field",
    );
    let quotes = stage.app.pricing.observe_get_quote(quote_request());
    let refreshed = quotes.refresh().await;
    let quote = stage.show(stage.app.pricing.get_quote(quote_request())).await?;
    stage.narrator.check(
        refreshed.is_err_and(|error| error.kind == ErrorKind::Unusable)
            && quote.source() == Source::Cache
            && quote.value.quote_id.is_some(),
        "and the last good quote of another ride stays, instead of being replaced by such a one",
    );
    stage.switches.forget_quote_id.store(false, Ordering::Relaxed);
    Ok(())
}
