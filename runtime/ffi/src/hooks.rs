//! Hooks of the runtime that the host answers: credentials and keys.

use std::sync::{Arc, OnceLock, mpsc};
use std::time::Duration;

use futures_util::future::BoxFuture;
use holdover_client::{
    Anonymous, Credentials, CredentialsError, CredentialsProvider, CredentialsRequest, KeyError, KeyProvider,
};
use prost::Message as _;
use tokio::sync::oneshot;

use crate::abi::{HOLDOVER_EVENT_ASK_CREDENTIALS, HOLDOVER_EVENT_ASK_KEY};
use crate::boundary::{CredentialsAsk, KeyAsk, key_ask};
use crate::host::Event;
use crate::message;
use crate::requests::{Pending, Requests};

/// The credentials of one session.
pub(crate) enum HostCredentials {
    /// Calls go without.
    None,
    Asked {
        requests: Arc<Requests>,
        /// The session's handle, which is known when it is open.
        session: Arc<OnceLock<u64>>,
    },
}

impl CredentialsProvider for HostCredentials {
    fn credentials(
        &self,
        request: CredentialsRequest,
    ) -> BoxFuture<'static, Result<Credentials, CredentialsError>> {
        let Self::Asked { requests, session } = self else { return Anonymous.credentials(request) };
        let (requests, session) = (requests.clone(), session.get().copied().unwrap_or_default());
        Box::pin(async move {
            let ask = CredentialsAsk {
                session,
                account: Some(message::account(&request.account)),
                endpoint: request.endpoint.to_string(),
                method: request.method.to_string(),
                has_rejected: request.rejected.is_some(),
                rejected: request.rejected.as_ref().map(message::headers).unwrap_or_default(),
            };
            let (sender, answer) = oneshot::channel();
            let open = requests.open(Pending::Credentials(sender));
            open.hear(Event::about(HOLDOVER_EVENT_ASK_CREDENTIALS, open.id, ask.encode_to_vec()));
            answer.await.unwrap_or_else(|_| Err("the runtime has ended".into()))
        })
    }
}

/// How long the store waits for the host's key: it works in memory meanwhile.
const KEY_TIMEOUT: Duration = Duration::from_secs(30);

/// The host's key store.
pub(crate) struct HostKeys(pub(crate) Arc<Requests>);

impl HostKeys {
    fn ask(&self, ask: key_ask::Ask) -> Result<Vec<u8>, KeyError> {
        let unavailable = |why: &str| KeyError::Unavailable(why.to_owned());
        let (sender, answer) = mpsc::sync_channel(1);
        let open = self.0.open(Pending::Key(sender));
        let ask = KeyAsk { ask: Some(ask) };
        open.hear(Event::about(HOLDOVER_EVENT_ASK_KEY, open.id, ask.encode_to_vec()));
        match answer.recv_timeout(KEY_TIMEOUT) {
            Ok(answer) => answer,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                Err(unavailable("the key provider did not answer in time"))
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => Err(unavailable("the runtime has ended")),
        }
    }
}

impl KeyProvider for HostKeys {
    fn wrap(&self, key: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.ask(key_ask::Ask::Wrap(key.to_vec().into()))
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.ask(key_ask::Ask::Unwrap(wrapped.to_vec().into()))
    }
}
