//! Inputs of vectors: those of the edges happen, those of the app become something to do.

use holdover_client::{Credentials, CredentialsError, Failure, Head, Kind, Progress, Response};
use serde_json::Value;

use super::LiveWorld;
use super::action::{Action, Call, Hex, Numbers, Switch, TagPart};
use super::edges::Device;
use super::exchange::{self, Coming};
use crate::api::SERVICE;
use crate::span;
use crate::vector::{
    self, Account, AppWord, CacheMode, HintKind, In, Message, NoContact, Part, PartWord, Session,
};
use crate::world::feed;

impl LiveWorld {
    /// Carries out an input of the edges, or gives what the app is to do.
    pub(super) fn feed(&mut self, input: &In) -> Result<Vec<Action>, String> {
        let action = match input {
            In::Head(_)
            | In::Answer(_)
            | In::Item(_)
            | In::End(_)
            | In::Fail(_)
            | In::Written(_)
            | In::Progress(_)
            | In::Transferred(_)
            | In::Contact(_)
            | In::NoContact(_)
            | In::Credentials(_)
            | In::Store(_)
            | In::Clock(_) => {
                self.happen(input)?;
                return Ok(Vec::new());
            }
            In::Restart(boot) => return self.restart(boot.how.off.0, false),
            In::Reboot(boot) => return self.restart(boot.how.off.0, true),
            In::Get(call) => Action::Get(self.call(call)?),
            In::Observe(call) => Action::Observe(self.call(call)?),
            In::Stream(call) => Action::Stream(self.call(call)?),
            In::Cached(call) => Action::Cached(self.call(call)?),
            In::Prefetch(call) => Action::Prefetch(self.call(call)?),
            In::Put(put) => Action::Put {
                op: self.operation(&put.op, &put.method)?,
                session: self.session_name(put.session.as_ref())?,
                method: put.method.clone(),
                index: self.method(&put.method)?.0,
                request: hex(&put.request),
                value: hex(&put.value),
            },
            In::Take(take) => Action::Take { op: self.known(&take.op)?, items: take.items },
            In::Say(say) => Action::Say { op: self.known(&say.op)?, message: hex(&say.body) },
            In::Close(close) => Action::Close { op: self.known(&close.op)? },
            In::Cancel(cancel) => Action::Cancel { op: self.known(&cancel.op)? },
            In::Refresh(refresh) => {
                let of = self.known(&refresh.of)?;
                let method = self.operations[&of].clone();
                Action::Refresh { op: self.operation(&refresh.op, &method)?, of }
            }
            In::Invalidate(invalidate) => Action::Invalidate {
                op: self.operation(&invalidate.op, "")?,
                session: self.session_name(invalidate.session.as_ref())?,
                tag: invalidate.tag.iter().map(tag_part).collect(),
            },
            In::SignOut(sign_out) => {
                let session = self.session_name(sign_out.session.as_ref())?;
                self.sign_out(&session)?;
                Action::SignOut { op: self.operation(&sign_out.op, "")?, session, hold: sign_out.hold }
            }
            In::Erase(erase) => {
                Action::Erase { op: self.operation(&erase.op, "")?, user: user(&erase.account) }
            }
            In::Open(open) => self.open(&open.name, &open.session)?,
            In::SetMetadata(set) => {
                let session = self.session_name(set.session.as_ref())?;
                if let Some(open) = self.edges.device().sessions.get_mut(&session) {
                    open.metadata.clone_from(&set.metadata);
                }
                Action::SetMetadata { session, metadata: set.metadata.clone() }
            }
            In::App(app) => {
                self.foreground = app.state == AppWord::Foreground;
                Action::App { foreground: self.foreground }
            }
            In::Pause(pause) => Action::Pause { op: self.operation(&pause.op, "")? },
            In::Resume(_) => Action::Resume {},
            In::MemoryPressure(_) => Action::MemoryPressure {},
            In::Disable(disable) => Action::Disable {
                op: self.operation(&disable.op, "")?,
                switches: disable.switches.iter().map(switch).collect(),
            },
            In::Hint(hint) => self.hint(&hint.what)?,
        };
        Ok(vec![action])
    }

    fn call(&mut self, call: &vector::Call) -> Result<Call, String> {
        let (index, kind) = self.method(&call.method)?;
        Ok(Call {
            op: self.operation(&call.op, &call.method)?,
            session: self.session_name(call.session.as_ref())?,
            method: call.method.clone(),
            index,
            kind: kind.to_owned(),
            request: hex(&call.request),
            timeout: call.timeout.map(|span| nanos(span.0)).transpose()?,
            metadata: call.metadata.clone(),
            cache: match call.cache {
                CacheMode::Default => "default",
                CacheMode::CacheOnly => "cache_only",
                CacheMode::NetworkOnly => "network_only",
                CacheMode::MaxAge(_) => "max_age",
            }
            .to_owned(),
            max_age: match call.cache {
                CacheMode::MaxAge(span) => Some(nanos(span.0)?),
                _ => None,
            },
            full: call.detail.is_some(),
            priority: call.priority.clone(),
            takes: call.takes,
        })
    }

