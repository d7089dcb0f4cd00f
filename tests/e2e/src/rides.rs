//! The ride-pricing service, as a test scripts it.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{Stream, StreamExt as _};
use holdover::Code;
use holdover::prost::Message as _;
use http::HeaderMap;
use tokio::sync::{mpsc, oneshot, watch};

use crate::handler::{Answer, Asked, Handler, Messages, Refusal, Streamed};
use crate::pricing::v1::{
    Banner, Breakdown, Car, GetQuoteRequest, Money, Offer, Profile, Quote, UpdateDestinationRequest,
    UpdateDestinationResponse, WatchRequest,
};

/// A service that answers well, unless the next call is scripted otherwise. Clones are the same service.
#[derive(Clone)]
pub struct Rides(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    /// How many calls have arrived.
    arrived: watch::Sender<usize>,
    /// How many calls were given up by their clients, or died with their server.
    abandoned: watch::Sender<usize>,
    /// How many calls are under way.
    open: watch::Sender<usize>,
}

struct State {
    quote: Quote,
    /// Who is told of changes: the open streams of `Watch`.
    watchers: Vec<mpsc::UnboundedSender<Result<Quote, Refusal>>>,
    script: VecDeque<Step>,
    headers: Vec<HeaderMap>,
}

/// What happens to one call.
enum Step {
    Refuse(Refusal),
    Hold(oneshot::Receiver<()>),
    Answer(Answer),
}

