//! What the engine wants, as vectors say it.

use std::collections::BTreeMap;

use holdover_engine::{
    Account, AskCredentials, AttemptId, Bypass, Code, Delivered, Detail, Error, Event, Freshness, Kind,
    Metadata, Observed, Output, Priority, Quality, Snapshot, Source, StoreFaultKind,
};
use serde_json::Value;

use crate::api::Api;

use super::{START, SentRequest, World};
use crate::vector::{
    self, Abort, Closed, Delivery, ErrorOut, GiveUp, Message, NewPath, Out, Question, Raise, Said, Send, Span,
};

impl World {
    /// Takes an effect that is an output at the edges.
    pub(super) fn take(&mut self, output: Output) -> Result<(), String> {
        match output {
            Output::Send(request) => {
                let n = self.sends.len() as u64 + 1;
                let method = request.path.rsplit('/').next().unwrap_or_default().to_owned();
                self.process.attempts.insert(request.attempt, n);
                self.sends.push(SentRequest::new(request.attempt));
                let out = Out::Send(Send {
                    n,
                    kind: kind(request.kind).map(str::to_owned),
                    body: Message(request.body.to_vec()),
                    metadata: metadata(&self.api, &method, &request.metadata),
                    endpoint: request.endpoint.0.to_string(),
                    priority: Some(priority(request.priority).into()),
                    timeout: request.timeout.map(|timeout| Span(timeout.as_nanos().cast_signed())),
                    method,
                });
                self.show(out, None);
            }
            Output::CancelAttempt(attempt) => {
                if let Some(n) = self.process.probes.remove(&attempt) {
                    self.show(Out::GiveUp(GiveUp { n }), None);
                } else {
                    let n = self.number(attempt)?;
                    self.show(Out::Abort(Abort { n }), None);
                }
            }
            Output::SetPriority { attempt, priority: Priority::Interactive } => {
                let n = self.number(attempt)?;
                self.show(Out::Raise(Raise { n }), None);
            }
            Output::SetPriority { .. } => return Err("the engine lowers the priority of a request".into()),
            Output::Event(event) => {
                if let Some(heard) = heard(&event, &self.listen) {
                    self.show(Out::Event(heard), None);
                }
            }
            Output::Deliver { op, delivered } => {
                let Some(operation) = self.process.operations.get(&op) else {
                    return Err("the engine delivers to an operation that was never started".into());
                };
                let (to, method) = (operation.name.clone(), operation.method.clone());
                self.deliver(&to, &method, &delivered);
            }
            Output::SendMessage { attempt, message } => {
                let n = self.number(attempt)?;
                self.show(Out::Said(Said { n, body: Message(message.to_vec()) }), None);
            }
            Output::CloseSend { attempt } => {
                let n = self.number(attempt)?;
                self.show(Out::Closed(Closed { n }), None);
            }
            Output::Probe(probe) => {
                self.probes += 1;
                self.process.probes.insert(probe.attempt, self.probes);
                let endpoint = probe.endpoint.0.to_string();
                self.show(Out::Probe(vector::Probe { n: self.probes, endpoint }), None);
            }
            Output::PathChanged => self.show(Out::NewPath(NewPath { yes: true }), None),
            Output::Pull { .. } | Output::Store(_) | Output::AskCredentials(_) | Output::Timeout(_) => {
                unreachable!("errands and timeouts are taken before")
            }
        }
        Ok(())
    }

