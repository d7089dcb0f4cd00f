//! What a transport tells of the network while an answer arrives (rule H2), in virtual time.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{StreamExt as _, unfold};
use holdover_client::{Kind, Progress, Protocol, Received, Transport as _};
use holdover_transport_connect::{
    ConnectTimings, ConnectTransport, HttpFailure, HttpService, RequestBody, ResponseBody,
};
use http::{Request, Response};
use http_body_util::{BodyExt as _, StreamBody};
use support::{PROTOCOLS, Scripted, frame, good, good_stream, request, stream_request};
use tokio::time::{Instant, sleep};

const MS: Duration = Duration::from_millis(1);

/// Gives the head after `head`, and every chunk of the body `each` after the one before was taken.
#[derive(Clone)]
struct Slow {
    answer: Scripted,
    head: Duration,
    connecting: Option<ConnectTimings>,
    each: Duration,
}

impl Slow {
    fn new(answer: Scripted, each: Duration) -> Self {
        Self { answer, head: Duration::ZERO, connecting: None, each }
    }
}

impl HttpService for Slow {
    fn send(
        &self,
        _: Request<RequestBody>,
    ) -> BoxFuture<'static, Result<Response<ResponseBody>, HttpFailure>> {
        let Self { answer, head, connecting, each } = self.clone();
        Box::pin(async move {
            sleep(head).await;
            let mut response = answer.build().unwrap().map(|body| {
                let frames = unfold(body, move |mut body| async move {
                    let frame = body.frame().await?;
                    sleep(each).await;
                    Some((frame, body))
                });
                StreamBody::new(frames).boxed_unsync()
            });
            response.extensions_mut().extend(
                connecting
                    .map(|timings| {
                        let mut extensions = http::Extensions::new();
                        extensions.insert(timings);
                        extensions
                    })
                    .unwrap_or_default(),
            );
            Ok(response)
        })
    }
}

/// What a unary call tells.
async fn told(service: Slow, protocol: Protocol) -> Vec<Progress> {
    let told = Arc::new(Mutex::new(Vec::new()));
    let hears = told.clone();
    let on_progress = Box::new(move |progress| hears.lock().unwrap().push(progress));
    ConnectTransport::over(service).unary(request(protocol, b"ask"), on_progress).await.unwrap();
    std::mem::take(&mut told.lock().unwrap())
}

fn long(protocol: Protocol) -> Scripted {
    good(protocol, &[7; 40_000]).in_chunks_of(1000)
}

