//! The layer around a service that answers with canned responses, in every protocol.

use holdover_server::{DetailCounts, DetailLayer, DetailPolicyError};
use holdover_wire::frame;
use http::{Method, StatusCode};
use proptest::prelude::*;
use prost::Message as _;

use crate::answer::{Answer, call_with};
use crate::support::{ASK, Message, envelope, gunzip, gzip, layer, policy, request};

fn ask(answer: Answer) -> (Answer, DetailCounts) {
    let (layer, metrics) = layer();
    let answer = call_with(&layer, request("/t.Service/Get", Some(ASK)), answer);
    (answer, metrics.counts())
}

fn grpc(flags: u8, payload: &[u8], encoding: &str, status: &str) -> Answer {
    Answer::new(
        &[("content-type", "application/grpc"), ("grpc-encoding", encoding)],
        envelope(flags, payload),
        Some(&[("grpc-status", status), ("x-trailer", "kept")]),
    )
}

fn web(flags: u8, payload: &[u8], status: &str) -> Answer {
    let trailers = format!("grpc-status: {status}\r\nx-trailer: kept\r\n");
    let body = [envelope(flags, payload), envelope(frame::WEB_TRAILERS, trailers.as_bytes())].concat();
    Answer::new(&[("content-type", "application/grpc-web+proto"), ("grpc-encoding", "gzip")], body, None)
}

fn connect(body: &[u8], encoding: Option<&str>) -> Answer {
    let length = body.len().to_string();
    let mut pairs = vec![
        ("content-type", "application/proto"),
        ("content-length", length.as_str()),
        ("trailer-x", "kept"),
        ("etag", "\"full\""),
        ("content-digest", "sha-256=:x:"),
    ];
    pairs.extend(encoding.map(|encoding| ("content-encoding", encoding)));
    Answer::new(&pairs, body.to_vec(), None)
}

fn rich() -> Vec<u8> {
    Message::rich().encode_to_vec()
}

/// What the layer says of an answer that it has trimmed.
fn applied(full: &[u8], trimmed: &[u8]) -> String {
    format!("{ASK}; dropped={}", full.len() - trimmed.len())
}

fn reduced() -> Vec<u8> {
    Message::rich().reduced().encode_to_vec()
}

#[test]
fn grpc_is_trimmed_inside_its_envelope() {
    for size in [1, 7, 100_000] {
        let original = grpc(0, &rich(), "identity", "0").cut(size);
        let (answer, counts) = ask(original.clone());
        assert_eq!(answer.body(), envelope(0, &reduced()));
        assert_eq!(answer.trailers, original.trailers);
        assert_eq!(answer.header("holdover-detail-applied"), Some(applied(&rich(), &reduced()).as_str()));
        assert_eq!(answer.header("vary"), Some("holdover-detail"));
        assert_eq!((counts.responses, counts.trimmed), (1, 1));
        assert_eq!(counts.bytes_in, original.body().len() as u64);
        assert_eq!(counts.bytes_out, answer.body().len() as u64);
    }
}

#[test]
fn grpc_stays_compressed_with_the_same_encoding() {
    let (answer, counts) = ask(grpc(1, &gzip(&rich()), "gzip", "0").cut(10));
    let body = answer.body();
    assert_eq!((body[0], answer.header("grpc-encoding")), (1, Some("gzip")));
    assert_eq!(gunzip(&body[5..]), reduced());
    assert_eq!(counts.trimmed, 1);
    // gzip was agreed on, but this message is not compressed, and stays so.
    let (answer, _) = ask(grpc(0, &rich(), "gzip", "0"));
    assert_eq!(answer.body(), envelope(0, &reduced()));
}

