//! The bare transport against real servers: every stack, protocol, HTTP version, with and without TLS and compression.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

mod cancellation;
mod cuts;
mod deadline;
mod layer;
mod metadata;
mod probe;
mod restart;
mod sequences;
mod statuses;
mod streams;
mod success;

use std::time::Duration;

use bytes::Bytes;
use holdover_client::{CallRequest, Endpoint, Failure, Kind, Metadata, Priority, Response, Transport as _};
use holdover_e2e::{Server, Site, transport};

/// A call of `GetQuote` with `body` as its message.
fn request(endpoint: Endpoint, body: impl Into<Bytes>) -> CallRequest {
    CallRequest {
        kind: Kind::Unary,
        endpoint,
        path: "/pricing.v1.Pricing/GetQuote".into(),
        metadata: Metadata::new(),
        body: body.into(),
        timeout: Some(Duration::from_secs(60)),
        priority: Priority::Interactive,
        idempotent: true,
        no_side_effects: true,
    }
}

/// Calls `server` once.
async fn call(site: &Site, server: &Server, body: impl Into<Bytes>) -> Result<Response, Failure> {
    transport(server).unary(request(site.endpoint(server), body), Box::new(|_| {})).await
}
