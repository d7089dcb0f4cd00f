//! A policy over one small message, that message, and what tests do with it.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use holdover_annotations::policy::{self, detail, field, prune_field::Action};
use holdover_server::{DetailLayer, DetailMetrics};
use holdover_wire::frame;
use http::Request;
use prost::Message as _;

/// What names the plan of `Get`.
pub(crate) const PLAN: &str = "0123456789abcdef0123456789abcdef";

/// What a client on a poor network says.
pub(crate) const ASK: &str = "reduced; plan=0123456789abcdef0123456789abcdef";

/// `t.Message`: the plan drops `promo`, at every depth.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Message {
    #[prost(string, optional, tag = "1")]
    pub(crate) id: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(crate) promo: Option<String>,
    #[prost(message, optional, boxed, tag = "3")]
    pub(crate) inner: Option<Box<Message>>,
}

impl Message {
    /// A message with something to drop, in two places.
    pub(crate) fn rich() -> Self {
        let inner = Self { id: Some("inner".into()), promo: Some("Less to say. ".repeat(9)), inner: None };
        Self {
            id: Some("outer".into()),
            promo: Some("Much to say. ".repeat(99)),
            inner: Some(Box::new(inner)),
        }
    }

    /// Decode, clear, encode.
    pub(crate) fn reduced(&self) -> Self {
        let inner = self.inner.as_ref().map(|inner| Box::new(inner.reduced()));
        Self { id: self.id.clone(), promo: None, inner }
    }
}

/// The encoded policy of `t.Service`: `Get`, `Watch`, `Upload` and `Chat` are prunable, one of each kind; `Masked` has
/// another signal, `Plain` and `Ticks` no plan.
pub(crate) fn policy() -> Vec<u8> {
    let string = |number, name: &str| policy::Field {
        number,
        name: name.into(),
        kind: field::Kind::String as i32,
        presence: field::Presence::Explicit as i32,
        ..Default::default()
    };
    let inner = policy::Field { kind: field::Kind::Message as i32, ..string(3, "inner") };
    let message = policy::MessageType {
        name: "t.Message".into(),
        fields: vec![string(1, "id"), string(2, "promo"), inner],
        ..Default::default()
    };
    let plan = policy::PrunePlan {
        nodes: vec![policy::PruneNode {
            r#type: 0,
            fields: vec![
                policy::PruneField { number: 2, action: Some(Action::Drop(true)) },
                policy::PruneField { number: 3, action: Some(Action::Descend(0)) },
            ],
            drop_unknown: false,
        }],
        hash: PLAN.into(),
        mask_paths: vec!["id".into()],
    };
    let method = |name: &str, kind: policy::method::Kind, signal| policy::Method {
        service: "t.Service".into(),
        name: name.into(),
        kind: kind as i32,
        detail: Some(policy::Detail { response: Some(plan.clone()), signal, ..Default::default() }),
        ..Default::default()
    };
    use policy::method::Kind::{BidiStream, ClientStream, ServerStream, Unary};
    let masked = Some(detail::Signal::GoogleFieldMask(detail::GoogleFieldMask {}));
    policy::PolicySet {
        format_version: holdover_annotations::POLICY_FORMAT,
        types: vec![message],
        methods: vec![
            method("Get", Unary, None),
            method("Watch", ServerStream, None),
            method("Upload", ClientStream, None),
            method("Chat", BidiStream, None),
            method("Masked", Unary, masked),
            policy::Method { detail: None, ..method("Plain", Unary, None) },
            policy::Method { detail: None, ..method("Ticks", ServerStream, None) },
        ],
        compiler: "test".into(),
    }
    .encode_to_vec()
}

/// A request to this method, with what it says in `holdover-detail`.
pub(crate) fn request(path: &str, detail: Option<&str>) -> Request<()> {
    let mut request = Request::post(path);
    if let Some(detail) = detail {
        request = request.header("holdover-detail", detail);
    }
    request.body(()).unwrap()
}

pub(crate) fn layer() -> (DetailLayer, DetailMetrics) {
    let layer = DetailLayer::new(&policy()).unwrap();
    let metrics = layer.metrics();
    (layer, metrics)
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut plain).unwrap();
    plain
}

pub(crate) fn envelope(flags: u8, payload: &[u8]) -> Vec<u8> {
    frame::encode(flags, payload).unwrap().to_vec()
}
