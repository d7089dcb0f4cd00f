//! The async worker: attempts, the credentials hook and the timer.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{AbortHandle, Abortable, BoxFuture, Either, FutureExt as _};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use holdover_engine::{AskCredentials, AttemptId, CredentialsAnswer, Input, Instant, Probe, Request};
use tokio::sync::mpsc;

use super::stream::stream;
use super::wire::Wire;
use super::{Driver, cause};
use crate::{
    CallRequest, Credentials, CredentialsProvider, CredentialsRequest, Endpoint, Failure, Progress,
    TransportFailure,
};

/// How long the resolver's thread is kept for the next name.
const RESOLVER_LINGERS: Duration = Duration::from_secs(5);

/// What the worker is told.
pub(crate) enum Command {
    Send(Box<Request>),
    /// Open a stream.
    Open(Box<Request>, Wire),
    Probe(Box<Probe>),
    ChangePath,
    /// Of any of these.
    Cancel(AttemptId),
    Ask(Box<AskCredentials>, Option<Arc<dyn CredentialsProvider>>),
    TickAt(Option<Instant>),
}

/// The way to the worker, which is made when it is first needed.
#[derive(Default)]
pub(crate) enum Worker {
    #[default]
    NotYet,
    Running(mpsc::UnboundedSender<Command>),
    Stopped,
}

impl Worker {
    /// A worker that somebody else runs.
    pub(crate) fn inline() -> (Self, mpsc::UnboundedReceiver<Command>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self::Running(sender), receiver)
    }

    /// Whether there is somebody to do it.
    pub(crate) fn send(&mut self, driver: &Arc<Driver>, command: Command) -> bool {
        if matches!(self, Self::NotYet) {
            if matches!(command, Command::TickAt(None) | Command::Cancel(_) | Command::ChangePath) {
                return true;
            }
            match spawn(driver.clone()) {
                Ok(commands) => *self = Self::Running(commands),
                Err(error) => {
                    tracing::error!(%error, "the async worker could not start");
                    return false;
                }
            }
        }
        match self {
            Self::Running(commands) => commands.send(command).is_ok(),
            Self::NotYet | Self::Stopped => false,
        }
    }

    /// Lets the worker end; what it was doing is dropped.
    pub(crate) fn stop(&mut self) {
        *self = Self::Stopped;
    }
}

fn spawn(driver: Arc<Driver>) -> std::io::Result<mpsc::UnboundedSender<Command>> {
    let (sender, commands) = mpsc::unbounded_channel();
    // The system's resolver blocks: transports look names up on tokio's blocking pool, of which there is one thread. It
    // ends when nothing was looked up for a while (rule J1).
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(1)
        .thread_keep_alive(RESOLVER_LINGERS)
        .thread_name("holdover-dns")
        .build()?;
    let work = move || {
        let working = AssertUnwindSafe(|| runtime.block_on(run(driver.clone(), commands)));
        if let Err(panic) = catch_unwind(working) {
            driver.give_up(&*panic);
        }
    };
    // Nobody waits for the thread: it may be the one that drops the last handle of the runtime.
    std::thread::Builder::new().name("holdover".to_owned()).spawn(work)?;
    Ok(sender)
}

/// Works until it is stopped.
pub(crate) async fn run(driver: Arc<Driver>, mut commands: mpsc::UnboundedReceiver<Command>) {
    let mut tasks: FuturesUnordered<BoxFuture<'static, Option<AttemptId>>> = FuturesUnordered::new();
    let mut attempts: HashMap<AttemptId, AbortHandle> = HashMap::new();
    let mut timer = Either::Left(std::future::pending());
    loop {
        tokio::select! {
            biased;
            command = commands.recv() => match command {
                None => return,
                Some(Command::Send(send)) => {
                    let id = send.attempt;
                    tasks.push(abortable(&mut attempts, id, attempt(driver.clone(), send)));
                }
                Some(Command::Open(send, wire)) => {
                    let id = send.attempt;
                    tasks.push(abortable(&mut attempts, id, stream(driver.clone(), send, wire)));
                }
                Some(Command::Probe(sent)) => {
                    let id = sent.attempt;
                    tasks.push(abortable(&mut attempts, id, probe(driver.clone(), *sent)));
                }
                Some(Command::ChangePath) => change_path(&driver),
                Some(Command::Cancel(attempt)) => {
                    if let Some(handle) = attempts.remove(&attempt) {
                        handle.abort();
                    }
                }
                Some(Command::Ask(ask, hook)) => {
                    tasks.push(ask_hook(driver.clone(), ask, hook).map(|()| None).boxed());
                }
                Some(Command::TickAt(None)) => timer = Either::Left(std::future::pending()),
                Some(Command::TickAt(Some(at))) => {
                    timer = Either::Right(driver.clock.sleep_until(at));
                }
            },
            () = &mut timer => {
                timer = Either::Left(std::future::pending());
                driver.tick();
            }
            Some(done) = tasks.next() => if let Some(attempt) = done {
                attempts.remove(&attempt);
            },
        }
    }
}

