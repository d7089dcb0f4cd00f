//! From a call's arguments to what is called.

use std::sync::Arc;

use bytes::Bytes;
use holdover_wire::KeyOutcome;

use super::Engine;
use super::sessions::SessionState;
use crate::call::MethodId;
use crate::detail;
use crate::error::{Error, ErrorKind};
use crate::event::{Bypass, Event};
use crate::key::{self, Key, Owner};
use crate::metadata::Metadata;
use crate::method::{Cache, Method};
use crate::operation::Spec;
use crate::session::{Session, SessionId};

/// The name that makes a call its own (rule A5).
const AUTHORIZATION: &str = "authorization";

/// Metadata that names a call and changes nothing about its answer (rule C6).
fn is_trace_id(name: &str) -> bool {
    name.starts_with("x-b3-")
        || matches!(
            name,
            "traceparent"
                | "tracestate"
                | "grpc-trace-bin"
                | "b3"
                | "x-cloud-trace-context"
                | "x-amzn-trace-id"
                | "uber-trace-id"
                | "sentry-trace"
                | "x-request-id"
        )
}

fn is_keyed(name: &str, cache: &Cache, session: &Session) -> bool {
    cache.key_metadata.iter().any(|keyed| keyed == name) || session.varies.iter().any(|varies| varies == name)
}

/// Whether the metadata of a call lets it share answers: everything in it is keyed, or only traces.
pub(super) fn is_shareable(metadata: &Metadata, cache: &Cache, session: &Session) -> bool {
    metadata.iter().all(|(name, _)| is_trace_id(name) || is_keyed(name, cache, session))
}

/// What a call is made of: itself, and the refresh of its entry.
pub(super) struct Specs {
    pub(super) call: Arc<Spec>,
    pub(super) refresh: Arc<Spec>,
}

impl Engine {
    /// The method, if it can be called.
    pub(super) fn method(&self, id: MethodId) -> Result<Arc<Method>, Error> {
        let method = self.methods.get(usize::try_from(id.0).unwrap_or(usize::MAX)).ok_or_else(|| {
            Error::misuse("the method is of another runtime: register its policy with this one")
        })?;
        Ok(method.clone())
    }

    /// The session, if calls can start on it.
    pub(super) fn session(&self, id: SessionId) -> Result<&SessionState, Error> {
        let session = self.sessions.get(&id).ok_or_else(|| {
            Error::misuse("the session is not open: keep it alive as long as calls start on it")
        })?;
        session.config.account.check()?;
        if session.signed_out { Err(signed_out()) } else { Ok(session) }
    }

    /// Works out what is called, with its key; says so if the call stays away from the cache.
    pub(super) fn specs(
        &mut self,
        session: SessionId,
        method: &Arc<Method>,
        request: &Bytes,
        metadata: &Metadata,
    ) -> Result<Specs, Error> {
        self.check_message(method, request, "request")?;
        let (call, bypass) = self.spec(session, method, request, metadata)?;
        let call = Arc::new(call);
        let refresh = match &method.cache {
            Some(cache) if call.key.is_some() && !call.shared => {
                let config = &self.session(session)?.config;
                let mut keyed = Metadata::new();
                for (name, value) in metadata.iter().filter(|(name, _)| is_keyed(name, cache, config)) {
                    keyed.push(name, value.clone())?;
                }
                Arc::new(self.spec(session, method, request, &keyed)?.0)
            }
            _ => call.clone(),
        };
        if let Some(reason) = bypass {
            self.event(Event::Bypassed { method: method.id, reason });
        }
        Ok(Specs { call, refresh })
    }

    pub(super) fn spec(
        &mut self,
        session: SessionId,
        method: &Arc<Method>,
        request: &Bytes,
        call_metadata: &Metadata,
    ) -> Result<(Spec, Option<Bypass>), Error> {
        let mut scratch = std::mem::take(&mut self.scratch);
        let built = self.build_spec(session, method, request, call_metadata, &mut scratch);
        self.scratch = scratch;
        built
    }

    fn build_spec(
        &self,
        id: SessionId,
        method: &Arc<Method>,
        request: &Bytes,
        call_metadata: &Metadata,
        scratch: &mut Vec<u8>,
    ) -> Result<(Spec, Option<Bypass>), Error> {
        let session = self.session(id)?;
        let mut metadata = session.config.metadata.clone();
        metadata.overlay(call_metadata);
        if metadata.size() > self.config.max_metadata_bytes {
            return Err(self.metadata_too_large(method, metadata.size()));
        }
        let own_authorization = metadata.get(AUTHORIZATION).is_some();
        let (mut key, mut shared, mut bypass, mut owner) = (None, false, None, session.owner.clone());
        if own_authorization {
            bypass = Some(Bypass::OwnAuthorization);
        }
        if let Some(cache) = &method.cache {
            owner = Owner::of(cache, &session.config.account);
            if !own_authorization {
                let limits = &self.limits;
                let config = &session.config;
                match key::write(scratch, config, &method.path, cache, request, call_metadata, limits) {
                    KeyOutcome::UnknownFields => bypass = Some(Bypass::UnknownFields),
                    KeyOutcome::Keyed => {
                        key = Some(Key::from(scratch.as_slice()));
                        shared = is_shareable(call_metadata, cache, config);
                        bypass = (!shared).then_some(Bypass::CallMetadata);
                    }
                }
            }
        }
        let own_mask = detail::has_own_mask(method, request, &metadata, &self.limits);
        let spec = Spec {
            session: id,
            account: session.config.account.clone(),
            endpoint: session.config.endpoint.clone(),
            method: method.clone(),
            request: request.clone(),
            metadata,
            key,
            owner,
            shared,
            own_authorization,
            own_mask,
            latent: None,
        };
        if method.off.cache && spec.key.is_some() {
            return Ok((spec.under(method.clone()), bypass.or(Some(Bypass::TurnedOff))));
        }
        Ok((spec, bypass))
    }

    /// Checks the size of a message from the app.
    pub(super) fn check_message(&self, method: &Method, message: &[u8], what: &str) -> Result<(), Error> {
        if message.len() <= self.config.max_message_bytes {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::TooLarge,
            format!(
                "the {what} of {} has {} bytes and {} are allowed: send less, or raise max_message_bytes",
                method.full_name(),
                message.len(),
                self.config.max_message_bytes
            ),
        ))
    }

    pub(super) fn metadata_too_large(&self, method: &Method, size: usize) -> Error {
        Error::new(
            ErrorKind::TooLarge,
            format!(
                "the metadata of {} has {size} bytes and {} are allowed: send less, or raise max_metadata_bytes",
                method.full_name(),
                self.config.max_metadata_bytes
            ),
        )
    }
}

/// The error of everything that a signed-out session is asked.
pub(super) fn signed_out() -> Error {
    Error::new(
        ErrorKind::SignedOut,
        "the session was signed out: open a session for the account that is signed in now",
    )
}
