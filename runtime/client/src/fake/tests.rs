//! Fakes answer, and remember.

use futures_util::{FutureExt as _, StreamExt as _};
use std::time::Duration;

use super::*;
use crate::{ErrorKind, Observed, Snapshot};

#[test]
fn calls_are_answered_and_remembered() {
    let fake = FakeUnary::<u32, u32>::new("p.S/M");
    fake.answer(|request| Ok(Snapshot::fresh(request + 1)));
    let unawaited = fake.call(1);
    drop(unawaited);
    assert!(fake.calls().is_empty(), "nothing happens before a call is awaited");
    let answer = fake.call(2).timeout(Duration::from_secs(3)).now_or_never().unwrap().unwrap();
    assert_eq!(answer.value, 3);
    let options = CallOptions { timeout: Some(Duration::from_secs(3)), ..CallOptions::default() };
    assert_eq!(fake.calls(), [FakeCall { request: 2, options }]);
    assert_eq!(fake.clone().requests(), [2]);
}

#[test]
fn a_fake_that_was_told_nothing_says_so() {
    let fake = FakeCached::<u32, u32>::new("p.S/M");
    let error = fake.call(1).now_or_never().unwrap().unwrap_err();
    assert_eq!(error.kind, ErrorKind::Misuse);
    assert!(error.message.contains("p.S/M"), "{error}");
    let states: Vec<_> = fake.observe(1).collect::<Vec<_>>().now_or_never().unwrap();
    assert!(matches!(&states[..], [Observed::Failed(error)] if error.kind == ErrorKind::Misuse));
    assert!(fake.cached(&1).is_none());
}

#[test]
fn observers_see_the_answer_or_what_they_are_shown() {
    let fake = FakeCached::<u32, u32>::new("p.S/M");
    fake.answer(|request| Ok(Snapshot::fresh(request)));
    let mut states = fake.observe(7);
    assert!(matches!(states.next().now_or_never(), Some(Some(Observed::Loading))));
    assert!(matches!(states.next().now_or_never(), Some(Some(Observed::Value(v))) if v.value == 7));
    assert!(states.next().now_or_never().is_none(), "an observation does not end");
    fake.show(|_| futures_util::stream::iter([Observed::Loading]));
    assert_eq!(fake.observe(8).collect::<Vec<_>>().now_or_never().unwrap(), [Observed::Loading]);
    assert_eq!(fake.observed(), [7, 8]);
}

#[test]
fn memory_is_what_it_is_said_to_be() {
    let fake = FakeCached::<u32, u32>::new("p.S/M");
    fake.keep(|request| (*request == 1).then(|| Snapshot::fresh(10)));
    assert_eq!(fake.cached(&1).unwrap().value, 10);
    assert!(fake.cached(&2).is_none());
    drop(fake.prefetch(&3));
    drop(fake.put(&4, &40));
    assert_eq!((fake.prefetched(), fake.stored()), (vec![3], vec![(4, 40)]));
}

fn now<F: Future>(future: F) -> F::Output {
    future.now_or_never().expect("a fake answers at once")
}

#[test]
fn a_server_stream_gives_its_items_and_is_fused() {
    let fake = FakeServerStream::<u32, u32>::new("p.S/Watch");
    fake.answer(|request| {
        [Ok(Snapshot::fresh(request)), Err(Error::misuse("no more")), Ok(Snapshot::fresh(9))]
    });
    drop(fake.call(1));
    assert!(fake.calls().is_empty(), "nothing happens before a stream is polled");
    let mut items = fake.call(2).timeout(Duration::from_secs(3)).metadata("x-a", "b");
    assert_eq!(now(items.next()).unwrap().unwrap().value, 2);
    assert_eq!(now(items.next()).unwrap().unwrap_err().message, "no more");
    assert!(now(items.next()).is_none(), "nothing after an error");
    let calls = fake.calls();
    assert_eq!((calls.len(), calls[0].request), (1, 2));
    assert_eq!(calls[0].options.timeout, Some(Duration::from_secs(3)));
    assert_eq!(calls[0].options.metadata.text("x-a"), Some("b"));
    assert_eq!(fake.requests(), [2]);
}

#[test]
fn options_that_cannot_be_sent_end_a_stream() {
    let fake = FakeServerStream::<u32, u32>::new("p.S/Watch");
    fake.answer(|request| [Ok(Snapshot::fresh(request))]);
    let mut items = fake.call(1).metadata("not a name", "b");
    assert_eq!(now(items.next()).unwrap().unwrap_err().kind, ErrorKind::Misuse);
    assert!(now(items.next()).is_none());
    assert!(fake.calls().is_empty());
}

#[test]
fn a_client_stream_is_answered_when_it_is_complete() {
    let fake = FakeClientStream::<u32, u32>::new("p.S/Upload");
    fake.answer(|messages| Ok(Snapshot::fresh(messages.iter().sum())));
    drop(fake.call());
    assert!(fake.calls().is_empty());
    let mut upload = fake.call();
    now(upload.send(&1)).unwrap();
    now(upload.send(&2)).unwrap();
    assert_eq!(fake.calls()[0].messages, [1, 2]);
    assert!(!fake.calls()[0].closed);
    assert_eq!(now(upload.finish()).unwrap().value, 3);
    assert!(fake.calls()[0].closed);
    let mut dropped = fake.call();
    now(dropped.send(&4)).unwrap();
    drop(dropped);
    assert!(!fake.calls()[1].closed, "dropping cancels");
    assert_eq!(fake.sent(), [1, 2, 4]);
}

#[test]
fn a_bidi_stream_answers_what_it_is_sent() {
    let fake = FakeBidiStream::<u32, u32>::new("p.S/Talk");
    fake.answer(|message| [Ok(Snapshot::fresh(message)), Ok(Snapshot::fresh(message * 10))]);
    let mut talk = fake.call();
    now(talk.send(&1)).unwrap();
    assert_eq!(now(talk.next()).unwrap().unwrap().value, 1);
    let (mut sender, mut items) = talk.split();
    assert_eq!(now(items.next()).unwrap().unwrap().value, 10);
    assert!(items.next().now_or_never().is_none(), "it waits for the next message");
    now(sender.send(&2)).unwrap();
    drop(sender);
    assert_eq!(now(items.next()).unwrap().unwrap().value, 2);
    assert_eq!(now(items.next()).unwrap().unwrap().value, 20);
    assert!(now(items.next()).is_none());
    assert_eq!((fake.calls().len(), fake.calls()[0].closed, fake.sent()), (1, true, vec![1, 2]));
    let mut closed = fake.call();
    closed.close();
    assert_eq!(now(closed.send(&3)).unwrap_err().kind, ErrorKind::Misuse);
}

#[test]
fn fakes_of_streams_that_were_told_nothing_say_so() {
    let said = |error: Error| assert!(error.message.contains("p.S/M") && error.message.contains("`answer`"));
    said(now(FakeServerStream::<u32, u32>::new("p.S/M").call(1).next()).unwrap().unwrap_err());
    said(now(FakeClientStream::<u32, u32>::new("p.S/M").call().finish()).unwrap_err());
    said(now(FakeBidiStream::<u32, u32>::new("p.S/M").call().next()).unwrap().unwrap_err());
}
