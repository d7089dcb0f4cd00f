//! The credentials hook and the store of a story.

use futures_util::future::BoxFuture;
use holdover_client::store::{Store, StoreAnswer, StoreCommand, StoreFault, StoreFaultKind};
use holdover_client::{
    Account, Credentials, CredentialsError, CredentialsProvider, CredentialsRequest, Event,
};

use super::edges::{Awaited, Edges};
use crate::vector::{self, Out, Question};
use crate::world::{feed, show};

/// Answers for one session as the story says.
pub(super) struct Hook {
    pub(super) edges: Edges,
    pub(super) session: String,
}

impl CredentialsProvider for Hook {
    fn credentials(
        &self,
        request: CredentialsRequest,
    ) -> BoxFuture<'static, Result<Credentials, CredentialsError>> {
        let Some(mut device) = self.edges.alive() else { return Box::pin(std::future::pending()) };
        let known = device.sessions.get(&self.session).map(|session| session.credentials.clone());
        match known.unwrap_or_default() {
            vector::Credentials::Use(metadata) => {
                let answer = feed::metadata(&metadata)
                    .map(|metadata| Credentials::Use { metadata, expires_in: None })
                    .map_err(CredentialsError::from);
                Box::pin(std::future::ready(answer))
            }
            vector::Credentials::Ask(_) => {
                let n = device.questions.len() as u64 + 1;
                let question = Question {
                    n,
                    account: match &request.account {
                        Account::User(id) => vector::Account::User(id.to_string()),
                        Account::Guest => vector::Account::Guest,
                    },
                    method: request.method.rsplit('/').next().unwrap_or_default().to_owned(),
                    endpoint: request.endpoint.to_string(),
                    rejected: request.rejected.is_some(),
                };
                device.show(Out::Ask(question));
                device.questions.push(Awaited::by(self.edges.process));
                let (edges, index) = (self.edges.clone(), device.questions.len() - 1);
                Box::pin(std::future::poll_fn(move |context| edges.device().questions[index].poll(context)))
            }
        }
    }
}

impl Store for Edges {
    fn execute(&mut self, command: StoreCommand) -> Result<StoreAnswer, StoreFault> {
        match self.alive() {
            Some(mut device) => device.store.carry_out(command),
            None => {
                let message = "the process is gone".to_owned();
                Err(StoreFault { kind: StoreFaultKind::Io, message })
            }
        }
    }
}

impl Edges {
    /// The client tells of a decision.
    pub(super) fn hear(&self, event: &Event) {
        let Some(mut device) = self.alive() else { return };
        if let Some(heard) = show::heard(event, &device.listen) {
            device.show(Out::Event(heard));
        }
    }
}