#[test]
fn grpc_web_keeps_its_trailers_in_the_body() {
    let trailers = envelope(frame::WEB_TRAILERS, b"grpc-status: 0\r\nx-trailer: kept\r\n");
    let (answer, _) = ask(web(0, &rich(), "0").cut(3));
    assert_eq!(answer.body(), [envelope(0, &reduced()), trailers.clone()].concat());
    let (answer, _) = ask(web(1, &gzip(&rich()), "0"));
    let body = answer.body();
    let message = &body[..body.len() - trailers.len()];
    assert_eq!(gunzip(&message[5..]), reduced());
    assert!(body.ends_with(&trailers));
}

#[test]
fn connect_is_trimmed_bare_and_its_head_is_corrected() {
    let (answer, counts) = ask(connect(&rich(), None).cut(50));
    assert_eq!(answer.body(), reduced());
    assert_eq!(answer.header("content-length"), Some(reduced().len().to_string().as_str()));
    assert_eq!(
        (answer.header("trailer-x"), answer.header("content-type")),
        (Some("kept"), Some("application/proto"))
    );
    assert_eq!((answer.header("etag"), answer.header("content-digest")), (None, None));
    assert_eq!(counts.trimmed, 1);

    let (answer, _) = ask(connect(&gzip(&rich()), Some("gzip")));
    assert_eq!(gunzip(&answer.body()), reduced());
    let said = answer.header("holdover-detail-applied");
    assert_eq!(said, Some(applied(&rich(), &reduced()).as_str()), "of the message and not of the wire");
    assert_eq!(answer.header("content-length"), Some(answer.body().len().to_string().as_str()));

    // A message that loses everything, in a body without frames.
    let only_promo = Message { promo: Some("x".into()), ..Message::default() }.encode_to_vec();
    let (answer, counts) = ask(connect(&only_promo, None));
    assert_eq!((answer.body().len(), answer.header("content-length"), counts.trimmed), (0, Some("0"), 1));
}

#[test]
fn connect_get_is_trimmed_too() {
    let (layer, metrics) = layer();
    let mut request = request("/prefix/t.Service/Get?connect=v1&encoding=proto&message=", Some(ASK));
    *request.method_mut() = Method::GET;
    assert_eq!(call_with(&layer, request, connect(&rich(), None)).body(), reduced());
    assert_eq!(metrics.counts().trimmed, 1);
}

/// The answer passes as it is; `applied` is said, and the counter that `why` reads is 1.
fn passes(original: Answer, applied: Option<&str>, why: fn(&DetailCounts) -> u64) {
    let (answer, counts) = ask(original.clone());
    let mut expected = original;
    expected.headers.append("vary", "holdover-detail".parse().unwrap());
    if let Some(applied) = applied {
        expected.headers.insert("holdover-detail-applied", applied.parse().unwrap());
    }
    assert_eq!(answer, expected);
    assert_eq!((why(&counts), counts.responses, counts.trimmed, counts.bytes_in), (1, 1, 0, 0), "{counts:?}");
}

#[test]
fn failures_pass() {
    let failed = |counts: &DetailCounts| counts.passed_failed;
    passes(grpc(0, &rich(), "identity", "5"), None, failed);
    passes(web(0, &rich(), "13"), None, failed);
    // Without a message: in the head, or in the only envelope.
    let trailers_only = [("content-type", "application/grpc"), ("grpc-status", "5")];
    passes(Answer { chunks: vec![], ..Answer::new(&trailers_only, "", None) }, None, failed);
    let web_only = [("content-type", "application/grpc-web")];
    passes(Answer::new(&web_only, envelope(frame::WEB_TRAILERS, b"grpc-status:5\r\n"), None), None, failed);
    let mut connect_error =
        Answer::new(&[("content-type", "application/json")], "{\"code\":\"not_found\"}", None);
    connect_error.status = StatusCode::NOT_FOUND;
    passes(connect_error, None, failed);
    // A body that breaks off with an error.
    let mut broken = connect(&rich(), None).cut(100);
    broken.chunks.push(Err("reset"));
    passes(broken, None, failed);
}

