//! Inputs of vectors, as the engine takes them.

mod life;
pub(crate) mod network;
mod stream;

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use holdover_engine::{
    Account, CacheMode, CallOptions, Code, CredentialsAnswer, DetailMode, Endpoint, Failure, Form, Input,
    Metadata, MethodId, OpId, OutboxChoice, Priority, Response, SessionId, Tag, TagPart, TransportFailure,
};

use super::{Operation, World};
use crate::api::SERVICE;
use crate::vector::{self, Breakage, Call, In, Part};

pub(super) fn feed(world: &mut World, input: &In) -> Result<(), String> {
    match input {
        In::Get(call) => start(world, call, Form::Get),
        In::Observe(call) => start(world, call, Form::Observe),
        In::Stream(call) => stream::open(world, call),
        In::Take(take) => stream::take(world, take),
        In::Say(say) => stream::say(world, say),
        In::Close(close) => stream::close(world, close),
        In::Item(item) => stream::item(world, item),
        In::End(end) => stream::end(world, end),
        In::Written(written) => stream::written(world, written),
        In::Progress(_) | In::Transferred(_) | In::Contact(_) | In::NoContact(_) => {
            network::feed(world, input)
        }
        In::App(_) | In::Pause(_) | In::Resume(_) | In::MemoryPressure(_) | In::Disable(_) => {
            life::feed(world, input)
        }
        In::Prefetch(call) => start(world, call, Form::Prefetch),
        In::Cached(call) => cached(world, call),
        In::Put(put) => {
            let method = method(world, &put.method)?;
            let session = session_id(world, put.session.as_ref())?;
            let op = operation(world, &put.op, &put.method)?;
            world.handle(Input::Put {
                op,
                session,
                method,
                request: put.request.0.clone().into(),
                value: put.value.0.clone().into(),
                options: CallOptions::default(),
            })
        }
        In::Refresh(refresh) => {
            let (observer, method) = known(world, &refresh.of)?;
            let op = operation(world, &refresh.op, &method)?;
            world.handle(Input::Refresh { op, observer })
        }
        In::Invalidate(invalidate) => {
            let session = session_id(world, invalidate.session.as_ref())?;
            let op = operation(world, &invalidate.op, "")?;
            let parts = invalidate.tag.iter().map(|part| match part {
                Part::Literal(text) => TagPart::Literal(text.clone()),
                Part::Value { value } => TagPart::Value(value.to_string()),
            });
            let tag = Tag(parts.collect());
            world.handle(Input::Invalidate { op, session, tag })
        }
        In::SignOut(sign_out) => {
            let id = session_id(world, sign_out.session.as_ref())?;
            let op = operation(world, &sign_out.op, "")?;
            let account = world
                .sessions
                .values()
                .find(|session| session.id == id)
                .expect("the id was looked up among the sessions")
                .config
                .account()?;
            for session in world.sessions.values_mut() {
                session.signed_out |= session.config.account()? == account;
            }
            let outbox = if sign_out.hold { OutboxChoice::Hold } else { OutboxChoice::Discard };
            world.handle(Input::SignOut { op, session: id, outbox })
        }
        In::Erase(erase) => {
            let op = operation(world, &erase.op, "")?;
            world.handle(Input::Erase { op, account: account(&erase.account) })
        }
        In::Open(open) => world.open_session(&open.name, &open.session),
        In::SetMetadata(set) => {
            let id = session_id(world, set.session.as_ref())?;
            let open = world
                .sessions
                .values_mut()
                .find(|session| session.id == id)
                .expect("the id was looked up among the sessions");
            open.config.metadata.clone_from(&set.metadata);
            world.handle(Input::SetMetadata { session: id, metadata: metadata(&set.metadata)? })
        }
        In::Cancel(cancel) => {
            let (op, _) = known(world, &cancel.op)?;
            world.handle(Input::Cancel { op })
        }
        In::Credentials(reply) => credentials(world, reply),
        In::Head(head) => {
            let attempt = attempt(world, head.send)?;
            let metadata = metadata(&world.api.fill_in(&head.metadata)?)?;
            let after = head.after.map(|span| duration(span.0)).transpose()?;
            world.handle(Input::Head { attempt, head: holdover_engine::Head { metadata, after } })
        }
        In::Answer(answer) => {
            let attempt = attempt(world, answer.send)?;
            let response = Response {
                metadata: metadata(&world.api.fill_in(&answer.metadata)?)?,
                trailers: metadata(&world.api.fill_in(&answer.trailers)?)?,
                body: answer.body.0.clone().into(),
            };
            world.handle(Input::Response { attempt, response })
        }
        In::Fail(fail) => {
            let (send, attempt) = sent(world, fail.send)?;
            let failure = failure(fail)?;
            world.arrive(send, Input::Failed { attempt, failure })
        }
        In::Hint(hint) => network::hint(world, &hint.what),
        In::Store(store) => {
            world.store.set(store.state);
            Ok(())
        }
        In::Restart(boot) => world.restart(boot.how.off.0, false),
        In::Reboot(boot) => world.restart(boot.how.off.0, true),
        In::Clock(clock) => {
            world.clock.shift_wall(clock.by.wall.0);
            Ok(())
        }
    }
}

