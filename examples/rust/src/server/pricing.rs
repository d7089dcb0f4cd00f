//! The handlers. Nothing here has heard of Holdover.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::stream::{self, BoxStream, StreamExt as _};
use tokio::time::{MissedTickBehavior, interval};
use tonic::{Request, Response, Status};

use super::Switches;
use crate::proto::pricing::v1::pricing_server::Pricing;
use crate::proto::pricing::v1::{
    Banner, Breakdown, Car, GetProfileRequest, GetQuoteRequest, GetReceiptRequest, Money, PriceUpdate,
    Profile, Quote, Receipt, UpdateDestinationRequest, UpdateDestinationResponse, WatchPricesRequest,
};

/// How often a price moves.
const TICK: Duration = Duration::from_millis(200);

/// Where each ride goes. Outlives a restart of the server, as a database would.
#[derive(Clone, Default)]
pub(crate) struct Rides(Arc<Mutex<BTreeMap<String, String>>>);

impl Rides {
    fn destination(&self, ride: &str) -> String {
        let rides = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rides.get(ride).cloned().unwrap_or_else(|| "Airport".to_owned())
    }

    fn redirect(&self, ride: String, destination: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(ride, destination);
    }
}

pub(super) struct Service {
    rides: Rides,
    switches: Arc<Switches>,
}

impl Service {
    pub(super) fn new(rides: Rides, switches: Arc<Switches>) -> Self {
        Self { rides, switches }
    }

    /// Counts the call, and refuses a token that is no longer the current one.
    fn admit<T>(&self, request: &Request<T>) -> Result<(), Status> {
        self.switches.calls.fetch_add(1, Ordering::Relaxed);
        let current = format!("Bearer token-{}", self.switches.token.load(Ordering::Relaxed));
        match request.metadata().get("authorization").and_then(|value| value.to_str().ok()) {
            Some(token) if token == current => Ok(()),
            Some(_) => Err(Status::unauthenticated("the access token has expired")),
            None => Err(Status::unauthenticated("an access token is needed")),
        }
    }
}

#[tonic::async_trait]
impl Pricing for Service {
    async fn get_quote(&self, request: Request<GetQuoteRequest>) -> Result<Response<Quote>, Status> {
        self.admit(&request)?;
        let number = self.switches.quotes.fetch_add(1, Ordering::Relaxed) + 1;
        let ride = request.into_inner().ride_id;
        let surge = i64::try_from(number % 4).unwrap_or(0) * 25;
        let quote_id = (!self.switches.forget_quote_id.load(Ordering::Relaxed))
            .then(|| format!("{ride}/quote-{number}"));
        Ok(Response::new(Quote {
            quote_id,
            total: Some(euros(1850 + surge)),
            destination: self.rides.destination(&ride),
            breakdown: Some(breakdown(surge)),
            cars: (1..=6).map(car).collect(),
            promo: Some(Banner {
                headline: "Ride green, save 10 %".to_owned(),
                body: "Electric cars are cheaper this week, wherever you go.".to_owned(),
                image: picture(7, 9_000),
            }),
        }))
    }

    async fn get_profile(&self, request: Request<GetProfileRequest>) -> Result<Response<Profile>, Status> {
        self.admit(&request)?;
        Ok(Response::new(Profile { name: "Ada".to_owned(), phone: "+44 20 7946 0000".to_owned() }))
    }

    async fn get_receipt(&self, request: Request<GetReceiptRequest>) -> Result<Response<Receipt>, Status> {
        self.admit(&request)?;
        let receipt_id = Some(format!("{}/receipt", request.into_inner().ride_id));
        Ok(Response::new(Receipt { receipt_id, total: Some(euros(2140)) }))
    }

    async fn update_destination(
        &self,
        request: Request<UpdateDestinationRequest>,
    ) -> Result<Response<UpdateDestinationResponse>, Status> {
        self.admit(&request)?;
        let UpdateDestinationRequest { ride_id, destination } = request.into_inner();
        self.rides.redirect(ride_id, destination.clone());
        Ok(Response::new(UpdateDestinationResponse { destination }))
    }

    type WatchPricesStream = BoxStream<'static, Result<PriceUpdate, Status>>;

    /// The price now, and then at every tick, until the connection ends.
    async fn watch_prices(
        &self,
        request: Request<WatchPricesRequest>,
    ) -> Result<Response<Self::WatchPricesStream>, Status> {
        self.admit(&request)?;
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let updates = stream::unfold((ticks, Watcher::of(&self.switches)), |(mut ticks, watcher)| async {
            ticks.tick().await;
            let number = watcher.0.prices.fetch_add(1, Ordering::Relaxed) + 1;
            Some((Ok(price(number)), (ticks, watcher)))
        });
        Ok(Response::new(updates.boxed()))
    }
}

/// Counts as an open stream as long as it lives.
struct Watcher(Arc<Switches>);

impl Watcher {
    fn of(switches: &Arc<Switches>) -> Self {
        switches.watchers.send_modify(|watchers| *watchers += 1);
        Self(Arc::clone(switches))
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.0.watchers.send_modify(|watchers| *watchers -= 1);
    }
}

fn price(number: u64) -> PriceUpdate {
    let surge = i64::try_from(number % 8).unwrap_or(0) * 10;
    PriceUpdate {
        number,
        total: Some(euros(1850 + surge)),
        cars: (1..=3).map(car).collect(),
        breakdown: Some(breakdown(surge)),
        chart: Some(picture(11, 4_000)),
    }
}

fn breakdown(surge: i64) -> Breakdown {
    Breakdown {
        base: Some(euros(350)),
        distance: Some(euros(1500)),
        surge: Some(euros(surge)),
        explanation: "Demand is higher than usual near the station after the match.".to_owned(),
    }
}

fn euros(minor_units: i64) -> Money {
    Money { currency: "EUR".to_owned(), minor_units }
}

fn car(number: u8) -> Car {
    Car {
        car_id: format!("car-{number}"),
        minutes_away: i32::from(number) * 2,
        picture: Some(picture(number, 2_000)),
    }
}

/// Bytes that compress as badly as a JPEG does.
fn picture(seed: u8, size: usize) -> Vec<u8> {
    let mut state = u32::from(seed).wrapping_mul(2_654_435_761) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[0]
    };
    (0..size).map(|_| next()).collect()
}