    pub(super) fn open(&mut self, name: &str, session: &Session) -> Result<Action, String> {
        let account = session.account()?;
        let known = self.edges.device().sessions.insert(name.to_owned(), session.clone()).is_some();
        let signed_out = self.signed_out.remove(name);
        if known && !signed_out {
            return Err(format!("a session `{name}` is open already"));
        }
        Ok(Action::Open {
            session: name.to_owned(),
            user: user(&account),
            endpoint: session.endpoint().to_owned(),
            metadata: session.metadata.clone(),
        })
    }

    fn sign_out(&mut self, session: &str) -> Result<(), String> {
        let device = self.edges.device();
        let account = |session: &Session| session.account();
        let own = device.sessions.get(session).map(account).transpose()?;
        for (name, other) in &device.sessions {
            if Some(account(other)?) == own {
                self.signed_out.insert(name.clone());
            }
        }
        Ok(())
    }

    fn hint(&mut self, hint: &HintKind) -> Result<Action, String> {
        match hint {
            HintKind::Quality(class) => {
                self.quality = Some(class.clone()).filter(|class| class != "measured");
                return Ok(Action::Quality { class: self.quality.clone() });
            }
            HintKind::Estimate(numbers) => {
                let read = |numbers: &vector::Numbers| {
                    let request_time = numbers.request_time.map(|span| nanos(span.0)).transpose()?;
                    Ok::<_, String>(Numbers { request_time, downlink: numbers.downlink })
                };
                return Ok(Action::Estimate { numbers: numbers.as_ref().map(read).transpose()? });
            }
            HintKind::Credentials(session) => {
                let session = self.session_name(Some(session))?;
                return Ok(Action::CredentialsChanged { session });
            }
            HintKind::DataSaver(on) => self.platform.data_saver = *on,
            HintKind::Reachable(way_out) => self.platform.reachable = *way_out,
            HintKind::Interface(name) => self.platform.interface.clone_from(name),
            HintKind::Path(path) => self.platform.path = *path,
        }
        Ok(Action::Platform(self.platform.clone()))
    }

    /// Something happens at the edges.
    fn happen(&mut self, input: &In) -> Result<(), String> {
        let api = self.api.clone();
        match input {
            In::Head(head) => {
                let metadata = feed::metadata(&api.fill_in(&head.metadata)?)?;
                let after = head.after.map(|span| feed::duration(span.0)).transpose()?;
                self.arrive(head.send, Coming::Progress(Progress::Head(Head { metadata, after })))
            }
            In::Answer(answer) => {
                let metadata = feed::metadata(&api.fill_in(&answer.metadata)?)?;
                let trailers = feed::metadata(&api.fill_in(&answer.trailers)?)?;
                let body = answer.body.0.clone().into();
                self.arrive(answer.send, Coming::Answer(Response { metadata, trailers, body }))
            }
            In::Item(item) => self.arrive_at_stream(item.send, Coming::Message(item.body.0.clone().into())),
            In::End(end) => {
                let trailers = feed::metadata(&api.fill_in(&end.trailers)?)?;
                self.arrive_at_stream(end.send, Coming::End(trailers))
            }
            In::Fail(fail) => self.arrive(fail.send, Coming::Failure(feed::failure(fail)?)),
            In::Progress(progress) => self.arrive(progress.send, Coming::Progress(Progress::Bytes)),
            In::Transferred(transferred) => {
                let over = feed::duration(transferred.over.0)?;
                let bytes = transferred.bytes;
                self.arrive(transferred.send, Coming::Progress(Progress::Transferred { bytes, over }))
            }
            In::Written(written) => {
                let request = self.edges.device().request(written.send)?;
                exchange::write(&self.edges, request, written.messages)
            }
            In::Contact(contact) => self.reach(contact.probe, Ok(())),
            In::NoContact(failed) => self.reach(failed.probe, Err(no_contact(failed)?)),
            In::Credentials(reply) => self.reply(reply),
            In::Store(store) => {
                self.edges.device().store.set(store.state);
                Ok(())
            }
            In::Clock(clock) => {
                self.edges.device().clock.shift_wall(clock.by.wall.0);
                Ok(())
            }
            _ => Err("this is no input of the edges".into()),
        }
    }

    fn arrive(&self, n: u64, coming: Coming) -> Result<(), String> {
        let mut device = self.edges.device();
        let request = device.request(n)?;
        let woken = device.requests[request].arrive(coming);
        drop(device);
        woken.into_iter().for_each(std::task::Waker::wake);
        Ok(())
    }

