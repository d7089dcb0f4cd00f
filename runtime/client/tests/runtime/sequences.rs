//! Sequences of a client: credit, ends, halves.

use futures_util::FutureExt as _;
use holdover_client::{BidiStream, CacheMode, ClientStream, Code, ErrorKind, Sender};
use holdover_testkit::network::{Reply, ScriptedStream};

use crate::rides::{CHAT, Ride, RideRequest, UPLOAD, World, encode, request, ride, status};
use crate::streams::{failed, ids, next};

type Upload = ClientStream<RideRequest, Ride>;
type Chat = BidiStream<RideRequest, Ride>;

fn live() -> World {
    let world = World::new();
    world.network.now(|_| Reply::Live);
    world
}

/// Sends, and lets the world move on.
fn send(world: &mut World, upload: &mut Upload, id: &str) -> Result<(), holdover_client::Error> {
    let message = request(id);
    let sent = world.finish(Box::pin(upload.send(&message)));
    world.driver.run();
    sent
}

fn say(world: &mut World, sender: &mut Sender<RideRequest>, id: &str) -> Result<(), holdover_client::Error> {
    let message = request(id);
    let sent = world.finish(Box::pin(sender.send(&message)));
    world.driver.run();
    sent
}

/// Whether a message can be sent now.
fn has_room(world: &mut World, upload: &mut Upload) -> bool {
    let message = request("more");
    let sent = upload.send(&message).now_or_never().is_some();
    world.driver.run();
    sent
}

fn received(wire: &ScriptedStream) -> Vec<String> {
    let ids =
        wire.received().into_iter().map(|bytes| <RideRequest as prost::Message>::decode(bytes).unwrap());
    ids.map(|request| request.ride_id).collect()
}

#[test]
fn a_sequence_is_sent_in_order_and_answered_once() {
    let mut world = live();
    let mut upload: Upload = world.rides.client_stream(UPLOAD).metadata("x-trip", "7");
    world.driver.run();
    assert_eq!(world.network.sent(), 0, "nothing happens before something is sent");
    for id in ["a", "b", "c"] {
        send(&mut world, &mut upload, id).unwrap();
    }
    let wire = world.network.stream(0);
    assert_eq!(received(&wire), ["a", "b", "c"]);
    assert!(!wire.is_closed());
    let sent = &world.network.requests()[0];
    assert_eq!((&*sent.path, sent.body.len()), ("/vectors.v1.Rides/Upload", 0));
    assert_eq!(sent.metadata.text("x-trip"), Some("7"));
    let mut answer = Box::pin(upload.finish());
    assert!((&mut answer).now_or_never().is_none());
    world.driver.run();
    assert!(wire.is_closed());
    wire.head();
    wire.message(encode(&ride("thanks")));
    wire.end();
    assert_eq!(world.finish(answer).unwrap().value, ride("thanks"));
    world.driver.run();
    assert!(wire.is_dropped());
}

#[test]
fn every_stream_takes_a_cache_mode() {
    let mut world = live();
    let mut upload: Upload = world.rides.client_stream(UPLOAD).cache(CacheMode::NetworkOnly);
    send(&mut world, &mut upload, "a").unwrap();
    let chat: Chat = world.rides.bidi_stream(CHAT).cache(CacheMode::NetworkOnly);
    let (mut sender, _replies) = chat.split();
    say(&mut world, &mut sender, "b").unwrap();
    assert_eq!(received(&world.network.stream(0)), ["a"]);
    assert_eq!(received(&world.network.stream(1)), ["b"]);
}

#[test]
fn an_empty_sequence_is_a_sequence() {
    let mut world = live();
    let upload: Upload = world.rides.client_stream(UPLOAD);
    let mut answer = Box::pin(upload.finish());
    assert!((&mut answer).now_or_never().is_none());
    world.driver.run();
    let wire = world.network.stream(0);
    assert!(wire.is_closed());
    wire.head();
    wire.message(encode(&ride("nothing")));
    wire.end();
    assert_eq!(world.finish(answer).unwrap().value, ride("nothing"));
}