fn start(world: &mut World, call: &Call, form: Form) -> Result<(), String> {
    let method = method(world, &call.method)?;
    let session = session_id(world, call.session.as_ref())?;
    let op = operation(world, &call.op, &call.method)?;
    world.handle(Input::Call {
        op,
        session,
        method,
        request: call.request.0.clone().into(),
        options: options(call)?,
        form,
    })
}

fn cached(world: &mut World, call: &Call) -> Result<(), String> {
    let method = method(world, &call.method)?;
    let session = session_id(world, call.session.as_ref())?;
    operation(world, &call.op, &call.method)?;
    let request = Bytes::from(call.request.0.clone());
    let now = world.clock.now();
    let found = world.process.engine.peek(session, method, &request, &options(call)?, now);
    world.deliver_cached(&call.op, &call.method, found);
    if world.process.engine.has_output() { world.follow() } else { Ok(()) }
}

fn credentials(world: &mut World, reply: &vector::Reply) -> Result<(), String> {
    let ask =
        *world.process.asks.get(&reply.ask).ok_or_else(|| format!("question {} was not asked", reply.ask))?;
    let answer = match (&reply.metadata, reply.sign_in_required, reply.throws) {
        (Some(pairs), false, false) => {
            let expires_ms = match reply.expires {
                None => None,
                Some(span) => {
                    let millis =
                        i64::try_from(span.0 / 1_000_000).map_err(|_| "`expires` is too far away")?;
                    Some(world.clock.now().wall_ms + millis)
                }
            };
            CredentialsAnswer::Use { metadata: metadata(pairs)?, expires_ms }
        }
        (None, true, false) => CredentialsAnswer::SignInRequired,
        (None, false, true) => CredentialsAnswer::Failed { message: "as scripted".into() },
        _ => return Err("a credentials reply has one of `use`, `sign_in_required` and `throws`".into()),
    };
    world.handle(Input::Credentials { ask, answer })
}

pub(crate) fn failure(fail: &vector::Fail) -> Result<Failure, String> {
    let message = fail.message.clone().unwrap_or_default();
    Ok(match (&fail.status, fail.transport, fail.intercepted) {
        (Some(name), None, None) => {
            let code = (1..=16)
                .map(Code::from_number)
                .find(|code| code.name() == name)
                .ok_or_else(|| format!("`{name}` is no status code"))?;
            Failure::Status { code, message, details: Bytes::new(), metadata: metadata(&fail.metadata)? }
        }
        (None, Some(breakage), None) => broken(breakage),
        (None, None, Some(http)) => intercepted(http),
        _ => return Err("a failure has one of `status`, `transport` and `intercepted`".into()),
    })
}

pub(crate) fn broken(breakage: Breakage) -> Failure {
    let (kind, unsent) = match breakage {
        Breakage::Connect => (TransportFailure::Unreachable, true),
        Breakage::Refused => (TransportFailure::Refused, true),
        Breakage::Tls => (TransportFailure::Tls, true),
        Breakage::Broken => (TransportFailure::Reset, false),
        Breakage::Timeout => (TransportFailure::Timeout, false),
        Breakage::Protocol => (TransportFailure::Protocol, false),
        Breakage::TooLarge => (TransportFailure::TooLarge, false),
    };
    Failure::Transport { kind, unsent, message: "as scripted".into() }
}

pub(crate) fn intercepted(http: u16) -> Failure {
    Failure::Intercepted {
        http_status: Some(http),
        code: code_of_http(http),
        retry_after: None,
        message: "as scripted".into(),
    }
}