    fn deliver(&mut self, to: &str, method: &str, delivered: &Delivered) {
        let to = to.to_owned();
        match delivered {
            Delivered::Answer(result) => match result.as_ref() {
                Ok(snapshot) => self.snapshot(to, method, snapshot),
                Err(failed) => self
                    .show(Out::To(Delivery { to, failed: Some(error(failed)), ..Delivery::default() }), None),
            },
            Delivered::Observed(state) => match state.as_ref() {
                Observed::Loading => {
                    self.show(Out::To(Delivery { to, loading: true, ..Delivery::default() }), None);
                }
                Observed::Value(snapshot) => self.snapshot(to, method, snapshot),
                Observed::Failed(failed) => {
                    self.show(
                        Out::To(Delivery { to, failed: Some(error(failed)), ..Delivery::default() }),
                        None,
                    );
                }
            },
            Delivered::Item(snapshot) => self.snapshot(to, method, snapshot),
            Delivered::Credit(messages) => {
                let credit = Some(*messages);
                self.show(Out::To(Delivery { to, credit, ..Delivery::default() }), None);
            }
            Delivered::Ended(Ok(())) => {
                self.show(Out::To(Delivery { to, ended: true, ..Delivery::default() }), None);
            }
            Delivered::Done(Ok(())) => {
                self.show(Out::To(Delivery { to, done: true, ..Delivery::default() }), None);
            }
            Delivered::Ended(Err(failed)) | Delivered::Done(Err(failed)) => {
                self.show(Out::To(Delivery { to, failed: Some(error(failed)), ..Delivery::default() }), None);
            }
        }
    }

    pub(super) fn deliver_cached(&mut self, to: &str, method: &str, found: Option<Snapshot>) {
        match found {
            Some(snapshot) => self.snapshot(to.to_owned(), method, &snapshot),
            None => {
                self.show(Out::To(Delivery { to: to.to_owned(), done: true, ..Delivery::default() }), None);
            }
        }
    }

    fn snapshot(&mut self, to: String, method: &str, snapshot: &Snapshot) {
        let age = snapshot.age.as_nanos().cast_signed();
        let as_of = i128::from(snapshot.as_of_ms) * 1_000_000 - START;
        let expected = (self.clock.wall() - age).div_euclid(1_000_000) * 1_000_000;
        let plan = snapshot.withheld.as_ref().map(|withheld| withheld.plan.to_string());
        let delivery = Delivery {
            to,
            value: Some(Message(snapshot.value.to_vec())),
            source: Some(
                match snapshot.source {
                    Source::Network => "NETWORK",
                    Source::Cache => "CACHE",
                    Source::Replay => "REPLAY",
                }
                .into(),
            ),
            freshness: Some(
                match snapshot.freshness {
                    Freshness::Fresh => "FRESH",
                    Freshness::Stale => "STALE",
                    Freshness::Expired => "EXPIRED",
                }
                .into(),
            ),
            age: Some(Span(age)),
            as_of: Some(Span(as_of)),
            detail: (snapshot.detail == Detail::Reduced).then(|| "REDUCED".into()),
            plan: plan.filter(|plan| self.api.plans().get(method) != Some(plan)),
            last_known: snapshot
                .withheld
                .as_ref()
                .and_then(|withheld| withheld.last_known.as_ref())
                .map(|value| Message(value.to_vec())),
            gap: snapshot.gap,
            refreshing: snapshot.refreshing,
            error: snapshot.error.as_deref().map(error),
            ..Delivery::default()
        };
        self.show(Out::To(delivery), Some(expected));
    }

    /// The number of a request of this process.
    fn number(&self, attempt: AttemptId) -> Result<u64, String> {
        let found = self.process.attempts.get(&attempt).copied();
        found.ok_or_else(|| "the engine speaks of a request that it has not sent".into())
    }
}

/// Metadata as vectors say it, plan hashes as `{plan Method}`.
pub(crate) fn metadata(api: &Api, method: &str, metadata: &Metadata) -> BTreeMap<String, String> {
    let mut pairs: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in metadata.iter() {
        let value = api.take_out(method, &String::from_utf8_lossy(value));
        pairs
            .entry(name.to_owned())
            .and_modify(|all| {
                all.push_str(", ");
                all.push_str(&value);
            })
            .or_insert(value);
    }
    pairs
}

pub(super) fn question(n: u64, ask: &AskCredentials) -> Out {
    Out::Ask(Question {
        n,
        account: match &ask.account {
            Account::User(id) => vector::Account::User(id.to_string()),
            Account::Guest => vector::Account::Guest,
        },
        method: ask.path.rsplit('/').next().unwrap_or_default().to_owned(),
        endpoint: ask.endpoint.0.to_string(),
        rejected: ask.rejected.is_some(),
    })
}

/// As vectors say it; unary goes without saying.
pub(crate) fn kind(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Unary => None,
        Kind::ServerStream => Some("SERVER_STREAM"),
        Kind::ClientStream => Some("CLIENT_STREAM"),
        Kind::BidiStream => Some("BIDI_STREAM"),
    }
}

