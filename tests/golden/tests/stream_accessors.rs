//! Streams of every kind, trimmed as their plans say: through a real runtime, over a scripted network.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use futures_util::future::{BoxFuture, ready};
use futures_util::stream::{self, BoxStream, StreamExt as _};
use holdover::prost::Message as _;
use holdover::prost::bytes::Bytes;
use holdover::{
    Account, Anonymous, CallRequest, Detail, Endpoint, Enrich as _, Enriching, Failure, Head, Metadata,
    OnProgress, Progress, Quality, Received, Response as Answer, Runtime, Snapshot, Transport,
};
use holdover_annotations::policy::PolicySet;
use holdover_tests_golden::streams::streams::v1::response::Fare;
use holdover_tests_golden::streams::streams::v1::{MixedClient, Request, Response};
use holdover_wire::{Limits, Schema};

/// A server that answers every message that it is sent, and trims its answers when it is asked to (F3).
struct Server {
    schema: Schema,
}

impl Server {
    fn head_and_message(&self, request: &CallRequest, full: &Bytes) -> (Head, Bytes) {
        let pruner = self.schema.method(&request.path).unwrap().response_pruner().unwrap();
        let asked = request.metadata.text("holdover-detail");
        let mask = request.metadata.text("x-goog-fieldmask").is_some_and(|mask| mask != "*");
        let mut head = Head::default();
        if let Some(asked) = asked {
            assert_eq!(asked, format!("reduced; plan={}", pruner.hash()));
            head.metadata.push("holdover-detail-applied", asked.to_owned()).unwrap();
        }
        let in_request = Request::decode(&*request.body).is_ok_and(|request| request.mask.is_some());
        let trims = asked.is_some() || mask || in_request;
        let message =
            if trims { pruner.prune(full, &Limits::default()).unwrap().message } else { full.clone() };
        (head, message)
    }
}

impl Transport for Server {
    fn unary(&self, _: CallRequest, _: OnProgress) -> BoxFuture<'static, Result<Answer, Failure>> {
        Box::pin(ready(Ok(Answer::default())))
    }

    fn stream(
        &self,
        request: CallRequest,
        messages: BoxStream<'static, Bytes>,
    ) -> BoxStream<'static, Result<Received, Failure>> {
        let (head, message) = self.head_and_message(&request, &response().encode_to_vec().into());
        let head = stream::iter([Ok(Received::Progress(Progress::Head(head)))]);
        let end = stream::iter([Ok(Received::End { trailers: Metadata::new() })]);
        let answer = move || Ok(Received::Message(message.clone()));
        let answers = match request.kind {
            holdover::Kind::ServerStream => stream::iter([answer(), answer()]).boxed(),
            // Once, when all of the requests are there.
            holdover::Kind::ClientStream => stream::once(messages.count()).map(move |_| answer()).boxed(),
            _ => messages.map(move |_| answer()).boxed(),
        };
        head.chain(answers).chain(end).boxed()
    }

    fn probe(&self, _: Endpoint) -> BoxFuture<'static, Result<(), Failure>> {
        Box::pin(ready(Ok(())))
    }

    fn path_changed(&self) {}
}

fn response() -> Response {
    Response {
        text: Some("text".to_owned()),
        fare: Some(Fare { id: Some("f-1".to_owned()), note: Some("cheap".to_owned()) }),
        promo: Some("half price".to_owned()),
    }
}

fn app() -> (Runtime, MixedClient) {
    let policy = PolicySet::decode(MixedClient::POLICY).unwrap();
    let server = Server { schema: Schema::new(&policy).unwrap() };
    let runtime =
        Runtime::builder().endpoint("prod", "https://api.example.com").transport(server).build().unwrap();
    let session = runtime.session(Account::user("u-1"), Anonymous);
    (runtime, MixedClient::new(&session).unwrap())
}

fn is_full(answer: &Snapshot<Response>) -> bool {
    let all = answer.value.enriched(answer.withheld());
    let (fare, view) = all.fare().unwrap();
    answer.detail() == Detail::Full
        && all.promo() == Enriching::Present("half price")
        && fare.enriched(view).note() == Enriching::Present("cheap")
}

fn is_reduced(answer: &Snapshot<Response>) -> bool {
    let all = answer.value.enriched(answer.withheld());
    let (fare, view) = all.fare().unwrap();
    answer.detail() == Detail::Reduced
        && fare.id.as_deref() == Some("f-1")
        && all.promo().is_withheld()
        && fare.enriched(view).note().is_withheld()
}

/// One message of each stream.
async fn seen(mixed: &MixedClient) -> Vec<Snapshot<Response>> {
    let mut seen = Vec::new();
    for mut prices in [
        mixed.watch(Request::default()),
        mixed.follow(Request::default()),
        mixed.follow_masked(Request::default()),
    ] {
        seen.push(prices.next().await.unwrap().unwrap());
    }
    let mut upload = mixed.upload();
    upload.send(&Request::default()).await.unwrap();
    seen.push(upload.finish().await.unwrap());
    let mut chat = mixed.chat();
    chat.send(&Request::default()).await.unwrap();
    seen.push(chat.next().await.unwrap().unwrap());
    seen
}

#[tokio::test]
async fn streams_withhold_nothing_on_a_good_network() {
    let (_runtime, mixed) = app();
    let seen = seen(&mixed).await;
    assert_eq!(seen.len(), 5);
    assert!(seen.iter().all(is_full), "{seen:#?}");
}

#[tokio::test]
async fn streams_that_open_on_a_poor_network_say_what_they_lack() {
    let (runtime, mixed) = app();
    runtime.set_quality(Quality::Poor);
    let seen = seen(&mixed).await;
    assert!(seen.iter().all(is_reduced), "{seen:#?}");
}
