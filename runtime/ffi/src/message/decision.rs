//! Decisions, for listeners.

use std::time::Duration;

use holdover_client::{Estimate, Event};
use prost::Message as _;

use crate::boundary::{Attribute, Decision, attribute};

/// Writes down an event. Names of attributes are those of its members, times in microseconds.
pub(crate) fn decision(event: &Event, method: Option<&str>) -> Vec<u8> {
    let mut attributes = Attributes::default();
    attributes.of(event);
    Decision {
        name: event.name().to_owned(),
        method: method.unwrap_or_default().to_owned(),
        attributes: attributes.0,
    }
    .encode_to_vec()
}

#[derive(Default)]
struct Attributes(Vec<Attribute>);

impl Attributes {
    fn of(&mut self, event: &Event) {
        match event {
            Event::Hit { row, age, .. } => {
                self.number("row", u64::from(*row));
                self.time("age_us", *age);
            }
            Event::Replayed { age, .. } => self.time("age_us", *age),
            Event::Bypassed { reason, .. } => self.word("reason", reason),
            Event::NotStored { reason, .. } => self.word("reason", reason),
            Event::AttemptFailed { kind, .. } => self.text("kind", kind.name()),
            Event::StreamBroke { kind, again, .. } => {
                self.text("kind", kind.name());
                if let Some(again) = again {
                    self.time("again_us", *again);
                }
            }
            Event::Retrying { attempt, after, .. } => {
                self.number("attempt", u64::from(*attempt));
                self.time("after_us", *after);
            }
            Event::RefreshBackoff { wait, .. } => self.time("wait_us", *wait),
            Event::Deferred { at_most, .. } => self.time("at_most_us", *at_most),
            Event::Offline { endpoint }
            | Event::Online { endpoint }
            | Event::ProbeSent { endpoint }
            | Event::ProbeAnswered { endpoint } => self.text("endpoint", &endpoint.0),
            Event::ProbeFailed { endpoint, again } => {
                self.text("endpoint", &endpoint.0);
                self.time("again_us", *again);
            }
            Event::MadeRoom { tier, entries } => {
                self.word("tier", tier);
                self.number("entries", u64::from(*entries));
            }
            Event::MemoryDropped { entries, bytes } => {
                self.number("entries", *entries);
                self.number("bytes", *bytes);
            }
            Event::Invalidated { tags } => self.number("tags", u64::from(*tags)),
            Event::Trimmed { bytes, .. } => self.number("bytes", *bytes),
            Event::StoreFailed { kind, message } => {
                self.word("kind", kind);
                self.text("message", message);
            }
            Event::SwitchesUnknown { names, message } => {
                self.number("names", u64::from(*names));
                self.text("message", message);
            }
            Event::SwitchesChanged { switches } => self.number("switches", u64::from(*switches)),
            Event::QualityChanged { from, to, source, estimate, samples } => {
                self.text("from", from.as_str_name());
                self.text("to", to.as_str_name());
                self.word("source", source);
                let Estimate { request_time, downlink_kbps } = estimate;
                if let Some(time) = request_time {
                    self.time("request_time_us", *time);
                }
                if let Some(kbps) = downlink_kbps {
                    self.number("downlink_kbps", u64::from(*kbps));
                }
                self.number("samples", u64::from(*samples));
            }
            // The name says it all. Sessions are numbers of the engine's that hosts have no use for.
            _ => {}
        }
    }

    fn number(&mut self, name: &str, number: u64) {
        self.0.push(Attribute { name: name.to_owned(), value: Some(attribute::Value::Number(number)) });
    }

    fn time(&mut self, name: &str, time: Duration) {
        self.number(name, u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
    }

    fn text(&mut self, name: &str, text: &str) {
        self.0
            .push(Attribute { name: name.to_owned(), value: Some(attribute::Value::Text(text.to_owned())) });
    }

    /// A word that the engine has for it, such as `TooLarge`.
    fn word(&mut self, name: &str, word: &impl std::fmt::Debug) {
        self.text(name, &format!("{word:?}"));
    }
}