pub(crate) fn priority(priority: Priority) -> &'static str {
    match priority {
        Priority::Background => "BACKGROUND",
        Priority::Interactive => "INTERACTIVE",
    }
}

fn error(error: &Error) -> ErrorOut {
    let status = error.status.as_deref();
    ErrorOut {
        kind: error.kind.name().into(),
        code: status.map(|status| status.code).map(Code::name).map(str::to_owned),
        paths: error.paths.clone(),
        will_retry: Some(error.will_retry),
        retry_after: error.retry_after.map(|wait| Span(wait.as_nanos().cast_signed())),
        message: status.map(|status| status.message.clone()).filter(|message| !message.is_empty()),
    }
}

/// An event as vectors say it, if it is one that rules name, or that the vector listens to.
pub(crate) fn heard(event: &Event, listen: &[String]) -> Option<vector::Event> {
    let (name, fields) = named(event)
        .or_else(|| listened(event).filter(|(name, _)| listen.iter().any(|listen| listen == name)))?;
    let fields = fields.into_iter().map(|(k, v)| (k.to_owned(), Value::from(v))).collect();
    Some(vector::Event { name: name.into(), fields })
}

/// The events that rules name; all others are rule J6's.
fn named(event: &Event) -> Option<(&'static str, Vec<(&'static str, &str)>)> {
    Some(match event {
        Event::SignInRequired { .. } => ("sign_in_required", vec![]),
        Event::Bypassed { reason: Bypass::OwnAuthorization, .. } => {
            ("bypassed", vec![("reason", "OWN_AUTHORIZATION")])
        }
        Event::StoreFailed { kind, .. } => {
            let kind = match kind {
                StoreFaultKind::Held => "HELD",
                StoreFaultKind::Locked => "LOCKED",
                StoreFaultKind::Full => "FULL",
                StoreFaultKind::ReadOnly => "READ_ONLY",
                StoreFaultKind::Corrupt => "CORRUPT",
                StoreFaultKind::Io => "IO",
            };
            ("store_failed", vec![("kind", kind)])
        }
        Event::StoreRecreated => ("store_recreated", vec![]),
        Event::StoreDistrusted => ("store_distrusted", vec![]),
        _ => return None,
    })
}

/// Events that vectors hear only if they listen.
fn listened(event: &Event) -> Option<(&'static str, Vec<(&'static str, &str)>)> {
    Some(match event {
        Event::QualityChanged { from, to, .. } => {
            ("quality_changed", vec![("class", class(*to)), ("was", class(*from))])
        }
        Event::Offline { endpoint } => ("offline", vec![("endpoint", &*endpoint.0)]),
        Event::Online { endpoint } => ("online", vec![("endpoint", &*endpoint.0)]),
        Event::ProbeSent { endpoint } => ("probe_sent", vec![("endpoint", &*endpoint.0)]),
        Event::ProbeAnswered { endpoint } => ("probe_answered", vec![("endpoint", &*endpoint.0)]),
        Event::ProbeFailed { endpoint, .. } => ("probe_failed", vec![("endpoint", &*endpoint.0)]),
        _ => return None,
    })
}

pub(crate) fn class(quality: Quality) -> &'static str {
    match quality {
        Quality::Unspecified => "UNSPECIFIED",
        Quality::Offline => "OFFLINE",
        Quality::VeryPoor => "VERY_POOR",
        Quality::Poor => "POOR",
        Quality::Moderate => "MODERATE",
        Quality::Good => "GOOD",
    }
}

/// The class that the app pins; `measured` is none.
pub(crate) fn pinned(class: &str) -> Result<Option<Quality>, String> {
    if class == "measured" { Ok(None) } else { quality(class).map(Some) }
}

fn quality(class: &str) -> Result<Quality, String> {
    match class {
        "OFFLINE" => Ok(Quality::Offline),
        "VERY_POOR" => Ok(Quality::VeryPoor),
        "POOR" => Ok(Quality::Poor),
        "MODERATE" => Ok(Quality::Moderate),
        "GOOD" => Ok(Quality::Good),
        other => Err(format!("`{other}` is no class of quality")),
    }
}
