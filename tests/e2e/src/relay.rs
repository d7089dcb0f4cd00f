//! A wire that can be cut.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use crate::running::Server;

/// Passes bytes between clients and a server, until it is told to do worse to the connections that there are. Those made
/// later are whole again. It knows nothing of what it passes.
pub struct Relay {
    server: Server,
    wires: Arc<Mutex<Vec<Wire>>>,
}

/// One connection.
type Wire = Arc<Mutex<State>>;

#[derive(Clone, Copy, Debug)]
enum State {
    Whole,
    /// It passes so many more bytes to the client, and ends.
    Cut(usize),
    /// It passes nothing and does not end.
    Frozen,
}

impl Relay {
    /// Stands before `server`.
    pub fn before(server: &Server) -> Self {
        let upstream = server.address();
        let wires = Arc::new(Mutex::new(Vec::new()));
        let shared = wires.clone();
        let server = Server::run(None, server.root_pem().map(str::to_owned), move |listener| async move {
            while let Ok((client, _)) = listener.accept().await {
                // Clients see a server that is down as a connection that ends.
                if let Ok(server) = TcpStream::connect(upstream).await {
                    let wire = Arc::new(Mutex::new(State::Whole));
                    shared.lock().unwrap().push(wire.clone());
                    tokio::spawn(connection(client, server, wire));
                }
            }
        });
        Self { server, wires }
    }

    /// What clients connect to.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Cuts every connection that there is when so many more bytes of it have gone to its client.
    pub fn cut_after(&self, bytes: usize) {
        self.set(State::Cut(bytes));
    }

    /// From now on the connections that there are pass nothing, and nobody is told: the phone has changed its network.
    pub fn freeze(&self) {
        self.set(State::Frozen);
    }

    /// How many connections there have been.
    pub fn connections(&self) -> usize {
        self.wires.lock().unwrap().len()
    }

    fn set(&self, state: State) {
        for wire in self.wires.lock().unwrap().iter() {
            *wire.lock().unwrap() = state;
        }
    }
}

async fn connection(client: TcpStream, server: TcpStream, wire: Wire) {
    let (client_read, client_write) = client.into_split();
    let (server_read, server_write) = server.into_split();
    // The end of one direction is that of both: dropping the sockets closes them.
    tokio::select! {
        () = pass(client_read, server_write, |_| match *wire.lock().unwrap() {
            State::Frozen => None,
            State::Whole | State::Cut(_) => Some(usize::MAX),
        }) => {}
        () = pass(server_read, client_write, |length| match &mut *wire.lock().unwrap() {
            State::Frozen => None,
            State::Whole => Some(usize::MAX),
            State::Cut(left) => {
                let passed = length.min(*left);
                *left -= passed;
                Some(passed)
            }
        }) => {}
    }
}

/// Passes bytes in one direction until it ends. `allowed` says how many of those that came; less than all is the end.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, allowed: impl Fn(usize) -> Option<usize>) {
    let mut buffer = vec![0; 16 << 10];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let Some(passed) = allowed(length) else { return std::future::pending().await };
        if to.write_all(&buffer[..passed.min(length)]).await.is_err() || passed < length {
            return;
        }
    }
}
