//! The host's HTTP stack: windows, uploads, and ends of every sort.

use holdover_ffi::abi::*;
use prost::Message;

use crate::boundary;
use crate::host::{Heard, Host, Reply, header};
use crate::rides::{World, config, ride};

/// A world whose exchanges the test carries out.
fn world() -> World {
    World::new(Host::new(|_, _| Reply::Nothing))
}

fn request(world: &World) -> (u64, boundary::HttpRequest) {
    let heard = world.host.wait(|heard| heard.kind == HOLDOVER_EVENT_HTTP_REQUEST);
    (heard.op, boundary::HttpRequest::decode(&*heard.bytes).unwrap())
}

fn head(world: &World, id: u64, content_type: &str) -> i32 {
    let head = boundary::HttpHead {
        status: 200,
        headers: vec![header("content-type", content_type)],
        connect_us: 5000,
        tls_us: 2000,
    };
    world.host.reply(id, HOLDOVER_REPLY_HTTP_HEAD, &head.encode_to_vec())
}

fn chunk(world: &World, id: u64, bytes: &[u8]) -> i32 {
    world.host.reply(id, HOLDOVER_REPLY_HTTP_CHUNK, bytes)
}

/// A message as Connect's and gRPC's streams frame it.
fn frame(flags: u8, message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[flags], &length[..], message].concat()
}

fn of(world: &World, id: u64, kind: u32) -> Heard {
    world.host.wait(|heard| heard.op == id && heard.kind == kind)
}

#[test]
fn a_request_has_all_that_a_stack_needs() {
    let world = world();
    world.start(1, HOLDOVER_GET, "Plain", &ride("r1"));
    let (id, request) = request(&world);
    assert_eq!((&*request.method, &*request.url), ("POST", "http://rides.invalid/vectors.v1.Rides/Plain"));
    assert_eq!(request.body, ride("r1"));
    assert!(!request.http2 && !request.streamed && !request.fresh_connection);
    assert!(request.headers.contains(&header("content-type", "application/proto")));
    assert_eq!(request.window_bytes, 256 << 10);
    world.host.answer_unary(id, &ride("a"));
    assert_eq!(world.host.of(1).snapshot.unwrap().value, ride("a"));
    assert_eq!(chunk(&world, id, b"late"), HOLDOVER_GONE);
    world.free();
}

#[test]
fn cancelling_a_call_cancels_its_exchange() {
    let world = world();
    let op = world.start(1, HOLDOVER_GET, "Plain", &ride("r1"));
    let (id, _) = request(&world);
    assert_eq!(holdover_cancel(world.runtime, op), HOLDOVER_OK);
    assert_eq!(world.host.of(1).code, HOLDOVER_CANCELLED);
    of(&world, id, HOLDOVER_EVENT_HTTP_CANCEL);
    assert_eq!(head(&world, id, "application/proto"), HOLDOVER_GONE);
    world.free();
}

#[test]
fn a_stack_that_never_answers_costs_a_call_its_timeout() {
    let world = world();
    let soon = boundary::CallOptions { timeout_ms: Some(50), ..boundary::CallOptions::default() };
    world.start_with(1, HOLDOVER_GET, "Plain", &ride("r1"), &soon);
    let (id, _) = request(&world);
    let end = world.host.of(1);
    assert_eq!((end.kind, end.code, end.last), (HOLDOVER_EVENT_ANSWER, HOLDOVER_TIMEOUT, true));
    of(&world, id, HOLDOVER_EVENT_HTTP_CANCEL);
    assert_eq!(head(&world, id, "application/proto"), HOLDOVER_GONE);
    world.free();
}

#[test]
fn freeing_a_runtime_cancels_its_exchanges() {
    let world = world();
    world.start(1, HOLDOVER_GET, "Plain", &ride("r1"));
    let (id, _) = request(&world);
    world.free();
    assert_eq!(world.host.of(1).code, HOLDOVER_MISUSE);
    of(&world, id, HOLDOVER_EVENT_HTTP_CANCEL);
}