#[tokio::test(start_paused = true)]
async fn making_a_connection_is_no_part_of_the_round_trip() {
    for protocol in PROTOCOLS {
        let connecting = Some(ConnectTimings { tcp: 100 * MS, tls: 150 * MS });
        for (connecting, expected) in [(None, 400 * MS), (connecting, 150 * MS)] {
            let service =
                Slow { head: 400 * MS, connecting, ..Slow::new(good(protocol, b"m"), Duration::ZERO) };
            let told = told(service, protocol).await;
            let [Progress::Sent { bytes }, Progress::Head(head), Progress::Transferred { .. }] = &told[..]
            else {
                panic!("{protocol:?}: {told:?}");
            };
            assert_eq!(*bytes, if protocol == Protocol::Connect { 3 } else { 8 });
            assert_eq!(head.after, Some(expected));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_unary_answer_is_one_transfer_from_its_head_on() {
    for protocol in PROTOCOLS {
        let scripted = long(protocol);
        let wire: usize = scripted.chunks.iter().map(Bytes::len).sum();
        let pieces = u32::try_from(scripted.chunks.len() + usize::from(scripted.trailers.is_some())).unwrap();
        let told = told(Slow { head: 300 * MS, ..Slow::new(scripted, 10 * MS) }, protocol).await;
        assert_eq!(
            told.last(),
            Some(&Progress::Transferred { bytes: wire as u64, over: 10 * MS * pieces }),
            "{protocol:?}"
        );
        assert!(!told.contains(&Progress::Bytes), "half a second needs no sign of life: {told:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_answer_gives_a_sign_of_life_at_most_once_a_second() {
    for protocol in PROTOCOLS {
        let seconds = 40 / 4;
        let told = told(Slow::new(long(protocol), 250 * MS), protocol).await;
        let signs = told.iter().filter(|progress| **progress == Progress::Bytes).count();
        assert!((seconds - 1..=seconds + 1).contains(&signs), "{protocol:?}: {signs}");
    }
}

/// Reads a stream, which takes `reading` for every message, and returns what it was told beside messages.
async fn heard(service: Slow, protocol: Protocol, reading: Duration) -> Vec<Progress> {
    let mut stream = ConnectTransport::over(service)
        .stream(stream_request(protocol, Kind::ServerStream), futures_util::stream::empty().boxed());
    let mut heard = Vec::new();
    loop {
        match stream.next().await.unwrap().unwrap() {
            Received::Progress(progress) => heard.push(progress),
            Received::Message(_) => sleep(reading).await,
            Received::End { .. } => return heard,
        }
    }
}

fn transfers(heard: &[Progress]) -> Vec<(u64, Duration)> {
    heard
        .iter()
        .filter_map(|progress| match progress {
            Progress::Transferred { bytes, over } => Some((*bytes, *over)),
            _ => None,
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_long_message_of_a_stream_is_measured_while_it_arrives() {
    for protocol in PROTOCOLS {
        let scripted = good_stream(protocol, &[&[1; 100_000]]).in_chunks_of(1000);
        let heard = heard(Slow::new(scripted, 100 * MS), protocol, Duration::ZERO).await;
        let transfers = transfers(&heard);
        // The first chunk only starts the clock.
        assert_eq!(transfers, [(32_000, 3200 * MS); 3], "{protocol:?}");
        assert_eq!(heard.iter().filter(|progress| **progress == Progress::Bytes).count(), 10);
    }
}

#[tokio::test(start_paused = true)]
async fn the_silence_between_messages_is_nobodys_slowness() {
    for protocol in PROTOCOLS {
        // Each message in one chunk, one every ten seconds: nothing is known of the throughput.
        let messages = [&[1; 10_000][..]; 20];
        let mut scripted = good_stream(protocol, &[]);
        let end = std::mem::take(&mut scripted.chunks);
        scripted.chunks = messages.iter().map(|message| frame(0, message).into()).chain(end).collect();
        let heard = heard(Slow::new(scripted, Duration::from_secs(10)), protocol, Duration::ZERO).await;
        assert_eq!(transfers(&heard), [], "{protocol:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_came_while_nobody_read_is_not_counted() {
    let scripted = good_stream(Protocol::Grpc, &[&[1; 40_500][..]; 10]).in_chunks_of(1000);
    // Everything is there at once, whenever somebody comes for it.
    let heard = heard(Slow::new(scripted, Duration::ZERO), Protocol::Grpc, Duration::from_secs(5)).await;
    // Only the first message was waited for.
    assert_eq!(transfers(&heard).len(), 1, "{heard:?}");
}

#[tokio::test(start_paused = true)]
async fn a_stream_tells_its_head_when_it_comes_and_not_when_a_message_does() {
    for protocol in PROTOCOLS {
        let service =
            Slow { head: 300 * MS, ..Slow::new(good_stream(protocol, &[b"m"]), Duration::from_secs(60)) };
        let began = Instant::now();
        let mut stream = ConnectTransport::over(service)
            .stream(stream_request(protocol, Kind::ServerStream), futures_util::stream::empty().boxed());
        assert!(matches!(stream.next().await, Some(Ok(Received::Progress(Progress::Sent { bytes: 8 })))));
        let Some(Ok(Received::Progress(Progress::Head(head)))) = stream.next().await else {
            panic!("{protocol:?}: the head comes next");
        };
        assert_eq!((head.after, began.elapsed()), (Some(300 * MS), 300 * MS), "{protocol:?}");
    }
}