#[test]
fn what_is_not_understood_passes_in_full() {
    let other = |counts: &DetailCounts| counts.passed_other_encoding;
    let with = |mut answer: Answer, name: &'static str, value: &str| {
        answer.headers.insert(name, value.parse().unwrap());
        answer
    };
    passes(with(connect(b"{}", None), "content-type", "application/json"), Some("full"), other);
    passes(with(web(0, &rich(), "0"), "content-type", "application/grpc-web-text"), Some("full"), other);
    passes(with(connect(&rich(), None), "content-type", "application/connect+proto"), Some("full"), other);
    passes(connect(&rich(), Some("br")), Some("full"), other);
    passes(connect(&rich(), Some("gzip, gzip")), Some("full"), other);
    passes(grpc(1, &gzip(&rich()), "zstd", "0"), Some("full"), other);
    passes(grpc(1, &gzip(&rich()), "identity", "0"), Some("full"), other);
    passes(with(connect(&rich(), None), "cache-control", "public, no-transform"), Some("full"), other);
    passes(with(connect(&rich(), None), "content-range", "bytes 0-1/2"), Some("full"), other);

    let malformed = |counts: &DetailCounts| counts.passed_malformed;
    passes(connect(b"\x1a\x05\x12", None), Some("full"), malformed);
    passes(connect(&rich(), Some("gzip")), Some("full"), malformed);
    passes(grpc(4, &rich(), "identity", "0"), Some("full"), malformed);
    passes(Answer { trailers: None, ..grpc(0, &rich(), "identity", "0") }, Some("full"), malformed);
    let twice = [envelope(0, &rich()), envelope(0, &rich())].concat();
    passes(
        Answer { chunks: vec![Ok(twice.into())], ..grpc(0, b"", "identity", "0") },
        Some("full"),
        malformed,
    );
    let cut = envelope(0, &rich())[..20].to_vec();
    passes(Answer { chunks: vec![Ok(cut.into())], ..grpc(0, b"", "identity", "0") }, Some("full"), malformed);

    let nothing = |counts: &DetailCounts| counts.passed_nothing_to_drop;
    passes(connect(&reduced(), None), Some("full"), nothing);
    passes(connect(b"", None), Some("full"), nothing);
    passes(grpc(1, &gzip(&reduced()), "gzip", "0"), Some("full"), nothing);
}

#[test]
fn what_is_too_large_passes_without_a_loss() {
    let layer = DetailLayer::new(&policy()).unwrap().max_response_bytes(1_000);
    let metrics = layer.metrics();
    let large = Message { id: Some("x".repeat(100_000)), ..Message::rich() }.encode_to_vec();
    let call = |answer: Answer| {
        let out = call_with(&layer, request("/t.Service/Get", Some(ASK)), answer.clone());
        assert_eq!((&out.chunks, &out.trailers), (&answer.chunks, &answer.trailers));
        assert_eq!(out.header("holdover-detail-applied"), Some("full"));
    };
    // Found out after some chunks; by the head of the envelope; by what it decompresses to.
    call(grpc(0, &large, "identity", "0").cut(4_000));
    call(grpc(0, &rich(), "identity", "0"));
    call(connect(&gzip(&rich()), Some("gzip")));
    assert!(gzip(&rich()).len() < 1_000 && rich().len() > 1_000);
    assert_eq!(metrics.counts().passed_too_large, 3);
}

#[test]
fn other_plans_and_other_methods_pass() {
    let (layer, metrics) = layer();
    let original = connect(&rich(), None);
    let full = |detail| call_with(&layer, request("/t.Service/Get", Some(detail)), original.clone());
    for detail in ["reduced; plan=ffffffffffffffffffffffffffffffff", "reduced", "full"] {
        let answer = full(detail);
        assert_eq!((answer.body(), answer.header("holdover-detail-applied")), (rich(), Some("full")));
        assert_eq!(answer.header("etag"), Some("\"full\""));
    }
    assert_eq!(metrics.counts().passed_other_plan, 3);
    for path in
        ["/t.Service/Ticks", "/t.Service/Masked", "/t.Service/Plain", "/x.Service/Get", "/Get", "/", "*"]
    {
        assert_eq!(call_with(&layer, request(path, Some(ASK)), original.clone()), original, "{path}");
    }
    assert_eq!(metrics.counts().responses, 3);
}

