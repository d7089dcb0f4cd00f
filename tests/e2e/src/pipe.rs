//! A network inside the process, as slow as a test wants it.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use holdover_transport_connect::{Dial, DialError, Wire};
use http::Uri;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream, duplex, split};
use tokio::sync::{Mutex as Gate, mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_stream::wrappers::UnboundedReceiverStream;

/// What travels at once: about what an Ethernet frame has room for.
const PACKET: usize = 1_400;
/// How much a sender may have written that is not on its way yet.
const BUFFER: usize = 16 << 10;

/// What a network is like. Both directions are the same, and all connections share them.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// How long a byte is on its way: half a round trip.
    pub delay: Duration,
    /// How many bytes go in per second.
    pub bytes_per_second: u32,
}

/// A network between clients and one server. It works by tokio's time: where that is paused, everything on it happens in
/// the same order every time, and takes no time. Clones are the same network.
#[derive(Clone)]
pub struct Pipe(Arc<Inner>);

/// The server's side of a [`Pipe`]: connections, as they are made.
pub type Accepted = UnboundedReceiverStream<io::Result<DuplexStream>>;

struct Inner {
    shape: Mutex<Shape>,
    up: Line,
    down: Line,
    /// How many connections there have been.
    made: AtomicUsize,
    /// Of the connections that there are.
    states: Mutex<Vec<watch::Sender<State>>>,
    accepting: mpsc::UnboundedSender<io::Result<DuplexStream>>,
}

/// One direction: until when it is busy.
type Line = Mutex<Option<Instant>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Whole,
    /// It passes nothing and does not end.
    Frozen,
    /// It ends, with what is on its way.
    Cut,
}

impl Pipe {
    /// A network of this shape, and the server's side of it.
    pub fn new(shape: Shape) -> (Self, Accepted) {
        let (accepting, accepted) = mpsc::unbounded_channel();
        let inner = Inner {
            shape: Mutex::new(shape),
            up: Mutex::default(),
            down: Mutex::default(),
            made: AtomicUsize::new(0),
            states: Mutex::default(),
            accepting,
        };
        (Self(Arc::new(inner)), accepted.into())
    }

    /// Gives it another shape. What is on its way arrives as before.
    pub fn shape(&self, shape: Shape) {
        *self.0.shape.lock().unwrap() = shape;
    }

    /// From now on the connections that there are pass nothing, and nobody is told.
    pub fn freeze(&self) {
        self.set(State::Frozen);
    }

    /// Ends the connections that there are.
    pub fn cut(&self) {
        self.set(State::Cut);
    }

    /// How many connections there have been.
    pub fn connections(&self) -> usize {
        self.0.made.load(SeqCst)
    }

    fn set(&self, state: State) {
        for wire in &*self.0.states.lock().unwrap() {
            wire.send_replace(state);
        }
    }
}

impl Dial for Pipe {
    fn dial(&self, _uri: &Uri) -> BoxFuture<'static, Result<Box<dyn Wire>, DialError>> {
        let inner = self.0.clone();
        Box::pin(async move {
            // There and back, as for TCP's handshake.
            sleep(2 * inner.shape().delay).await;
            let (client, near) = duplex(BUFFER);
            let (far, server) = duplex(BUFFER);
            if inner.accepting.send(Ok(server)).is_err() {
                return Err(io::Error::from(io::ErrorKind::ConnectionRefused).into());
            }
            let state = watch::Sender::new(State::Whole);
            let seen = state.subscribe();
            inner.made.fetch_add(1, SeqCst);
            {
                let mut states = inner.states.lock().unwrap();
                states.retain(|state| state.receiver_count() > 0);
                states.push(state);
            }
            tokio::spawn(inner.connection(near, far, seen));
            let wire: Box<dyn Wire> = Box::new(client);
            Ok(wire)
        })
    }
}

impl Inner {
    fn shape(&self) -> Shape {
        *self.shape.lock().unwrap()
    }

    /// Takes the line for so many bytes, and says when the last of them is on its way.
    fn occupy(&self, line: &Line, bytes: usize) -> Instant {
        let mut busy = line.lock().unwrap();
        let begins = busy.map_or_else(Instant::now, |busy| busy.max(Instant::now()));
        let takes = Duration::from_secs(1) * u32::try_from(bytes).unwrap() / self.shape().bytes_per_second;
        *busy.insert(begins + takes)
    }

    async fn connection(
        self: Arc<Self>,
        near: DuplexStream,
        far: DuplexStream,
        seen: watch::Receiver<State>,
    ) {
        let ((near_read, near_write), (far_read, far_write)) = (split(near), split(far));
        let mut cut = seen.clone();
        // The end of one direction is that of both: dropping the ends closes them.
        tokio::select! {
            () = self.carry(&self.up, near_read, far_write, &seen) => {}
            () = self.carry(&self.down, far_read, near_write, &seen) => {}
            _ = cut.wait_for(|state| *state == State::Cut) => {}
        }
    }

    /// Carries bytes in one direction until they end, and everything has arrived. A receiver that takes nothing stops the
    /// sender, as TCP's window does: no more is held for it than is on its way when it stops.
    async fn carry(
        &self,
        line: &Line,
        mut from: impl AsyncRead + Unpin,
        mut to: impl AsyncWrite + Unpin,
        state: &watch::Receiver<State>,
    ) {
        let (depart, mut arriving) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
        // Shut while something has arrived that the receiver does not take.
        let open = Gate::new(());
        let sending = async {
            let depart = depart;
            let mut packet = vec![0; PACKET];
            while let Ok(length @ 1..) = from.read(&mut packet).await {
                drop(open.lock().await);
                let departs = self.occupy(line, length);
                sleep_until(departs).await;
                // The receiver may have left.
                let _ = depart.send((departs + self.shape().delay, packet[..length].to_vec()));
            }
        };
        let receiving = async {
            while let Some((arrives, packet)) = arriving.recv().await {
                sleep_until(arrives).await;
                if *state.borrow() == State::Frozen {
                    return std::future::pending().await;
                }
                let _shut = open.lock().await;
                if to.write_all(&packet).await.is_err() {
                    return;
                }
            }
            if *state.borrow() == State::Frozen {
                std::future::pending::<()>().await;
            }
        };
        tokio::pin!(sending);
        tokio::select! {
            () = receiving => {}
            () = async { sending.await; std::future::pending().await } => {}
        }
    }
}
