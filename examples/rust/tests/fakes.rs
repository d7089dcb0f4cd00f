//! An app's own test, as the README shows it, so that it runs. A test compares the two.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "written as in an app of one's own")]

use holdover::{Error, ErrorKind, Snapshot};
use pricing::v1::{FakePricing, Money, PriceUpdate, Pricing, WatchPricesRequest};

mod pricing {
    pub mod v1 {
        holdover::include_proto!("pricing.v1");
    }
}

/// App code: it takes the trait, so that tests can give it a fake.
async fn last_price(pricing: &dyn Pricing, ride: &str) -> (Option<Money>, Option<ErrorKind>) {
    let mut prices = pricing.watch_prices(WatchPricesRequest { ride_id: ride.to_owned() });
    let mut last = None;
    while let Some(price) = prices.next().await {
        match price {
            Ok(price) => last = price.value.total,
            Err(error) => return (last, Some(error.kind)),
        }
    }
    (last, None)
}

#[tokio::test]
async fn the_last_price_stays_when_the_stream_breaks() {
    let euros = |minor_units| Money { currency: "EUR".to_owned(), minor_units };
    let price = move |amount| PriceUpdate { total: Some(euros(amount)), ..PriceUpdate::default() };
    let fake = FakePricing::new();
    fake.watch_prices.answer(move |_| {
        [
            Ok(Snapshot::fresh(price(1850))),
            Ok(Snapshot::fresh(price(1900))),
            Err(Error::new(ErrorKind::Unreachable, "a tunnel")),
        ]
    });
    assert_eq!(last_price(&fake, "ride-17").await, (Some(euros(1900)), Some(ErrorKind::Unreachable)));
    assert_eq!(fake.watch_prices.requests(), [WatchPricesRequest { ride_id: "ride-17".to_owned() }]);
}
