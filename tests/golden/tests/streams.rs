//! Methods of every kind, through the interface that apps write code against, answered by generated fakes.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _};
use holdover::{Enrich as _, Enriching, Error, ErrorKind, Snapshot};
use holdover_tests_golden::streams::streams::v1::{FakeMixed, Mixed, MixedClient, Request, Response, tags};

fn request(id: &str) -> Request {
    Request { id: id.to_owned(), ..Request::default() }
}

fn response(text: &str) -> Response {
    Response { text: Some(text.to_owned()), promo: Some("half price".to_owned()), ..Response::default() }
}

/// App code: holds the service as an object.
struct Screen {
    service: Arc<dyn Mixed>,
}

impl Screen {
    async fn prices(&self, id: &str) -> Vec<Result<String, ErrorKind>> {
        let mut prices = self.service.watch(request(id)).timeout(Duration::from_secs(4));
        let mut seen = Vec::new();
        while let Some(price) = prices.next().await {
            seen.push(match price {
                Ok(price) => match price.value.enriched(price.withheld()).promo() {
                    Enriching::Withheld(_) => Ok("withheld".to_owned()),
                    Enriching::Absent => Ok("none".to_owned()),
                    Enriching::Present(promo) => Ok(promo.to_owned()),
                },
                Err(error) => Err(error.kind),
            });
        }
        seen
    }

    async fn upload(&self, ids: &[&str]) -> Result<Response, Error> {
        let mut upload = self.service.upload();
        for id in ids {
            upload.send(&request(id)).await?;
        }
        Ok(upload.finish().await?.value)
    }

    async fn chat(&self, ids: &[&str]) -> Vec<String> {
        let (mut lines, answers) = self.service.chat().split();
        for id in ids {
            lines.send(&request(id)).await.unwrap();
        }
        lines.close();
        answers.map(|answer| answer.unwrap().value.text.unwrap_or_default()).collect().await
    }
}

#[test]
fn streams_of_every_kind_are_faked() {
    const WATCH: &str = "streams.v1.Mixed/Watch";
    let fake = FakeMixed::new();
    let screen = Screen { service: Arc::new(fake.clone()) };
    fake.watch.answer(|request| {
        [
            Ok(Snapshot::fresh(response(&request.id))),
            Snapshot::reduced(&response("reduced"), MixedClient::POLICY, WATCH, None),
            Err(Error::new(ErrorKind::Unreachable, "the connection broke")),
        ]
    });
    let seen = screen.prices("r-1").now_or_never().unwrap();
    let expected = [Ok("half price".to_owned()), Ok("withheld".to_owned()), Err(ErrorKind::Unreachable)];
    assert_eq!(seen, expected);
    let calls = fake.watch.calls();
    assert_eq!(calls[0].request, request("r-1"));
    assert_eq!(calls[0].options.timeout, Some(Duration::from_secs(4)));

    fake.upload.answer(|points| Ok(Snapshot::fresh(response(&points.len().to_string()))));
    assert_eq!(screen.upload(&["a", "b"]).now_or_never().unwrap().unwrap(), response("2"));
    assert_eq!(fake.upload.sent(), [request("a"), request("b")]);

    fake.chat.answer(|line| [Ok(Snapshot::fresh(response(&line.id)))]);
    assert_eq!(screen.chat(&["a", "b"]).now_or_never().unwrap(), ["a", "b"]);
    assert!(fake.chat.calls()[0].closed);
}

#[test]
fn a_fake_that_was_told_nothing_says_so() {
    let fake = FakeMixed::new();
    let mixed: &dyn Mixed = &fake;
    let error = mixed.follow(request("r")).next().now_or_never().unwrap().unwrap().unwrap_err();
    assert!(error.message.contains("streams.v1.Mixed/Follow"), "{error}");
    let error = mixed.upload().finish().now_or_never().unwrap().unwrap_err();
    assert!(error.message.contains("streams.v1.Mixed/Upload"), "{error}");
    let error = mixed.chat().next().now_or_never().unwrap().unwrap().unwrap_err();
    assert!(error.message.contains("streams.v1.Mixed/Chat"), "{error}");
}

/// Names that Rust has other uses for.
#[test]
#[allow(deprecated, reason = "the .proto says so")]
fn keywords_are_called() {
    use holdover_tests_golden::streams::streams::v1::{FakeKeywords, Keywords};
    let fake = FakeKeywords::new();
    fake.r#match.answer(|request| [Ok(Snapshot::fresh(response(&request.id)))]);
    let keywords: &dyn Keywords = &fake;
    let first = keywords.r#match(request("m")).next().now_or_never().unwrap().unwrap().unwrap();
    assert_eq!(first.value, response("m"));
    assert!(keywords.self_(request("s")).next().now_or_never().unwrap().unwrap().is_err());
    assert!(keywords.r#while(request("w")).next().now_or_never().unwrap().unwrap().is_err());
    assert!(keywords.r#yield().finish().now_or_never().unwrap().is_err());
    assert!(keywords.r#async().next().now_or_never().unwrap().unwrap().is_err());
}

/// A stream's kept message is invalidated like any answer.
#[test]
fn tags_of_streams_have_constructors() {
    assert_ne!(tags::price("r-1"), tags::fare("r-1"));
    assert_ne!(tags::price("all"), tags::price_all());
}
