//! The host's answer to "who is calling?".

use std::future::Future;

use futures_util::future::BoxFuture;

use crate::{Account, Metadata};

/// What a request for credentials is about.
#[derive(Clone, Debug)]
pub struct CredentialsRequest {
    /// Whose credentials are wanted.
    pub account: Account,
    /// The name of the endpoint, as given to [`RuntimeBuilder::endpoint`](crate::RuntimeBuilder::endpoint).
    pub endpoint: std::sync::Arc<str>,
    /// `/pricing.v1.Pricing/GetQuote`: one may want to sign differently by method.
    pub method: std::sync::Arc<str>,
    /// The previous answer, if the server has refused it since: do not give it again.
    pub rejected: Option<Metadata>,
}

/// The host's answer.
#[derive(Clone)]
pub enum Credentials {
    /// Send this with the request, such as `authorization: Bearer …`. It is kept in memory until it expires or is
    /// refused, and never stored or logged.
    Use {
        /// Added to the request.
        metadata: Metadata,
        /// How long the answer may be kept; `None`: until it is refused.
        expires_in: Option<std::time::Duration>,
    },
    /// Nobody is signed in: reads that the cache cannot answer end with
    /// [`ErrorKind::SignInRequired`](crate::ErrorKind::SignInRequired).
    SignInRequired,
}

impl Credentials {
    /// `authorization: Bearer <token>`, kept until it is refused.
    ///
    /// # Errors
    ///
    /// When the token has characters that no header can carry.
    pub fn bearer(token: &str) -> Result<Self, crate::Error> {
        let mut metadata = Metadata::new();
        metadata.push("authorization", format!("Bearer {token}"))?;
        Ok(Self::Use { metadata, expires_in: None })
    }

    /// Calls need no credentials.
    pub fn none() -> Self {
        Self::Use { metadata: Metadata::new(), expires_in: None }
    }
}

impl std::fmt::Debug for Credentials {
    /// Says what kind of answer it is and nothing of what is in it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Use { metadata, expires_in } => f
                .debug_struct("Use")
                .field("entries", &metadata.len())
                .field("expires_in", expires_in)
                .finish_non_exhaustive(),
            Self::SignInRequired => f.write_str("SignInRequired"),
        }
    }
}

/// Why a provider could not answer. It counts as a transport failure of the call, and signs nobody out.
pub type CredentialsError = Box<dyn std::error::Error + Send + Sync>;

/// Gives out credentials, such as by reading a key store or by refreshing a token.
///
/// Asked one call at a time per account, before an attempt that has no kept answer (rule A3), on the runtime's async
/// worker. Any `Fn(CredentialsRequest) -> Future` is one.
pub trait CredentialsProvider: Send + Sync + 'static {
    /// Answers for one account, endpoint and method.
    fn credentials(
        &self,
        request: CredentialsRequest,
    ) -> BoxFuture<'static, Result<Credentials, CredentialsError>>;
}

impl<F, Fut> CredentialsProvider for F
where
    F: Fn(CredentialsRequest) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Credentials, CredentialsError>> + Send + 'static,
{
    fn credentials(
        &self,
        request: CredentialsRequest,
    ) -> BoxFuture<'static, Result<Credentials, CredentialsError>> {
        Box::pin(self(request))
    }
}

/// For services that need no credentials.
#[derive(Clone, Copy, Debug, Default)]
pub struct Anonymous;

impl CredentialsProvider for Anonymous {
    fn credentials(
        &self,
        _request: CredentialsRequest,
    ) -> BoxFuture<'static, Result<Credentials, CredentialsError>> {
        Box::pin(std::future::ready(Ok(Credentials::none())))
    }
}
