//! Recorded answers, changed at random: whatever comes, a call ends with a message within its limit or with an error.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

mod support;

use bytes::Bytes;
use futures_util::FutureExt as _;
use holdover_client::{CallRequest, Kind, Limits, Protocol};
use support::{
    Memory, PROTOCOLS, Scripted, answer, ending, frame, good, good_stream, gzip, open, read, refusal,
    request_within, send,
};

/// SplitMix64: small, and the same on every machine.
struct Seeded(u64);

impl Seeded {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % (end.max(1) as u64)).unwrap()
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }
}

fn corpus(protocol: Protocol) -> Vec<Scripted> {
    let packed = gzip(&[3; 500]);
    let mut all = vec![good(protocol, b"a quote"), refusal(protocol, 14, "unavailable", "later")];
    all.push(match protocol {
        Protocol::Connect => good(protocol, &packed).header("content-encoding", "gzip"),
        Protocol::Grpc => answer(200, &[("content-type", "application/grpc")], frame(1, &packed))
            .header("grpc-encoding", "gzip")
            .trailers(&[("grpc-status", "0"), ("t-bin", "AAEC")]),
        _ => answer(
            200,
            &[("content-type", "application/grpc-web"), ("grpc-encoding", "gzip")],
            [frame(1, &packed), frame(0x81, &gzip(b"grpc-status: 0\r\nt-bin: AAEC\r\n"))].concat(),
        ),
    });
    all
}

/// One to four changes, each to a byte, a length, a header, the status, the chunks or the trailers.
fn mutate(mut scripted: Scripted, seed: &mut Seeded) -> Scripted {
    for _ in 0..=seed.below(4) {
        let mut body = scripted.chunks.concat();
        match seed.below(10) {
            0 if !body.is_empty() => {
                let at = seed.below(body.len());
                body[at] ^= 1 << seed.below(8);
            }
            1 if !body.is_empty() => {
                let at = seed.below(body.len().min(8));
                body[at] = seed.byte();
            }
            2 => body.truncate(seed.below(body.len() + 1)),
            3 => {
                let at = seed.below(body.len() + 1);
                let end = at + seed.below(body.len() - at + 1);
                let again = body[at..end].to_vec();
                body.splice(at..at, again);
            }
            4 => body.extend((0..seed.below(2000)).map(|_| 0x80)),
            5 => scripted.status = [200, 200, 204, 302, 400, 401, 403, 404, 429, 500, 503][seed.below(11)],
            6 if !scripted.headers.is_empty() => {
                let at = seed.below(scripted.headers.len());
                scripted.headers.remove(at);
            }
            7 => {
                let (name, value) = [
                    ("grpc-status", "5"),
                    ("grpc-status", "x"),
                    ("grpc-encoding", "gzip"),
                    ("content-encoding", "gzip"),
                    ("content-encoding", "br"),
                    ("content-type", "application/json"),
                    ("trailer-x", "1"),
                    ("trailer-", "1"),
                    ("x-bin", "%%%"),
                ][seed.below(9)];
                scripted.headers.insert(0, (name.to_owned(), value.to_owned()));
            }
            8 => {
                scripted.trailers = [None, Some("0"), Some("4294967296"), Some("13")][seed.below(4)]
                    .map(|status| vec![("grpc-status".to_owned(), status.to_owned())]);
            }
            _ => {}
        }
        let chunk = 1 + seed.below(body.len() + 1);
        scripted.chunks = body.chunks(chunk).map(Bytes::copy_from_slice).collect();
    }
    scripted
}

#[test]
fn no_change_of_an_answer_makes_a_call_panic_hang_or_overflow() {
    let limits = Limits { message_bytes: 600, metadata_bytes: 2000 };
    let mut seed = Seeded(20_261_123);
    let (mut answers, mut errors) = (0_u32, 0_u32);
    for round in 0..2000 {
        for protocol in PROTOCOLS {
            let recorded = corpus(protocol);
            let scripted = mutate(recorded[seed.below(recorded.len())].clone(), &mut seed);
            if scripted.clone().build().is_none() {
                continue;
            }
            let service = Memory::answering(scripted);
            let ended = send(&service, request_within(protocol, b"", limits)).now_or_never();
            match ended
                .unwrap_or_else(|| panic!("round {round}, {protocol:?}: a body that has ended cannot wait"))
            {
                Ok(response) => {
                    assert!(response.body.len() <= limits.message_bytes);
                    answers += 1;
                }
                Err(failure) => {
                    assert!(!format!("{failure:?}").is_empty());
                    errors += 1;
                }
            }
        }
    }
    assert!(answers > 500 && errors > 500, "the mutations reach both ends: {answers} and {errors}");
}

fn streams(protocol: Protocol) -> Vec<Scripted> {
    let packed = gzip(&[3; 500]);
    let frames = [frame(0, b"one"), frame(1, &packed), frame(0, b"")].concat();
    let error = r#"{"error":{"code":"unavailable","message":"later"},"metadata":{"t-bin":["AAEC"]}}"#;
    vec![
        good_stream(protocol, &[b"one", b"two"]),
        ending(protocol, frames.clone(), "0", "{}")
            .header("grpc-encoding", "gzip")
            .header("connect-content-encoding", "gzip"),
        ending(protocol, frames, "14", error),
    ]
}

#[test]
fn no_change_of_a_stream_makes_it_panic_hang_or_overflow() {
    let limits = Limits { message_bytes: 600, metadata_bytes: 2000 };
    let mut seed = Seeded(20_261_124);
    let (mut ends, mut errors, mut messages) = (0_u32, 0_u32, 0_usize);
    for round in 0..1000 {
        for protocol in PROTOCOLS {
            for kind in [Kind::ServerStream, Kind::ClientStream] {
                let recorded = streams(protocol);
                let scripted = mutate(recorded[seed.below(recorded.len())].clone(), &mut seed);
                if scripted.clone().build().is_none() {
                    continue;
                }
                let call = CallRequest { kind, ..request_within(protocol, b"", limits) };
                let read = read(open(&Memory::answering(scripted), call, &[])).now_or_never();
                let read = read.unwrap_or_else(|| {
                    panic!("round {round}, {protocol:?}: a body that has ended cannot wait")
                });
                assert!(read.messages.iter().all(|message| message.len() <= limits.message_bytes));
                assert!(kind == Kind::ServerStream || read.messages.len() <= 1);
                messages += read.messages.len();
                match read.end {
                    Ok(_) => ends += 1,
                    Err(_) => errors += 1,
                }
            }
        }
    }
    assert!(
        ends > 200 && errors > 500 && messages > 1000,
        "the mutations reach both ends: {ends}, {errors} and {messages}"
    );
}
