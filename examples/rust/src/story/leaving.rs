//! The app is killed and started again, and at last Ada signs out.

use std::time::Duration;

use holdover::{CacheMode, OutboxChoice};
use tokio::process::Command;

use super::{Outcome, Stage};
use crate::app::{App, quote_request};
use crate::proto::pricing::v1::GetProfileRequest;

pub(super) async fn process_restart(stage: &mut Stage) -> Outcome {
    stage.narrator.step("The app is started again, without a server", "rpc GetQuote", "stale_if_error");
    let url = format!("http://{}", stage.address);
    stage.app.runtime.shutdown().await;
    stage.stop_server().await;
    let output = Command::new(std::env::current_exe()?)
        .arg("--restarted")
        .arg(&url)
        .arg(stage.folder.path())
        .output()
        .await?;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let (micros, quote) = told.trim().split_once('\t').unwrap_or(("0", "nothing"));
    stage.narrator.show(quote, Duration::from_micros(micros.parse()?), 0);
    stage.narrator.check(
        output.status.success() && quote.contains("Central Station"),
        "a new process shows the quote that the old one left on disk",
    );
    if !output.status.success() {
        stage.narrator.say(String::from_utf8_lossy(&output.stderr).trim());
    }
    stage.start_server().await?;
    stage.app = App::start(&url, stage.folder.path(), &stage.tokens)?;
    Ok(())
}

pub(super) async fn sign_out(stage: &mut Stage) -> Outcome {
    stage.narrator.step("Ada signs out", "rpc GetProfile", "scope");
    stage.app.pricing.get_profile(GetProfileRequest {}).await?;
    let there = stage.app.pricing.get_quote(quote_request()).cache(CacheMode::CacheOnly).await.is_ok();
    stage.narrator.check(there, "her quote is in the cache before");
    stage.app.session.sign_out(OutboxChoice::Discard).await?;
    let app = App::start(&format!("http://{}", stage.address), stage.folder.path(), &stage.tokens)?;
    stage.narrator.say("The app starts again, and may only look into its cache.");
    let quote = stage.show(app.pricing.get_quote(quote_request()).cache(CacheMode::CacheOnly)).await;
    let profile = app.pricing.get_profile(GetProfileRequest {}).cache(CacheMode::CacheOnly).await;
    stage.narrator.check(quote.is_err() && profile.is_err(), "nothing of hers is left, in memory or on disk");
    Ok(())
}
