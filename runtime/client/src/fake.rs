//! Fakes: what generated `Fake…` types are made of, for tests of apps. No runtime, no network, no clock.
//!
//! ```ignore
//! let fake = FakePricing::new();
//! fake.get_quote.answer(|request| Ok(Snapshot::fresh(Quote { ride_id: request.ride_id, ..Quote::default() })));
//! let screen = QuoteScreen::new(Arc::new(fake.clone()));        // takes an Arc<dyn Pricing>
//! screen.refresh().await;
//! assert_eq!(fake.get_quote.requests(), [GetQuoteRequest { ride_id: "r-17".into() }]);
//! ```
//!
//! Clones of a fake share answers and memory.

mod cached;
mod script;
mod streams;
#[cfg(test)]
mod tests;
mod unary;

use crate::{CallOptions, Error};

pub use cached::FakeCached;
pub use streams::{FakeBidiStream, FakeClientStream, FakeSequence, FakeServerStream};
pub use unary::FakeUnary;

/// A call that a fake was asked to make.
#[derive(Clone, Debug, PartialEq)]
pub struct FakeCall<Request> {
    /// What was asked.
    pub request: Request,
    /// What the caller said about the call.
    pub options: CallOptions,
}

fn untold(method: &str, ways: &str) -> Error {
    Error::misuse(format!("the fake of {method} was not told what to answer; use its {ways}"))
}
