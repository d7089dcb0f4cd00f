//! Sessions of hosts.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use holdover_client::host::{self, Form, Start};
use holdover_client::{Account, CredentialsProvider, Session};

use crate::abi::{HOLDOVER_GET, HOLDOVER_OBSERVE, HOLDOVER_PREFETCH, HOLDOVER_STREAM};
use crate::boundary::SessionConfig;
use crate::buffer::Hit;
use crate::guard::Refusal;
use crate::hooks::HostCredentials;
use crate::message;
use crate::runtime::HostRuntime;
use crate::table::{Kind, Table};

static SESSIONS: Table<Arc<HostSession>> = Table::of(Kind::Session);

/// A session, and the runtime that it is of.
pub(crate) struct HostSession {
    runtime: Arc<HostRuntime>,
    session: Session,
}

/// Opens a session.
pub(crate) fn open(runtime: &Arc<HostRuntime>, config: &Bytes) -> Result<u64, Refusal> {
    let mut config: SessionConfig = message::read(config, "SessionConfig")?;
    let account = message::read_account(config.account.take());
    account.check()?;
    let handle = Arc::new(OnceLock::new());
    let session = connect(runtime, &config, account, &handle)?;
    for header in config.metadata {
        session.set_metadata(&header.name, header.value)?;
    }
    let mut open = runtime.sessions();
    let Some(sessions) = &mut *open else {
        return Err(Refusal::misuse("the runtime is being freed: open sessions before"));
    };
    let opened = SESSIONS.insert(Arc::new(HostSession { runtime: runtime.clone(), session }))?;
    sessions.insert(opened);
    drop(open);
    // Nothing was started on it before its handle is known.
    let _ = handle.set(opened);
    Ok(opened)
}

/// The session, with whoever answers for its credentials.
fn connect(
    runtime: &Arc<HostRuntime>,
    config: &SessionConfig,
    account: Account,
    handle: &Arc<OnceLock<u64>>,
) -> Result<Session, Refusal> {
    #[cfg(feature = "testing")]
    if let Some(scene) = runtime.scene() {
        return at(runtime, config, account, scene.credentials()?);
    }
    let credentials = if config.credentials {
        HostCredentials::Asked { requests: runtime.requests().clone(), session: handle.clone() }
    } else {
        HostCredentials::None
    };
    at(runtime, config, account, credentials)
}

fn at(
    runtime: &HostRuntime,
    config: &SessionConfig,
    account: Account,
    credentials: impl CredentialsProvider,
) -> Result<Session, Refusal> {
    Ok(if config.endpoint.is_empty() {
        runtime.runtime().session(account, credentials)
    } else {
        runtime.runtime().session_at(&config.endpoint, account, credentials)?
    })
}

pub(crate) fn find(session: u64) -> Result<Arc<HostSession>, Refusal> {
    SESSIONS.get(session)
}

/// The session, if it is of this runtime.
pub(crate) fn find_of(session: u64, runtime: &Arc<HostRuntime>) -> Result<Session, Refusal> {
    let found = find(session)?;
    if !Arc::ptr_eq(&found.runtime, runtime) {
        return Err(Refusal::misuse("the session is of another runtime"));
    }
    Ok(found.session.clone())
}

/// Closes a session.
pub(crate) fn close(session: u64) -> Result<(), Refusal> {
    let closed = SESSIONS.remove(session)?;
    if let Some(sessions) = &mut *closed.runtime.sessions() {
        sessions.remove(&session);
    }
    Ok(())
}

/// Closes a session with its runtime, unless it was closed already.
pub(crate) fn forget(session: u64) {
    drop(SESSIONS.remove(session));
}

impl HostSession {
    pub(crate) fn probe(
        &self,
        method: u32,
        request: &Bytes,
        options: &Bytes,
    ) -> Result<Option<Hit>, Refusal> {
        let method = self.runtime.method(method)?;
        let options = message::options(options)?;
        let found = host::peek(&self.session, &method, request, &options);
        #[cfg(feature = "testing")]
        if let (Some(scene), Some(_)) = (self.runtime.scene(), &found) {
            scene.begun();
        }
        Ok(found.map(|snapshot| Hit::new(snapshot, Some(&method))))
    }

    pub(crate) fn start(
        &self,
        op: u64,
        token: u64,
        form: u32,
        method: u32,
        request: Bytes,
        options: &Bytes,
    ) -> Result<(), Refusal> {
        let claim = self.runtime.operations().claim(op)?;
        let form = match form {
            HOLDOVER_GET => Form::Get,
            HOLDOVER_OBSERVE => Form::Observe,
            HOLDOVER_STREAM => Form::Stream,
            HOLDOVER_PREFETCH => Form::Prefetch,
            _ => return Err(Refusal::misuse(format!("there is no form {form} of a call"))),
        };
        let method = self.runtime.method(method)?;
        let options = message::options(options)?;
        let start = Start::Call { session: self.session.clone(), method, form, request, options };
        let runtime = &self.runtime;
        runtime.starting(op, || claim.start(runtime.runtime(), runtime.listener(), token, start))
    }

    pub(crate) fn put(
        &self,
        op: u64,
        token: u64,
        method: u32,
        request: Bytes,
        value: Bytes,
        options: &Bytes,
    ) -> Result<(), Refusal> {
        let claim = self.runtime.operations().claim(op)?;
        let method = self.runtime.method(method)?;
        let options = message::options(options)?;
        let start = Start::Put { session: self.session.clone(), method, request, value, options };
        let runtime = &self.runtime;
        runtime.starting(op, || claim.start(runtime.runtime(), runtime.listener(), token, start))
    }
}