#[test]
fn vary_is_added_to_what_is_said() {
    let vary = |said: &str| {
        let mut answer = connect(&rich(), None);
        answer.headers.insert("vary", said.parse().unwrap());
        let (answer, _) = ask(answer);
        let values = answer.headers.get_all("vary").iter();
        values.map(|value| value.to_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(vary("accept-encoding"), ["accept-encoding", "holdover-detail"]);
    assert_eq!(vary("Accept-Encoding, Holdover-Detail"), ["Accept-Encoding, Holdover-Detail"]);
    assert_eq!(vary("*"), ["*"]);
}

#[test]
fn head_requests_pass() {
    let (layer, metrics) = layer();
    let mut request = request("/t.Service/Get", Some(ASK));
    *request.method_mut() = Method::HEAD;
    let answer = call_with(&layer, request, Answer { chunks: vec![], ..connect(&rich(), None) });
    assert_eq!(answer.header("content-length"), Some(rich().len().to_string().as_str()));
    assert_eq!(metrics.counts().passed_unasked, 1);
}

#[test]
fn what_is_no_policy_is_refused() {
    assert!(matches!(DetailLayer::new(b"\xff"), Err(DetailPolicyError::Decode(_))));
    let error = DetailLayer::new(b"").unwrap_err();
    assert!(error.to_string().contains("format_version"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: proptest::test_runner::RngSeed::Fixed(7),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn nobody_who_does_not_ask_sees_a_difference(
        content_type in prop::sample::select(vec![
            "application/grpc",
            "application/grpc-web+proto",
            "application/proto",
            "application/connect+proto",
            "text/html",
        ]),
        status in prop::sample::select(vec![200u16, 204, 404, 503]),
        chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..6),
        trailer in prop::option::of("[a-z0-9]{1,9}"),
        path in prop::sample::select(vec!["/t.Service/Get", "/t.Service/Watch", "/t.Service/Ticks", "/other"]),
    ) {
        let trailers = trailer.as_ref().map(|value| [("grpc-status", value.as_str())]);
        let mut original = Answer::new(
            &[("content-type", content_type), ("x-other", "1")],
            "",
            trailers.as_ref().map(<[_; 1]>::as_slice),
        );
        original.status = StatusCode::from_u16(status).unwrap();
        original.chunks = chunks.into_iter().map(|chunk| Ok(chunk.into())).collect();
        let (layer, _) = layer();
        let mut answer = call_with(&layer, request(path, None), original.clone());
        let vary = answer.headers.remove("vary");
        prop_assert_eq!(vary.is_some(), ["/t.Service/Get", "/t.Service/Watch"].contains(&path));
        prop_assert_eq!(answer, original);
    }

    #[test]
    fn whoever_asks_gets_the_reduced_message_or_the_original_bytes(
        content_type in prop::sample::select(vec!["application/grpc", "application/grpc-web", "application/proto"]),
        message in prop::collection::vec(any::<u8>(), 0..60),
        valid in any::<bool>(),
        flags in 0u8..3,
        size in 1usize..30,
    ) {
        let message = if valid { rich() } else { message };
        let body = if content_type == "application/proto" { message } else { envelope(flags, &message) };
        let original = Answer::new(&[("content-type", content_type)], body, Some(&[("grpc-status", "0")])).cut(size);
        let (answer, counts) = ask(original.clone());
        prop_assert_eq!(&answer.trailers, &original.trailers);
        if counts.trimmed == 0 {
            prop_assert_eq!(answer.body(), original.body());
        } else {
            prop_assert!(answer.body().len() < original.body().len());
            let applied = answer.header("holdover-detail-applied").unwrap();
            prop_assert!(applied.starts_with(&format!("{ASK}; dropped=")), "{applied}");
        }
    }
}