#[test]
fn a_caller_that_is_faster_than_the_wire_waits() {
    let mut world = live();
    let mut upload: Upload = world.rides.client_stream(UPLOAD);
    send(&mut world, &mut upload, "first").unwrap();
    let wire = world.network.stream(0);
    wire.take(0);
    world.driver.run();
    let mut ahead = 0;
    while has_room(&mut world, &mut upload) {
        ahead += 1;
        assert!(ahead < 100, "it would go on for ever");
    }
    assert!(ahead > 0, "there is some room");
    wire.take(1);
    world.driver.run();
    assert!(has_room(&mut world, &mut upload), "one was taken, so one may be sent");
    assert!(!has_room(&mut world, &mut upload));
    wire.take(1000);
    world.driver.run();
    assert_eq!(received(&wire).len(), ahead + 2);
}

#[test]
fn a_send_that_is_given_up_sends_nothing() {
    let mut world = live();
    let mut upload: Upload = world.rides.client_stream(UPLOAD);
    send(&mut world, &mut upload, "first").unwrap();
    let wire = world.network.stream(0);
    wire.take(0);
    world.driver.run();
    while has_room(&mut world, &mut upload) {}
    let before = received(&wire).len();
    let given_up = request("given up");
    assert!(upload.send(&given_up).now_or_never().is_none());
    wire.take(1000);
    world.driver.run();
    assert!(received(&wire).len() > before);
    assert!(!received(&wire).contains(&"given up".to_owned()));
}

#[test]
fn dropping_a_sequence_cancels_and_does_not_complete_it() {
    let mut world = live();
    let mut upload: Upload = world.rides.client_stream(UPLOAD);
    send(&mut world, &mut upload, "a").unwrap();
    drop(upload);
    world.driver.run();
    let wire = world.network.stream(0);
    assert_eq!((wire.is_dropped(), wire.is_closed()), (true, false));
    let unused: Upload = world.rides.client_stream(UPLOAD);
    let unused_too: Chat = world.rides.bidi_stream(CHAT);
    drop((unused, unused_too));
    world.driver.run();
    assert_eq!(world.network.sent(), 1);
}

#[test]
fn a_server_that_has_refused_is_not_sent_more() {
    let mut world = live();
    let mut upload: Upload = world.rides.client_stream(UPLOAD);
    send(&mut world, &mut upload, "a").unwrap();
    world.network.stream(0).fail(status(Code::FailedPrecondition));
    world.driver.run();
    let error = send(&mut world, &mut upload, "b").unwrap_err();
    assert_eq!((error.kind, error.status.unwrap().code), (ErrorKind::Rejected, Code::FailedPrecondition));
    let error = world.finish(Box::pin(upload.finish())).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Rejected, "the same again");
}

#[test]
fn a_server_may_answer_before_the_sequence_is_complete() {
    let mut world = live();
    let mut upload: Upload = world.rides.client_stream(UPLOAD);
    send(&mut world, &mut upload, "a").unwrap();
    let wire = world.network.stream(0);
    wire.head();
    wire.message(encode(&ride("enough")));
    wire.end();
    world.driver.run();
    let error = send(&mut world, &mut upload, "b").unwrap_err();
    assert!(error.message.contains("takes no more"), "{error}");
    assert_eq!(world.finish(Box::pin(upload.finish())).unwrap().value, ride("enough"));
}

#[test]
fn a_waiting_send_hears_of_the_end() {
    let mut world = live();
    let mut upload: Upload = world.rides.client_stream(UPLOAD);
    send(&mut world, &mut upload, "first").unwrap();
    let wire = world.network.stream(0);
    wire.take(0);
    world.driver.run();
    while has_room(&mut world, &mut upload) {}
    let message = request("waits");
    let mut waiting = Box::pin(upload.send(&message));
    assert!((&mut waiting).now_or_never().is_none());
    drop(world.runtime.shutdown());
    let error = waiting.now_or_never().unwrap().unwrap_err();
    assert!(error.message.contains("shut down"), "{error}");
}