/// gRPC's "HTTP to gRPC Status Code Mapping".
fn code_of_http(status: u16) -> Code {
    match status {
        400 => Code::Internal,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::Unimplemented,
        429 | 502 | 503 | 504 => Code::Unavailable,
        _ => Code::Unknown,
    }
}

pub(crate) fn options(call: &Call) -> Result<CallOptions, String> {
    Ok(CallOptions {
        timeout: call.timeout.map(|span| duration(span.0)).transpose()?,
        metadata: metadata(&call.metadata)?,
        cache: match call.cache {
            vector::CacheMode::Default => CacheMode::Default,
            vector::CacheMode::CacheOnly => CacheMode::CacheOnly,
            vector::CacheMode::NetworkOnly => CacheMode::NetworkOnly,
            vector::CacheMode::MaxAge(span) => CacheMode::MaxAge(duration(span.0)?),
        },
        detail: if call.detail.is_some() { DetailMode::Full } else { DetailMode::Default },
        priority: match call.priority.as_deref() {
            None => None,
            Some("BACKGROUND") => Some(Priority::Background),
            Some("INTERACTIVE") => Some(Priority::Interactive),
            Some(other) => return Err(format!("`{other}` is no priority")),
        },
    })
}

pub(crate) fn duration(nanos: i128) -> Result<Duration, String> {
    u64::try_from(nanos)
        .map(Duration::from_nanos)
        .map_err(|_| "a duration is negative or over 584 years".into())
}

pub(crate) fn metadata(pairs: &BTreeMap<String, String>) -> Result<Metadata, String> {
    let mut metadata = Metadata::new();
    for (name, value) in pairs {
        metadata.push(name, value.clone()).map_err(|error| error.to_string())?;
    }
    Ok(metadata)
}

pub(super) fn session(config: &vector::Session) -> Result<holdover_engine::Session, String> {
    Ok(holdover_engine::Session {
        account: account(&config.account()?),
        endpoint: Endpoint::new(config.endpoint()),
        metadata: metadata(&config.metadata)?,
        varies: config.varies.clone(),
    })
}

pub(crate) fn account(account: &vector::Account) -> Account {
    match account {
        vector::Account::User(id) => Account::user(id.as_str()),
        vector::Account::Guest => Account::Guest,
    }
}

fn session_id(world: &World, name: Option<&String>) -> Result<SessionId, String> {
    let session = match name {
        Some(name) => world.sessions.get(name),
        None => world.sessions.values().next().filter(|_| world.sessions.len() == 1),
    };
    match (session, name) {
        (Some(session), _) => Ok(session.id),
        (None, Some(name)) => Err(format!("there is no session `{name}`")),
        (None, None) => Err("a step names its session where there is more than one".into()),
    }
}

fn method(world: &World, name: &str) -> Result<MethodId, String> {
    let full = format!("{SERVICE}/{name}");
    world.process.registered.method(&full).ok_or_else(|| format!("the API has no method {full}"))
}

/// A new operation.
fn operation(world: &mut World, name: &str, method: &str) -> Result<OpId, String> {
    if world.process.operations.values().any(|operation| operation.name == name) {
        return Err(format!("an operation `{name}` exists already; each has a name of its own"));
    }
    let op = OpId(world.fresh_id());
    world.process.operations.insert(op, Operation { name: name.into(), method: method.into() });
    Ok(op)
}

/// An operation of this process, and its method.
fn known(world: &World, name: &str) -> Result<(OpId, String), String> {
    world
        .process
        .operations
        .iter()
        .find(|(_, operation)| operation.name == name)
        .map(|(op, operation)| (*op, operation.method.clone()))
        .ok_or_else(|| format!("there is no operation `{name}` in this process"))
}

fn attempt(world: &World, send: u64) -> Result<holdover_engine::AttemptId, String> {
    sent(world, send).map(|(_, attempt)| attempt)
}

/// A request of this process: its place in the list, and its attempt.
fn sent(world: &World, send: u64) -> Result<(usize, holdover_engine::AttemptId), String> {
    let index = usize::try_from(send).ok().and_then(|n| n.checked_sub(1));
    let found = index.and_then(|index| Some((index, world.sends.get(index)?)));
    let (index, sent) = found.ok_or_else(|| format!("request {send} was not sent"))?;
    let attempt = sent.attempt.ok_or_else(|| format!("request {send} was sent by a process that is gone"))?;
    Ok((index, attempt))
}
