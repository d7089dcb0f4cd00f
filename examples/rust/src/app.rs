//! The app: a runtime, a session, a client. This is all that an app developer writes.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use std::time::Duration;

use holdover::{
    Account, Credentials, CredentialsRequest, Error, Metadata, Protocol, Quality, Runtime, Session,
};
use tokio::sync::watch;

use crate::proto::pricing::v1::{GetQuoteRequest, PricingClient, WatchPricesRequest};

/// The ride that the story is about.
pub(crate) const RIDE: &str = "ride-17";

const GRACE_PERIOD: Duration = Duration::from_millis(500);

pub(crate) struct App {
    pub(crate) runtime: Runtime,
    pub(crate) session: Session,
    pub(crate) pricing: PricingClient,
    /// How good the network is, as the app was told last.
    pub(crate) quality: watch::Receiver<Quality>,
}

impl App {
    /// Starts without IO: the store opens and the first connection is made when a call needs them.
    pub(crate) fn start(url: &str, folder: &Path, tokens: &Arc<Tokens>) -> Result<Self, Error> {
        let (told, quality) = watch::channel(Quality::Unspecified);
        let runtime = Runtime::builder()
            // Plain text has to be asked for; `.endpoint(…)` is TLS.
            .plain_text_endpoint("prod", url, Protocol::Grpc)
            .store(folder)
            // Half a minute is right for people, and long for a story.
            .grace_period(GRACE_PERIOD)
            // A screen would show a bar less.
            .on_quality_change(move |quality| {
                told.send_replace(quality);
            })
            .build()?;
        let tokens = Arc::clone(tokens);
        let session = runtime.session(Account::user("ada"), move |request: CredentialsRequest| {
            let tokens = Arc::clone(&tokens);
            async move { tokens.answer(&request) }
        });
        let pricing = PricingClient::new(&session)?;
        Ok(Self { runtime, session, pricing, quality })
    }
}

/// The app's access tokens: the newest one that it has, renewed when the server refuses it.
#[derive(Default)]
pub(crate) struct Tokens {
    number: AtomicU64,
    renewals: AtomicU64,
}

impl Tokens {
    pub(crate) fn renewals(&self) -> u64 {
        self.renewals.load(Ordering::Relaxed)
    }

    fn answer(
        &self,
        request: &CredentialsRequest,
    ) -> Result<Credentials, Box<dyn std::error::Error + Send + Sync>> {
        // Renew only if what was refused is the newest token: another call may have had it renewed meanwhile.
        let newest = bearer(self.number.load(Ordering::Relaxed))?;
        if request.rejected.as_ref() == Some(&newest) {
            self.renewals.fetch_add(1, Ordering::Relaxed);
            self.number.fetch_add(1, Ordering::Relaxed);
        }
        let metadata = bearer(self.number.load(Ordering::Relaxed))?;
        Ok(Credentials::Use { metadata, expires_in: None })
    }
}

fn bearer(number: u64) -> Result<Metadata, Error> {
    let mut metadata = Metadata::new();
    metadata.push("authorization", format!("Bearer token-{number}"))?;
    Ok(metadata)
}

pub(crate) fn quote_request() -> GetQuoteRequest {
    GetQuoteRequest { ride_id: RIDE.to_owned() }
}

pub(crate) fn prices_request() -> WatchPricesRequest {
    WatchPricesRequest { ride_id: RIDE.to_owned() }
}