#[test]
fn messages_go_both_ways_in_any_order() {
    let mut world = live();
    let mut chat: Chat = world.rides.bidi_stream(CHAT);
    let hello = request("hello");
    world.finish(Box::pin(chat.send(&hello))).unwrap();
    world.driver.run();
    let wire = world.network.stream(0);
    assert_eq!(received(&wire), ["hello"]);
    wire.head();
    wire.message(encode(&ride("1")));
    wire.message(encode(&ride("2")));
    world.driver.run();
    assert_eq!(world.finish(chat.next()).unwrap().unwrap().value, ride("1"));
    chat.close();
    chat.close();
    world.driver.run();
    assert!(wire.is_closed());
    assert_eq!(world.finish(Box::pin(chat.send(&hello))).unwrap_err().kind, ErrorKind::Misuse);
    wire.message(encode(&ride("3")));
    wire.end();
    world.driver.run();
    assert_eq!(world.finish(chat.next()).unwrap().unwrap().value, ride("2"));
    assert_eq!(world.finish(chat.next()).unwrap().unwrap().value, ride("3"));
    assert!(world.finish(chat.next()).is_none());
}

#[test]
fn the_halves_of_a_stream_live_apart() {
    let mut world = live();
    let chat: Chat = world.rides.bidi_stream(CHAT);
    let (mut sender, mut replies) = chat.split();
    assert!(replies.next().now_or_never().is_none());
    world.driver.run();
    let wire = world.network.stream(0);
    say(&mut world, &mut sender, "a").unwrap();
    drop(sender);
    world.driver.run();
    assert_eq!((received(&wire), wire.is_closed()), (vec!["a".to_owned()], true));
    wire.head();
    wire.message(encode(&ride("1")));
    assert_eq!(ids(&mut world, &mut replies), ["1"]);
    assert!(!wire.is_dropped());
    drop(replies);
    world.driver.run();
    assert!(wire.is_dropped());
}

#[test]
fn dropping_the_reading_half_leaves_the_other_and_dropping_both_cancels() {
    let mut world = live();
    let (mut sender, replies) = world.rides.bidi_stream::<RideRequest, Ride>(CHAT).split();
    say(&mut world, &mut sender, "a").unwrap();
    drop(replies);
    say(&mut world, &mut sender, "b").unwrap();
    let wire = world.network.stream(0);
    assert_eq!((received(&wire).len(), wire.is_dropped()), (2, false));
    drop(sender);
    world.driver.run();
    assert_eq!((wire.is_dropped(), wire.is_closed()), (true, false));
}

#[test]
fn a_sender_that_is_dropped_before_the_start_leaves_an_empty_sequence() {
    let mut world = live();
    let (sender, mut replies) = world.rides.bidi_stream::<RideRequest, Ride>(CHAT).split();
    drop(sender);
    world.driver.run();
    assert_eq!(world.network.sent(), 0);
    assert!(next(&mut world, &mut replies).is_none());
    world.driver.run();
    assert!(world.network.stream(0).is_closed());
}

#[test]
fn both_halves_hear_of_a_failure() {
    let mut world = live();
    let (mut sender, mut replies) = world.rides.bidi_stream::<RideRequest, Ride>(CHAT).split();
    say(&mut world, &mut sender, "a").unwrap();
    world.network.stream(0).fail(status(Code::PermissionDenied));
    world.driver.run();
    assert_eq!(say(&mut world, &mut sender, "b").unwrap_err().kind, ErrorKind::Rejected);
    assert_eq!(failed(next(&mut world, &mut replies)).kind, ErrorKind::Rejected);
}