#[test]
fn a_stream_pulls_as_its_reader_does() {
    let small = boundary::RuntimeConfig { http_window_bytes: Some(1024), ..config() };
    let host = Host::new(|_, _| Reply::Nothing);
    let world = World::with(host, &small, &boundary::SessionConfig::default());
    let op = world.start(1, HOLDOVER_STREAM, "Feed", &ride("r1"));
    let (id, asked) = request(&world);
    assert_eq!(asked.window_bytes, 1024);
    assert_eq!(asked.body, frame(0, &ride("r1")));
    assert_eq!(head(&world, id, "application/connect+proto"), HOLDOVER_OK);
    let long = "x".repeat(400);
    let items: Vec<_> = (0..4).map(|n| ride(&format!("{n}{long}"))).collect();
    for item in &items[..2] {
        assert_eq!(chunk(&world, id, &frame(0, item)), HOLDOVER_OK);
    }
    assert_eq!(holdover_credit(world.runtime, op, 2), HOLDOVER_OK);
    for item in &items[..2] {
        let heard = world.host.of(1);
        assert_eq!((heard.kind, heard.last), (HOLDOVER_EVENT_ITEM, false));
        assert_eq!(&heard.snapshot.unwrap().value, item);
    }
    let pull = of(&world, id, HOLDOVER_EVENT_HTTP_PULL);
    assert_eq!(pull.count as usize, 2 * frame(0, &items[0]).len());
    for item in &items[2..] {
        assert_eq!(chunk(&world, id, &frame(0, item)), HOLDOVER_OK);
    }
    assert_eq!(chunk(&world, id, &frame(2, b"{}")), HOLDOVER_OK);
    assert_eq!(world.host.reply(id, HOLDOVER_REPLY_HTTP_END, &[]), HOLDOVER_OK);
    holdover_credit(world.runtime, op, 3);
    let rest: Vec<_> = (0..3).map(|_| world.host.of(1)).collect();
    assert_eq!(
        rest.iter().map(|heard| (heard.kind, heard.last)).collect::<Vec<_>>(),
        [(HOLDOVER_EVENT_ITEM, false), (HOLDOVER_EVENT_ITEM, false), (HOLDOVER_EVENT_ENDED, true),]
    );
    world.free();
}

#[test]
fn a_stack_that_cannot_be_stopped_is_given_up() {
    let world = world();
    let op = world.start(1, HOLDOVER_STREAM, "Feed", &ride("r1"));
    let (id, _) = request(&world);
    head(&world, id, "application/connect+proto");
    let piece = vec![0; 1 << 20];
    let codes: Vec<_> = (0..6).map(|_| chunk(&world, id, &piece)).collect();
    assert_eq!(codes[..4], [HOLDOVER_OK; 4]);
    assert!(codes[4..].contains(&HOLDOVER_MISUSE), "{codes:?}");
    assert_eq!(chunk(&world, id, &piece), HOLDOVER_GONE);
    holdover_cancel(world.runtime, op);
    world.free();
}

#[test]
fn a_sequence_is_uploaded_as_the_stack_has_room() {
    let world = world();
    let op = world.start(1, HOLDOVER_STREAM, "Upload", &[]);
    let (id, asked) = request(&world);
    assert!(asked.streamed && asked.body.is_empty());
    let credit = world.host.of(1);
    assert!(credit.kind == HOLDOVER_EVENT_CREDIT && credit.count > 1);
    for n in 0..2 {
        let message = ride(&format!("chunk {n}"));
        assert_eq!(unsafe { holdover_send(world.runtime, op, crate::host::bytes(&message)) }, HOLDOVER_OK);
    }
    holdover_half_close(world.runtime, op);
    assert!(!world.host.heard().iter().any(|heard| heard.kind == HOLDOVER_EVENT_HTTP_BODY), "nobody asked");
    let mut pieces = Vec::new();
    for _ in 0..3 {
        assert_eq!(holdover_credit(world.runtime, id, 1), HOLDOVER_OK);
        pieces.push(of(&world, id, HOLDOVER_EVENT_HTTP_BODY));
    }
    assert_eq!(pieces.iter().map(|piece| piece.last).collect::<Vec<_>>(), [false, false, true]);
    assert_eq!(pieces[1].bytes, frame(0, &ride("chunk 1")));
    head(&world, id, "application/connect+proto");
    chunk(&world, id, &frame(0, &ride("receipt")));
    chunk(&world, id, &frame(2, b"{}"));
    world.host.reply(id, HOLDOVER_REPLY_HTTP_END, &[]);
    let answer = world.host.wait(|heard| heard.token == 1 && heard.last);
    assert_eq!((answer.kind, answer.snapshot.unwrap().value), (HOLDOVER_EVENT_ANSWER, ride("receipt")));
    world.free();
}

#[test]
fn grpc_ends_with_the_trailers_that_the_stack_hands_over() {
    let mut grpc = config();
    grpc.endpoints[0].protocol = boundary::Protocol::Grpc.into();
    let world = World::with(Host::new(|_, _| Reply::Nothing), &grpc, &boundary::SessionConfig::default());
    world.start(1, HOLDOVER_GET, "Plain", &ride("r1"));
    let (id, asked) = request(&world);
    assert!(asked.http2);
    head(&world, id, "application/grpc");
    let end =
        boundary::HttpEnd { trailers: vec![header("grpc-status", "5"), header("grpc-message", "no ride")] };
    assert_eq!(world.host.reply(id, HOLDOVER_REPLY_HTTP_END, &end.encode_to_vec()), HOLDOVER_OK);
    let rejected = world.host.of(1);
    assert_eq!(rejected.code, HOLDOVER_REJECTED);
    let error = boundary::Error::decode(&*rejected.bytes).unwrap();
    assert_eq!(error.status.map(|status| (status.code, status.message)), Some((5, "no ride".to_owned())));
    world.free();
}