/// A task that can be cancelled by the attempt's id.
fn abortable(
    attempts: &mut HashMap<AttemptId, AbortHandle>,
    id: AttemptId,
    task: impl Future<Output = ()> + Send + 'static,
) -> BoxFuture<'static, Option<AttemptId>> {
    let (handle, registration) = AbortHandle::new_pair();
    attempts.insert(id, handle);
    Abortable::new(task, registration).map(move |_| Some(id)).boxed()
}

/// Carries out one attempt and tells how it went.
async fn attempt(driver: Arc<Driver>, send: Box<Request>) {
    let attempt = send.attempt;
    let request = match call_request(&driver, *send) {
        Ok(request) => request,
        Err(failure) => return driver.tell(Input::Failed { attempt, failure }),
    };
    let on_progress = {
        let driver = driver.clone();
        Box::new(move |progress| tell_progress(&driver, attempt, progress))
    };
    let sending = AssertUnwindSafe(async { driver.transport.unary(request, on_progress).await });
    let input = match sending.catch_unwind().await {
        Ok(Ok(response)) => {
            driver.telemetry.answered();
            Input::Response { attempt, response }
        }
        Ok(Err(failure)) => Input::Failed { attempt, failure },
        Err(panic) => Input::Failed { attempt, failure: panicked(&*panic) },
    };
    driver.tell(input);
}

/// Sees whether an endpoint can be reached, and tells.
async fn probe(driver: Arc<Driver>, probe: Probe) {
    let attempt = probe.attempt;
    let input = match find_endpoint(&driver, &probe.endpoint) {
        Err(failure) => Input::Failed { attempt, failure },
        Ok(endpoint) => {
            let probing = AssertUnwindSafe(async { driver.transport.probe(endpoint).await });
            match probing.catch_unwind().await {
                Ok(Ok(())) => Input::Contact { attempt },
                Ok(Err(failure)) => Input::Failed { attempt, failure },
                Err(panic) => Input::Failed { attempt, failure: panicked(&*panic) },
            }
        }
    };
    driver.tell(input);
}

fn change_path(driver: &Driver) {
    let told = catch_unwind(AssertUnwindSafe(|| driver.transport.path_changed()));
    if let Err(panic) = told {
        tracing::error!(cause = cause(&*panic), "the transport panicked at a change of path; calls go on");
    }
}

/// What the transport is asked for.
pub(super) fn call_request(driver: &Driver, send: Request) -> Result<CallRequest, Failure> {
    Ok(CallRequest {
        kind: send.kind,
        endpoint: find_endpoint(driver, &send.endpoint)?,
        path: send.path,
        metadata: send.metadata,
        body: send.body,
        timeout: send.timeout,
        priority: send.priority,
        idempotent: send.idempotent,
        no_side_effects: send.no_side_effects,
    })
}

fn find_endpoint(driver: &Driver, wanted: &holdover_engine::Endpoint) -> Result<Endpoint, Failure> {
    driver.endpoints.iter().find(|endpoint| endpoint.name() == &*wanted.0).cloned().ok_or_else(|| {
        let message = format!("no endpoint {:?} is configured", wanted.0);
        Failure::Transport { kind: TransportFailure::Unreachable, unsent: true, message }
    })
}

pub(super) fn tell_progress(driver: &Arc<Driver>, attempt: AttemptId, progress: Progress) {
    driver.telemetry.measured(&progress);
    match progress {
        Progress::Head(head) => driver.tell(Input::Head { attempt, head }),
        Progress::Bytes => driver.tell(Input::Progress { attempt }),
        Progress::Transferred { bytes, over } => driver.tell(Input::Transferred { attempt, bytes, over }),
        Progress::Sent { .. } => {}
    }
}

/// A transport that panics has failed, no more.
pub(super) fn panicked(panic: &(dyn std::any::Any + Send)) -> Failure {
    let message = format!("the transport panicked: {}", cause(panic));
    tracing::error!(message);
    Failure::Transport { kind: TransportFailure::Protocol, unsent: false, message }
}

async fn ask_hook(driver: Arc<Driver>, ask: Box<AskCredentials>, hook: Option<Arc<dyn CredentialsProvider>>) {
    let AskCredentials { ask, account, endpoint, path, rejected, .. } = *ask;
    let request = CredentialsRequest { account, endpoint: endpoint.0, method: path, rejected };
    let failed = |message| CredentialsAnswer::Failed { message };
    let answer = match hook {
        None => failed("the session has ended".to_owned()),
        Some(hook) => {
            match AssertUnwindSafe(async { hook.credentials(request).await }).catch_unwind().await {
                Ok(Ok(Credentials::Use { metadata, expires_in })) => CredentialsAnswer::Use {
                    metadata,
                    expires_ms: expires_in.map(|lasts| driver.now().wall_ms.saturating_add(millis(lasts))),
                },
                Ok(Ok(Credentials::SignInRequired)) => CredentialsAnswer::SignInRequired,
                Ok(Err(error)) => failed(error.to_string()),
                Err(panic) => {
                    tracing::error!(cause = cause(&*panic), "the credentials hook panicked");
                    failed("it panicked".to_owned())
                }
            }
        }
    };
    driver.tell(Input::Credentials { ask, answer });
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