/// Lets a held call go on when it is dropped.
pub struct Held(#[allow(dead_code, reason = "it is its end that counts")] oneshot::Sender<()>);

impl Rides {
    /// A service with a quote that has everything in it.
    pub fn new() -> Self {
        let state =
            State { quote: full_quote(), watchers: Vec::new(), script: VecDeque::new(), headers: Vec::new() };
        let inner = Inner {
            state: Mutex::new(state),
            arrived: watch::Sender::new(0),
            abandoned: watch::Sender::new(0),
            open: watch::Sender::new(0),
        };
        Self(Arc::new(inner))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap()
    }

    /// What quotes are like from now on. Every open stream of `Watch` gets the new one.
    pub fn change_quote(&self, change: impl FnOnce(&mut Quote)) {
        let mut state = self.state();
        change(&mut state.quote);
        state.tell_watchers();
    }

    /// Ends every open stream of `Watch`: well, or by this refusal.
    pub fn end_watches(&self, refusal: Option<&Refusal>) {
        for watcher in self.state().watchers.drain(..) {
            if let Some(refusal) = refusal {
                // Whoever has left needs no end.
                let _ = watcher.send(Err(refusal.clone()));
            }
        }
    }

    /// How many streams of `Watch` are open.
    pub fn watches(&self) -> usize {
        self.state().watchers.iter().filter(|watcher| !watcher.is_closed()).count()
    }

    /// The next unscripted call is refused.
    pub fn refuse_next(&self, refusal: Refusal) {
        self.state().script.push_back(Step::Refuse(refusal));
    }

    /// The next unscripted call is answered by this.
    pub fn answer_next(&self, answer: Answer) {
        self.state().script.push_back(Step::Answer(answer));
    }

    /// The next unscripted call waits until what is returned is dropped, and is answered then.
    pub fn hold_next(&self) -> Held {
        let (release, released) = oneshot::channel();
        self.state().script.push_back(Step::Hold(released));
        Held(release)
    }

    /// How many calls have arrived so far.
    pub fn calls(&self) -> usize {
        *self.0.arrived.borrow()
    }

    /// The metadata of the call with this number, counted from 0.
    pub fn headers(&self, call: usize) -> HeaderMap {
        self.state().headers[call].clone()
    }

    /// Forgets the metadata of calls, for tests that count memory.
    pub fn forget_headers(&self) {
        self.state().headers = Vec::new();
    }

    /// Waits until this many calls have arrived.
    pub async fn arrived(&self, calls: usize) {
        self.0.arrived.subscribe().wait_for(|arrived| *arrived >= calls).await.unwrap();
    }

    /// Waits until this many calls have ended without an answer.
    pub async fn abandoned(&self, calls: usize) {
        self.0.abandoned.subscribe().wait_for(|abandoned| *abandoned >= calls).await.unwrap();
    }

    /// Waits until no call is under way.
    pub async fn idle(&self) {
        self.0.open.subscribe().wait_for(|open| *open == 0).await.unwrap();
    }

    fn answer(&self, asked: &Asked) -> Result<Answer, Refusal> {
        let bytes = match asked.path.as_str() {
            "/pricing.v1.Pricing/GetQuote" => {
                let request = GetQuoteRequest::decode(asked.message.clone()).map_err(malformed)?;
                quote_of(&request.ride_id, self.state().quote.clone())
            }
            "/pricing.v1.Pricing/GetProfile" => {
                Profile { name: "Ada Lovelace".to_owned(), phone: "+44 20 7946 0000".to_owned() }
                    .encode_to_vec()
            }
            "/pricing.v1.Pricing/UpdateDestination" => {
                let request = UpdateDestinationRequest::decode(asked.message.clone()).map_err(malformed)?;
                self.change_quote(|quote| quote.destination.clone_from(&request.destination));
                UpdateDestinationResponse { destination: request.destination }.encode_to_vec()
            }
            other => return Err(Refusal::of(Code::Unimplemented, other)),
        };
        Ok(Answer::of(bytes))
    }

    async fn messages(&self, asked: &Asked, mut requests: Messages) -> Result<Messages, Refusal> {
        Ok(match asked.path.as_str() {
            "/pricing.v1.Pricing/Watch" => {
                let request = WatchRequest::decode(first(&mut requests).await?).map_err(malformed)?;
                let (tell, changes) = mpsc::unbounded_channel();
                {
                    let mut state = self.state();
                    tell.send(Ok(state.quote.clone())).expect("the other end is below");
                    state.watchers.retain(|watcher| !watcher.is_closed());
                    state.watchers.push(tell);
                }
                received(changes)
                    .map(move |change| change.map(|quote| quote_of(&request.ride_id, quote).into()))
                    .boxed()
            }
            "/pricing.v1.Pricing/Track" => {
                let mut positions = 0;
                while let Some(position) = requests.next().await {
                    position?;
                    positions += 1;
                }
                let quote = quote_of(&format!("{positions} positions"), self.state().quote.clone());
                futures_util::stream::once(std::future::ready(Ok(quote.into()))).boxed()
            }
            "/pricing.v1.Pricing/Haggle" => {
                let rides = self.clone();
                let quotes = requests.map(move |offer| {
                    let offer = Offer::decode(offer?).map_err(malformed)?;
                    let mut quote = rides.state().quote.clone();
                    quote.total = Some(Money { currency: "EUR".to_owned(), minor_units: offer.minor_units });
                    Ok(quote_of(&offer.ride_id, quote).into())
                });
                quotes.boxed()
            }
            other => return Err(Refusal::of(Code::Unimplemented, other)),
        })
    }

    /// Notes that a call has arrived, and says what is to happen to it.
    fn arrive(&self, asked: &Asked) -> (Option<Step>, Watched) {
        let step = {
            let mut state = self.state();
            state.headers.push(asked.headers.clone());
            state.script.pop_front()
        };
        self.0.open.send_modify(|open| *open += 1);
        self.0.arrived.send_modify(|arrived| *arrived += 1);
        (step, Watched { rides: self.clone(), ended: false })
    }
}

impl State {
    fn tell_watchers(&mut self) {
        let quote = &self.quote;
        self.watchers.retain(|watcher| watcher.send(Ok(quote.clone())).is_ok());
    }
}

fn malformed(_: holdover::prost::DecodeError) -> Refusal {
    Refusal::of(Code::InvalidArgument, "the message cannot be read")
}

fn quote_of(ride: &str, mut quote: Quote) -> Vec<u8> {
    quote.quote_id = quote.quote_id.map(|id| format!("{id} of {ride}"));
    quote.encode_to_vec()
}

async fn first(requests: &mut Messages) -> Result<Bytes, Refusal> {
    let none = Refusal::of(Code::InvalidArgument, "a request is missing");
    requests.next().await.unwrap_or(Err(none))
}

fn received<T: Send + 'static>(mut receiver: mpsc::UnboundedReceiver<T>) -> impl Stream<Item = T> + Send {
    futures_util::stream::poll_fn(move |cx| receiver.poll_recv(cx))
}

