//! Real servers behind a network inside the process, whose delay and rate a test sets, under paused time: nothing is
//! measured by the machine's own clock, so the same happens every time.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

mod half_open;
mod quality;

use std::time::Duration;

use holdover::{Snapshot, Streaming};
use holdover_e2e::pricing::v1::{GetQuoteRequest, Quote, WatchRequest};
use holdover_e2e::{App, PausedClock, Shape};

/// A good network.
const FIBRE: Shape = Shape { delay: Duration::from_millis(15), bytes_per_second: 2_000_000 };

fn ride(id: impl Into<String>) -> GetQuoteRequest {
    GetQuoteRequest { ride_id: id.into() }
}

fn watch(app: &App<PausedClock>, id: &str) -> Streaming<Quote> {
    app.pricing.watch(WatchRequest { ride_id: id.to_owned() })
}

async fn next(stream: &mut Streaming<Quote>) -> Snapshot<Quote> {
    stream.next().await.expect("the stream goes on").unwrap()
}
