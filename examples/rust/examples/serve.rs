//! A tonic server with the layer, as the README shows it, so that it compiles. A test compares the two.
#![allow(dead_code, unreachable_pub, missing_docs, clippy::all, reason = "much of it is generated")]
#![allow(clippy::allow_attributes_without_reason, reason = "tonic's generated code gives none")]

use std::net::SocketAddr;

use holdover_server::DetailLayer;
use proto::pricing::v1::pricing_server::{Pricing, PricingServer};

mod proto {
    pub mod pricing {
        pub mod v1 {
            holdover::include_proto!("pricing.v1"); // the messages
            include!(concat!(env!("OUT_DIR"), "/server/pricing.v1.rs")); // tonic's trait over them
        }
    }
}

const POLICY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/pricing.policy"));

async fn serve(pricing: impl Pricing, address: SocketAddr) -> Result<(), Box<dyn std::error::Error>> {
    tonic::transport::Server::builder()
        .layer(DetailLayer::new(POLICY)?) // all that is new
        .add_service(PricingServer::new(pricing))
        .serve(address)
        .await?;
    Ok(())
}

fn main() {}
