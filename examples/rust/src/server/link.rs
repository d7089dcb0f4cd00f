//! The way between phone and server: as fast as loopback, or as slow as a train in a tunnel. It counts what the server
//! sends, so that "bytes on the wire" is not a guess.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};

/// How many bytes travel together.
const CHUNK: usize = 4 << 10;
/// How many chunks are under way at most: beyond that, the sender waits.
const UNDER_WAY: usize = 256;
/// What the link holds between itself and the server.
pub(super) const BUFFER: usize = 64 << 10;

/// What the link is like, both ways, on every connection.
#[derive(Default)]
pub(crate) struct Link {
    /// How long each chunk travels, in milliseconds.
    delay: AtomicU64,
    /// How many bytes a second arrive; 0: as many as are sent.
    rate: AtomicU64,
    /// Nothing arrives at all.
    gone: watch::Sender<bool>,
    /// How many bytes have left for phones, frames and headers included.
    sent: AtomicU64,
}

impl Link {
    /// From now on, everything takes so long each way, and no more than so many bytes arrive a second.
    pub(crate) fn worsen(&self, delay: Duration, bytes_per_second: u64) {
        self.delay.store(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.rate.store(bytes_per_second, Ordering::Relaxed);
    }

    /// The phone's radio is off: every connection breaks, and whoever tries to make one hears nothing.
    pub(crate) fn vanish(&self) {
        self.gone.send_replace(true);
    }

    /// From now on, the link is as good as any.
    pub(crate) fn recover(&self) {
        self.worsen(Duration::ZERO, 0);
        self.gone.send_replace(false);
    }

    pub(crate) fn bytes_sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Carries a connection until it ends, or the link is gone.
    pub(super) async fn carry(&self, phone: TcpStream, server: DuplexStream) {
        let mut gone = self.gone.subscribe();
        if *gone.borrow_and_update() {
            // Nobody is there; the attempt ends when somebody could be again.
            let _ = gone.wait_for(|gone| !gone).await;
            return;
        }
        tokio::select! {
            _ = self.carry_both_ways(phone, server) => {}
            _ = gone.wait_for(|gone| *gone) => {}
        }
    }

    async fn carry_both_ways(&self, phone: TcpStream, server: DuplexStream) -> io::Result<()> {
        // Small frames must not wait for one another; where it cannot be had, only timings suffer.
        let _ = phone.set_nodelay(true);
        let (from_phone, to_phone) = phone.into_split();
        let (from_server, to_server) = tokio::io::split(server);
        let up = self.carry_one_way(from_phone, to_server, None);
        let down = self.carry_one_way(from_server, to_phone, Some(&self.sent));
        tokio::try_join!(up, down).map(|_| ())
    }

    async fn carry_one_way(
        &self,
        mut from: impl AsyncRead + Unpin,
        mut to: impl AsyncWrite + Unpin,
        count: Option<&AtomicU64>,
    ) -> io::Result<()> {
        let (depart, mut arrive) = mpsc::channel::<(Instant, Bytes)>(UNDER_WAY);
        let departing = async move {
            loop {
                let mut chunk = BytesMut::with_capacity(CHUNK);
                if from.read_buf(&mut chunk).await? == 0 {
                    return Ok(());
                }
                let arrival = Instant::now() + Duration::from_millis(self.delay.load(Ordering::Relaxed));
                if depart.send((arrival, chunk.freeze())).await.is_err() {
                    return Ok(());
                }
            }
        };
        let arriving = async move {
            while let Some((arrival, chunk)) = arrive.recv().await {
                if arrival > Instant::now() {
                    sleep_until(arrival).await;
                }
                let length = chunk.len() as u64;
                if let Some(nanos) = (length * 1_000_000_000).checked_div(self.rate.load(Ordering::Relaxed)) {
                    sleep(Duration::from_nanos(nanos)).await;
                }
                // Before it is written, because the phone may act on it at once.
                if let Some(count) = count {
                    count.fetch_add(length, Ordering::Relaxed);
                }
                to.write_all(&chunk).await?;
            }
            to.shutdown().await
        };
        tokio::try_join!(departing, arriving).map(|_| ())
    }
}