    fn arrive_at_stream(&self, n: u64, coming: Coming) -> Result<(), String> {
        let device = self.edges.device();
        if device.requests[device.request(n)?].kind == Kind::Unary {
            return Err(format!("request {n} is unary: it is answered by `answer`"));
        }
        drop(device);
        self.arrive(n, coming)
    }

    fn reach(&self, n: u64, outcome: Result<(), Failure>) -> Result<(), String> {
        let mut device = self.edges.device();
        let process = device.process;
        let probe = nth(&mut device.probes, n).filter(|probe| probe.process == process);
        let woken = probe.ok_or_else(|| format!("probe {n} was not sent by this process"))?.answer(outcome);
        drop(device);
        woken.into_iter().for_each(std::task::Waker::wake);
        Ok(())
    }

    fn reply(&self, reply: &vector::Reply) -> Result<(), String> {
        let answer = match (&reply.metadata, reply.sign_in_required, reply.throws) {
            (Some(pairs), false, false) => Ok(Credentials::Use {
                metadata: feed::metadata(pairs)?,
                expires_in: reply.expires.map(|span| feed::duration(span.0)).transpose()?,
            }),
            (None, true, false) => Ok(Credentials::SignInRequired),
            (None, false, true) => Err(CredentialsError::from("as scripted")),
            _ => return Err("a credentials reply has one of `use`, `sign_in_required` and `throws`".into()),
        };
        let mut device = self.edges.device();
        let process = device.process;
        let question = nth(&mut device.questions, reply.ask).filter(|question| question.process == process);
        let question = question.ok_or_else(|| format!("question {} was not asked", reply.ask))?;
        let woken = question.answer(answer);
        drop(device);
        woken.into_iter().for_each(std::task::Waker::wake);
        Ok(())
    }

    /// The process ends and, `off` later, another one starts.
    fn restart(&mut self, off: i128, reboot: bool) -> Result<Vec<Action>, String> {
        let time = self.edges.device().clock.true_time() + off;
        self.edges = self.edges.of_next_process();
        // What is dropped now belongs to a process that is gone: nobody sees it.
        self.driver = None;
        let mut device = self.edges.device();
        device.sleepers.clear();
        device.advance_to(time)?;
        if reboot {
            device.clock.reboot();
        }
        device.store.restart();
        device.sessions.retain(|name, _| !self.signed_out.contains(name));
        let sessions: Vec<_> =
            device.sessions.iter().map(|(name, session)| (name.clone(), session.clone())).collect();
        device.sessions.clear();
        drop(device);
        self.signed_out.clear();
        self.operations.clear();
        self.begin(sessions)
    }
}

fn nth<T>(list: &mut [T], n: u64) -> Option<&mut T> {
    list.get_mut(usize::try_from(n).ok()?.checked_sub(1)?)
}

fn no_contact(failed: &NoContact) -> Result<Failure, String> {
    match (failed.transport, failed.intercepted) {
        (Some(breakage), None) => Ok(feed::broken(breakage)),
        (None, Some(http)) => Ok(feed::intercepted(http)),
        _ => Err("a failed probe has one of `transport` and `intercepted`".into()),
    }
}

fn hex(message: &Message) -> Hex {
    Hex(message.0.clone())
}

fn nanos(span: i128) -> Result<u64, String> {
    u64::try_from(span).map_err(|_| format!("`{}` is no duration of a call", span::print(span)))
}

fn user(account: &Account) -> Option<String> {
    match account {
        Account::User(id) => Some(id.clone()),
        Account::Guest => None,
    }
}

fn tag_part(part: &Part) -> TagPart {
    match part {
        Part::Literal(text) => TagPart::Literal(text.clone()),
        Part::Value { value } => TagPart::Value(Value::to_string(value)),
    }
}

fn switch(switch: &vector::Switch) -> Switch {
    let part = match switch.part {
        PartWord::Cache => "cache",
        PartWord::Detail => "detail",
        PartWord::Outbox => "outbox",
        PartWord::Replay => "replay",
    };
    let full = |names: &Vec<String>| names.iter().map(|name| format!("{SERVICE}/{name}")).collect();
    Switch { part: part.to_owned(), methods: switch.methods.as_ref().map(full) }
}

impl Device {
    /// The name of a session that a step speaks of.
    pub(super) fn session_name(&self, name: Option<&String>) -> Result<String, String> {
        match name {
            Some(name) if self.sessions.contains_key(name) => Ok(name.clone()),
            Some(name) => Err(format!("there is no session `{name}`")),
            None if self.sessions.len() == 1 => {
                self.sessions.keys().next().cloned().ok_or_else(|| "there is no session".into())
            }
            None => Err("a step names its session where there is more than one".into()),
        }
    }
}