impl Default for Rides {
    fn default() -> Self {
        Self::new()
    }
}

impl Handler for Rides {
    fn handle(&self, asked: Asked) -> BoxFuture<'static, Result<Answer, Refusal>> {
        let rides = self.clone();
        let (step, mut watched) = self.arrive(&asked);
        Box::pin(async move {
            let outcome = match step {
                None => rides.answer(&asked),
                Some(Step::Refuse(refusal)) => Err(refusal),
                Some(Step::Answer(answer)) => Ok(answer),
                Some(Step::Hold(released)) => {
                    // Dropping the sender is the release.
                    let _ = released.await;
                    rides.answer(&asked)
                }
            };
            watched.end_if(true);
            outcome
        })
    }

    fn stream(&self, asked: Asked, requests: Messages) -> BoxFuture<'static, Result<Streamed, Refusal>> {
        let rides = self.clone();
        let (step, mut watched) = self.arrive(&asked);
        Box::pin(async move {
            let outcome = match step {
                None => rides.messages(&asked, requests).await.map(Streamed::of),
                Some(Step::Refuse(refusal)) => Err(refusal),
                Some(Step::Answer(answer)) => Ok(Streamed {
                    headers: answer.headers,
                    messages: futures_util::stream::once(std::future::ready(Ok(answer.message))).boxed(),
                    trailers: answer.trailers,
                }),
                Some(Step::Hold(released)) => {
                    // Dropping the sender is the release.
                    let _ = released.await;
                    rides.messages(&asked, requests).await.map(Streamed::of)
                }
            };
            watched.end_if(outcome.is_err());
            let mut streamed = outcome?;
            // From here on the stream of messages knows whether the call has ended.
            streamed.messages = Told { messages: streamed.messages, watched }.boxed();
            Ok(streamed)
        })
    }
}

/// Notices that a call's future was dropped before its end.
struct Watched {
    rides: Rides,
    ended: bool,
}

impl Watched {
    fn end_if(&mut self, ended: bool) {
        self.ended |= ended;
    }
}

/// The messages of a stream. They are gone before anybody hears that the call was given up.
struct Told {
    messages: Messages,
    watched: Watched,
}

impl Stream for Told {
    type Item = Result<Bytes, Refusal>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = self.messages.poll_next_unpin(cx);
        self.watched.end_if(matches!(item, Poll::Ready(None | Some(Err(_)))));
        item
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if !self.ended {
            self.rides.0.abandoned.send_modify(|abandoned| *abandoned += 1);
        }
        self.rides.0.open.send_modify(|open| *open -= 1);
    }
}

/// A quote with every field set, most of its bytes in what a poor network leaves out.
pub fn full_quote() -> Quote {
    let money = |minor_units| Some(Money { currency: "EUR".to_owned(), minor_units });
    Quote {
        quote_id: Some("q-1".to_owned()),
        total: money(1250),
        destination: "Airport".to_owned(),
        breakdown: Some(Breakdown {
            base: money(300),
            distance: money(800),
            surge: money(150),
            explanation: "It rains, and everybody wants to go home.".to_owned(),
        }),
        cars: (1..=3)
            .map(|n| Car {
                car_id: format!("car-{n}"),
                minutes_away: n,
                // Like a JPEG, it does not compress.
                picture: Some(noise(n.unsigned_abs(), 2000)),
            })
            .collect(),
        promo: Some(Banner {
            headline: "Half price on Mondays".to_owned(),
            body: "Ask your driver.".to_owned(),
            image: noise(99, 4000),
        }),
    }
}

fn noise(seed: u32, length: usize) -> Vec<u8> {
    let mut state = seed;
    std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    })
    .take(length)
    .collect()
}
