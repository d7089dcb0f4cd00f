//! The pricing server: plain tonic, one Holdover layer, and the switches with which the story breaks it.

mod link;
mod portal;
mod pricing;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use holdover_server::DetailLayer;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tower::ServiceBuilder;

use crate::proto::pricing::v1::pricing_server::PricingServer;

/// What the story can do to the server while it runs.
#[derive(Default)]
pub(crate) struct Switches {
    /// A Wi-Fi login page stands between the app and the server.
    pub(crate) captive_portal: AtomicBool,
    /// Quotes lose their `quote_id`: a bad deployment.
    pub(crate) forget_quote_id: AtomicBool,
    /// The number of the access token that is accepted now; older ones are expired.
    pub(crate) token: AtomicU64,
    /// The way between phone and server.
    pub(crate) link: link::Link,
    /// Quotes that were made up. It outlives a restart of the server, so that prices tell quotes apart.
    pub(crate) quotes: AtomicU64,
    /// Price updates that were made up, likewise.
    pub(crate) prices: AtomicU64,
    /// Streams of prices that are open.
    pub(crate) watchers: watch::Sender<usize>,
    /// Calls that reached a handler.
    pub(crate) calls: AtomicU64,
}

/// A running server. Dropping it closes every connection.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Listens on loopback; port 0 lets the system choose.
    pub(crate) async fn start(
        address: SocketAddr,
        rides: &pricing::Rides,
        switches: &Arc<Switches>,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let pricing = PricingServer::new(pricing::Service::new(rides.clone(), Arc::clone(switches)));
        let service = ServiceBuilder::new()
            .layer(portal::PortalLayer::new(Arc::clone(switches)))
            // This line is all that a server needs to trim answers for phones on poor networks.
            .layer(DetailLayer::new(crate::proto::POLICY)?)
            .service(pricing);
        let switches = Arc::clone(switches);
        let accepting = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let service = TowerToHyperService::new(service.clone());
                let switches = Arc::clone(&switches);
                connections.spawn(async move {
                    let (near, far) = tokio::io::duplex(link::BUFFER);
                    let serving = async {
                        let server = auto::Builder::new(TokioExecutor::new());
                        let _ = server.serve_connection(TokioIo::new(near), service).await;
                        // What it said last is still under way.
                        std::future::pending::<()>().await;
                    };
                    tokio::select! {
                        () = serving => {}
                        () = switches.link.carry(stream, far) => {}
                    }
                });
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(Self { address, accepting })
    }

    /// Stops listening and closes every connection.
    pub(crate) async fn stop(self) {
        self.accepting.abort();
        let _ = self.accepting.await;
    }
}

impl Switches {
    pub(crate) fn bytes_sent(&self) -> u64 {
        self.link.bytes_sent()
    }

    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }
}

pub(crate) use pricing::Rides;
