//! The README's tour, so that it compiles. A test compares the two.
#![allow(clippy::print_stdout, unreachable_pub, reason = "written as in an app of one's own")]

use std::time::Duration;

use holdover::{
    Account, CacheMode, Credentials, CredentialsRequest, Enrich as _, Enriching, Observed, OutboxChoice,
    Protocol, Runtime, Source,
};
use pricing::v1::{GetQuoteRequest, PricingClient, UpdateDestinationRequest, WatchPricesRequest, tags};

mod pricing {
    pub mod v1 {
        holdover::include_proto!("pricing.v1");
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // No IO, no await: the store opens, and the first connection is made, when a call needs them.
    let runtime = Runtime::builder()
        .endpoint_with("prod", "https://api.example.com", Protocol::Grpc)
        .store("cache-dir")
        .build()?;
    // One account, bound for life. The hook is asked when a token is needed, and again when the server refuses it.
    let session = runtime.session(Account::user("ada"), |_: CredentialsRequest| async {
        Ok(Credentials::bearer("the newest token")?)
    });
    let pricing = PricingClient::new(&session)?;
    let request = GetQuoteRequest { ride_id: "ride-17".to_owned() };

    // First frame: what memory has, at once.
    let _cached = pricing.cached_get_quote(&request);

    // Buttons get: the first usable answer, and where it came from.
    let quote = pricing.get_quote(request.clone()).timeout(Duration::from_secs(2)).await?;
    println!("{:?} {:?} {}", quote.source(), quote.freshness(), quote.value.destination);

    // Withheld is not absent: keep on the screen what was there.
    match quote.value.enriched(quote.withheld()).promo() {
        Enriching::Present(banner) => println!("{}", banner.headline),
        Enriching::Absent => println!("no banner"),
        Enriching::Withheld(last_known) => println!("{}", last_known.map_or("…", |banner| &banner.headline)),
    }

    // A change goes through, and quotes of that ride are outdated from then on. So they are when a push says so.
    let change =
        UpdateDestinationRequest { ride_id: "ride-17".to_owned(), destination: "Station".to_owned() };
    pricing.update_destination(change).await?;
    session.invalidate(tags::ride("ride-17")).await?;

    // Every call has options.
    pricing.get_quote(request.clone()).cache(CacheMode::NetworkOnly).await?;

    // Screens observe: state, not a log. It does not die of an error.
    let mut quotes = pricing.observe_get_quote(request);
    while let Some(state) = quotes.next().await {
        match state {
            Observed::Loading => println!("…"),
            Observed::Value(quote) => {
                println!("{:?}", quote.value.total);
                break;
            }
            Observed::Failed(error) => println!("{error}"),
        }
    }

    // Streams begin with the last message they had, while they open; they open again by themselves, and say what was missed.
    let mut prices = pricing.watch_prices(WatchPricesRequest { ride_id: "ride-17".to_owned() });
    while let Some(price) = prices.next().await.transpose()? {
        match price.source() {
            Source::Replay => println!("{:?}, a while ago", price.value.total),
            _ if price.gap() => println!("{:?}, and some were missed", price.value.total),
            _ => break,
        }
    }

    // Nothing of hers is left, in memory or on disk.
    session.sign_out(OutboxChoice::Discard).await?;
    Ok(())
}