#[test]
fn what_the_stack_cannot_do_is_said_before_anything_is_sent() {
    let mut plain = config();
    plain.host_http = None;
    for (protocol, form, method, word) in [
        (boundary::Protocol::Grpc, HOLDOVER_GET, "Plain", "trailers"),
        (boundary::Protocol::Connect, HOLDOVER_STREAM, "Upload", "Rust transport"),
        (boundary::Protocol::Connect, HOLDOVER_STREAM, "Chat", "Rust transport"),
    ] {
        plain.endpoints[0].protocol = protocol.into();
        let world =
            World::with(Host::new(|_, _| Reply::Nothing), &plain, &boundary::SessionConfig::default());
        let op = world.start(1, form, method, &if form == HOLDOVER_GET { ride("r1") } else { Vec::new() });
        holdover_credit(world.runtime, op, 1);
        let refused = world.host.wait(|heard| heard.token == 1 && heard.last);
        assert_eq!(refused.code, HOLDOVER_MISUSE, "{method}");
        let message = boundary::Error::decode(&*refused.bytes).unwrap().message;
        assert!(message.contains(word), "{message}");
        assert_eq!(world.host.requests.load(std::sync::atomic::Ordering::Relaxed), 0);
        world.free();
    }
}

#[test]
fn a_stack_that_talks_nonsense_fails_the_call_and_nothing_else() {
    let world = world();
    let ok = boundary::HttpHead { status: 200, ..boundary::HttpHead::default() }.encode_to_vec();
    let bad_status = boundary::HttpHead { status: 7, ..boundary::HttpHead::default() }.encode_to_vec();
    let bad_header = boundary::HttpHead {
        status: 200,
        headers: vec![header("no name", "x")],
        ..boundary::HttpHead::default()
    };
    let bad_header = bad_header.encode_to_vec();
    let wrongs: [&[(u32, &[u8])]; 6] = [
        &[(HOLDOVER_REPLY_HTTP_CHUNK, b"before the head")],
        &[(HOLDOVER_REPLY_HTTP_END, b"")],
        &[(HOLDOVER_REPLY_HTTP_HEAD, &bad_status)],
        &[(HOLDOVER_REPLY_HTTP_HEAD, &bad_header)],
        &[(HOLDOVER_REPLY_HTTP_HEAD, b"\xff\xff")],
        &[(HOLDOVER_REPLY_HTTP_FAILED, b"\xff\xff")],
    ];
    for (token, wrong) in (1..).zip(wrongs) {
        world.start(token, HOLDOVER_GET, "Plain", &ride("r1"));
        let (id, _) = request(&world);
        let codes: Vec<_> = wrong.iter().map(|(kind, bytes)| world.host.reply(id, *kind, bytes)).collect();
        assert_eq!(codes.last(), Some(&HOLDOVER_MISUSE));
        assert_eq!(world.host.of(token).code, HOLDOVER_UNREACHABLE, "{wrong:?}");
        assert_eq!(world.host.reply(id, HOLDOVER_REPLY_HTTP_HEAD, &ok), HOLDOVER_GONE);
    }
    world.start(99, HOLDOVER_GET, "Plain", &ride("r1"));
    let (id, _) = request(&world);
    assert_eq!(
        world.host.reply(id, HOLDOVER_REPLY_CREDENTIALS, &[]),
        HOLDOVER_MISUSE,
        "another kind of reply"
    );
    assert_eq!(world.host.reply(id, 12345, &[]), HOLDOVER_MISUSE);
    world.host.answer_unary(id, &ride("fine"));
    assert_eq!(world.host.of(99).code, HOLDOVER_OK);
    world.free();
}

#[test]
fn a_move_to_another_network_is_told_to_the_stack() {
    let world = world();
    world.start(1, HOLDOVER_GET, "Plain", &ride("r1"));
    let (id, _) = request(&world);
    for path in [1, 2] {
        let interface = boundary::Interface::Wifi.into();
        let platform = boundary::Platform { path, interface, ..boundary::Platform::default() };
        world.hint(boundary::hint::Hint::Platform(platform)).unwrap();
    }
    world.host.wait(|heard| heard.kind == HOLDOVER_EVENT_HTTP_SUSPECT);
    world.host.answer_unary(id, &ride("a"));
    world.host.of(1);
    world.free();
}

#[cfg(feature = "transport")]
#[test]
fn the_rust_transport_carries_calls_without_asking_the_host() {
    use std::io::{Read, Write};

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        let (mut request, mut piece) = (Vec::new(), [0; 4096]);
        while !request.ends_with(&ride("r1")) {
            let read = connection.read(&mut piece).unwrap();
            request.extend_from_slice(&piece[..read]);
        }
        let body = ride("over TCP");
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/proto\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        connection.write_all(&[head.as_bytes(), &body].concat()).unwrap();
    });
    let mut config = config();
    config.endpoints[0].url = format!("http://{address}");
    config.transport = boundary::Transport::Rust.into();
    let world = World::with(Host::new(|_, _| Reply::Nothing), &config, &boundary::SessionConfig::default());
    world.start(1, HOLDOVER_GET, "Plain", &ride("r1"));
    assert_eq!(world.host.of(1).snapshot.unwrap().value, ride("over TCP"));
    server.join().unwrap();
    assert_eq!(world.host.requests.load(std::sync::atomic::Ordering::Relaxed), 0);
    world.free();
}
