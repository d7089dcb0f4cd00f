//! How each thing that may happen is told to the engine.

use std::time::Duration;

use bytes::Bytes;
use holdover_engine::{
    AppState, AttemptId, CacheMode, CallOptions, Code, CredentialsAnswer, DetailMode, Estimate, Failure,
    Form, Input, Interface, Metadata, OpId, OutboxChoice, Part, Platform, Quality, Reachability, Response,
    StoreFaultKind, Switch, TransportFailure,
};

use crate::act::{Act, METHODS, STREAMS};
use crate::rig::{Rig, broken, ride, ride_request, token};
use crate::world::World;

impl World {
    pub(crate) fn act(&mut self, act: &Act) {
        match act {
            Act::Call { who, method, ride, form, cache, full, timeout } => {
                let options = CallOptions {
                    timeout: timeout.map(|ms| Duration::from_millis(ms.into())),
                    metadata: Metadata::new(),
                    cache: match cache {
                        1 => CacheMode::CacheOnly,
                        2 => CacheMode::NetworkOnly,
                        3 => CacheMode::MaxAge(Duration::from_secs(1)),
                        _ => CacheMode::Default,
                    },
                    detail: if *full { DetailMode::Full } else { DetailMode::Default },
                    priority: None,
                };
                let form = match form {
                    0 => Form::Observe,
                    1 => Form::Prefetch,
                    _ => Form::Get,
                };
                let op = self.rig.op();
                self.started.insert(op, (*who, form, false));
                let method = self.rig.method(METHODS[*method]);
                let session = self.sessions[usize::from(*who)];
                let request = ride_request(&ride.to_string());
                self.rig.input(Input::Call { op, session, method, request, options, form });
            }
            Act::Stream { who, method, ride, network_only, full, timeout } => {
                let method = STREAMS[*method];
                let options = CallOptions {
                    timeout: timeout.map(|ms| Duration::from_millis(ms.into())),
                    cache: if *network_only { CacheMode::NetworkOnly } else { CacheMode::Default },
                    detail: if *full { DetailMode::Full } else { DetailMode::Default },
                    ..CallOptions::default()
                };
                let request = if method == "Chat" { Bytes::new() } else { ride_request(&ride.to_string()) };
                self.open_stream(*who, method, request, options);
            }
            Act::Upload { who } => {
                self.open_stream(*who, "Upload", Bytes::new(), CallOptions::default());
            }
            Act::Demand(index, items) => {
                if let Some(op) = self.pick_stream(index) {
                    self.items.get_mut(&op).unwrap().0 += u32::from(*items);
                    self.rig.input(Input::Demand { op, items: (*items).into() });
                }
            }
            Act::Say(index) => {
                if let Some(op) = self.pick_stream(index) {
                    self.rig.input(Input::SendMessage { op, message: ride_request("said") });
                }
            }
            Act::Close(index) => {
                if let Some(op) = self.pick_stream(index) {
                    self.rig.input(Input::CloseSend { op });
                }
            }
            Act::Written(index, messages) => {
                let Some(request) = self.pick(index) else { return };
                self.rig.input(Input::Written { attempt: request.attempt, messages: (*messages).into() });
            }
            Act::Message(index, how) => {
                let Some(request) = self.pick_open(index) else { return };
                let attempt = request.attempt;
                let arrived = self.arrived.entry(attempt).or_default();
                // Now and then a driver that gives more than it was asked for.
                if *arrived >= self.rig.pulled(attempt) && *how != 0 {
                    return;
                }
                *arrived += 1;
                let message = match how {
                    1 => Bytes::new(),
                    2 => Bytes::from_static(b"\xff"),
                    _ => ride(&format!("{} {}", self.owner_of(&request), attempt.0)),
                };
                self.rig.input(Input::Message { attempt, message });
            }
            Act::End(index) => {
                let Some(request) = self.pick_open(index) else { return };
                self.rig.input(Input::Ended { attempt: request.attempt, trailers: Metadata::new() });
            }
            Act::Cancel(index) => {
                if !self.started.is_empty() {
                    let op = *index.get(&self.started.keys().copied().collect::<Vec<_>>());
                    self.cancelled.insert(op);
                    self.rig.input(Input::Cancel { op });
                }
            }
            Act::Refresh(index) => {
                let observers: Vec<OpId> = self
                    .started
                    .iter()
                    .filter(|(_, (_, form, _))| *form == Form::Observe)
                    .map(|(op, _)| *op)
                    .collect();
                if !observers.is_empty() {
                    let observer = *index.get(&observers);
                    let op = self.rig.op();
                    self.started.insert(op, (self.started[&observer].0, Form::Get, false));
                    self.rig.input(Input::Refresh { op, observer });
                }
            }
            Act::Put { who, ride: number } => {
                let op = self.rig.op();
                self.started.insert(op, (*who, Form::Prefetch, false));
                let owner = ["a", "b", "g"][usize::from(*who)];
                let (session, method) = (self.sessions[usize::from(*who)], self.rig.method("Quote"));
                let (request, value) = (ride_request(&number.to_string()), ride(&format!("{owner} put")));
                self.rig.input(Input::Put {
                    op,
                    session,
                    method,
                    request,
                    value,
                    options: CallOptions::default(),
                });
            }
            Act::Answer(index, how) => {
                let Some(request) = self.pick(index) else { return };
                let body = match how {
                    0 => Bytes::new(),
                    1 => Bytes::from_static(b"\xff"),
                    _ => ride(&format!("{} {}", self.owner_of(&request), request.attempt.0)),
                };
                let mut metadata = Metadata::new();
                if *how == 2 {
                    metadata.push("age", "70").unwrap();
                }
                let response = Response { body, metadata, ..Response::default() };
                self.rig.input(Input::Response { attempt: request.attempt, response });
            }
            Act::Head(index) => {
                let Some(request) = self.pick(index) else { return };
                self.rig
                    .input(Input::Head { attempt: request.attempt, head: holdover_engine::Head::default() });
            }
            Act::Fail(index, how) => {
                let Some(request) = self.pick(index) else { return };
                let failure = match how {
                    0 => Failure::Transport {
                        kind: TransportFailure::Reset,
                        unsent: true,
                        message: String::new(),
                    },
                    17.. => Failure::Intercepted {
                        http_status: Some(302),
                        code: Code::Unknown,
                        retry_after: None,
                        message: String::new(),
                    },
                    code => Failure::Status {
                        code: Code::from_number(u32::from(*code)),
                        message: String::new(),
                        details: Bytes::new(),
                        metadata: Metadata::new(),
                    },
                };
                self.rig.input(Input::Failed { attempt: request.attempt, failure });
            }
            Act::Break(index, how, all) => {
                let Some(request) = self.pick(index) else { return };
                let attempts: Vec<AttemptId> =
                    self.rig.sends.iter().rev().take(20).map(|request| request.attempt).collect();
                for attempt in if *all { attempts } else { vec![request.attempt] } {
                    self.rig.input(Input::Failed { attempt, failure: breakage(*how) });
                }
            }
            Act::Probe(index, how) => {
                let probes = self.rig.probes();
                if probes.is_empty() {
                    return;
                }
                // Mostly the one that runs.
                let attempt = if how % 2 == 0 { *index.get(&probes) } else { probes[probes.len() - 1] };
                self.rig.input(match how {
                    0..4 => Input::Contact { attempt },
                    how => Input::Failed { attempt, failure: breakage(*how) },
                });
            }
            Act::Credentials(index, how) => {
                if self.rig.asks.is_empty() {
                    return;
                }
                let ask = index.get(&self.rig.asks).clone();
                let answer = match how {
                    0 => CredentialsAnswer::SignInRequired,
                    1 => CredentialsAnswer::Failed { message: String::new() },
                    _ => CredentialsAnswer::Use {
                        metadata: token(&ask.account),
                        expires_ms: (*how == 2).then_some(self.rig.now.wall_ms + 5_000),
                    },
                };
                self.rig.input(Input::Credentials { ask: ask.ask, answer });
            }
            Act::Pass(ms) => self.rig.pass(Duration::from_millis((*ms).into())),
            Act::Quality(class) => {
                let classes = [
                    Quality::Unspecified,
                    Quality::Offline,
                    Quality::VeryPoor,
                    Quality::Poor,
                    Quality::Moderate,
                    Quality::Good,
                ];
                self.rig.quality(classes[usize::from(*class)]);
            }
            Act::Measure(index, what) => {
                let Some(request) = self.pick(index) else { return };
                let attempt = request.attempt;
                self.rig.input(match what {
                    0 => Input::Progress { attempt },
                    what => {
                        let over = Duration::from_secs(u64::from(*what) - 1);
                        Input::Transferred { attempt, bytes: 35_000, over }
                    }
                });
            }
            Act::Estimate(which) => {
                let estimate =
                    |ms| Estimate { request_time: Some(Duration::from_millis(ms)), downlink_kbps: None };
                self.rig.input(match which {
                    0 => Input::PinQuality(None),
                    1 => Input::OwnEstimate(None),
                    2 => Input::OwnEstimate(Some(Estimate::default())),
                    _ => Input::OwnEstimate(Some(estimate(1800))),
                });
            }
            Act::Platform { reachability, interface, path, save_data } => {
                let reachabilities =
                    [Reachability::Unknown, Reachability::Reachable, Reachability::Unreachable];
                let interfaces = [Interface::Unknown, Interface::Wifi, Interface::Cellular2g];
                self.rig.input(Input::Platform(Platform {
                    reachability: reachabilities[usize::from(*reachability)],
                    interface: interfaces[usize::from(*interface)],
                    path: (*path).into(),
                    save_data: *save_data,
                }));
            }
            Act::App(seen) => {
                self.rig.input(Input::App(if *seen { AppState::Foreground } else { AppState::Background }));
            }
            Act::Pause => {
                let op = self.rig.op();
                self.started.insert(op, (0, Form::Prefetch, false));
                self.rig.input(Input::Pause { op });
            }
            Act::Resume => self.rig.input(Input::Resume),
            Act::Disable(bits) => {
                let op = self.rig.op();
                self.started.insert(op, (0, Form::Prefetch, false));
                let quote = Some(vec!["vectors.v1.Rides/Quote".to_owned()]);
                let switches = [
                    Switch { part: Part::Cache, methods: None },
                    Switch { part: Part::Detail, methods: None },
                    Switch { part: Part::Cache, methods: quote },
                    Switch { part: Part::Replay, methods: None },
                    Switch { part: Part::Outbox, methods: None },
                    Switch { part: Part::Detail, methods: Some(vec!["nobody.v1.Knows/This".to_owned()]) },
                ];
                let on = |(n, switch): (u8, Switch)| (bits & (1 << n) != 0).then_some(switch);
                let switches = (0..).zip(switches).filter_map(on).collect();
                self.rig.input(Input::Disable { op, switches });
            }
            Act::Sleep(ms) => {
                // The device sleeps: what is due is late.
                let slept = Duration::from_millis((*ms).into());
                self.rig.now.boot = self.rig.now.boot.after(slept);
                self.rig.now.wall_ms += i64::from(*ms);
                self.rig.input(Input::Tick);
            }
            Act::Release => {
                if !self.rig.held.is_empty() {
                    self.rig.release();
                }
            }
            Act::Hold(hold) => {
                self.rig.release_all();
                self.rig.hold = *hold;
            }
            Act::Fault(kind) => {
                self.rig.disk.fault = match kind {
                    0 => Some(StoreFaultKind::Locked),
                    1 => Some(StoreFaultKind::Corrupt),
                    2 => Some(StoreFaultKind::Full),
                    _ => None,
                };
            }
            Act::SignOut(who) => {
                let op = self.rig.op();
                self.started.insert(op, (*who, Form::Prefetch, false));
                let session = self.sessions[usize::from(*who)];
                self.rig.input(Input::SignOut { op, session, outbox: OutboxChoice::Hold });
                self.open(*who);
            }
            Act::Restart => {
                self.check();
                // Whatever was running died with the process.
                let now = self.rig.now;
                let mut fresh = World::new();
                fresh.rig = Rig::seeded(self.rig.disk.clone(), holdover_engine::Config::default(), 9);
                fresh.rig.now = now;
                fresh.rig.answers_hook = false;
                fresh.last_session = self.last_session;
                fresh.log = std::mem::take(&mut self.log);
                (0..3).for_each(|who| fresh.open(who));
                *self = fresh;
            }
        }
        self.check();
    }
}

/// How what is on the wire may break.
fn breakage(how: u8) -> Failure {
    let kinds = [
        TransportFailure::Unreachable,
        TransportFailure::Timeout,
        TransportFailure::Refused,
        TransportFailure::Tls,
        TransportFailure::Reset,
        TransportFailure::Protocol,
        TransportFailure::OtherProtocol,
    ];
    // Nobody there is what most of it depends on.
    broken(kinds.get(usize::from(how)).copied().unwrap_or(TransportFailure::Unreachable))
}
