//! Counters as instruments of an OpenTelemetry meter (rule J6).

use std::collections::BTreeSet;

use holdover_client::{Measure, MeasureKind, Stats};
use opentelemetry::KeyValue;
use opentelemetry::metrics::{AsyncInstrument, Meter};

use crate::Runtime;

impl Runtime {
    /// Registers the numbers of [`Stats`] as observable instruments, named as [`Stats::measures`] says: counters, and
    /// up-down counters for what there is now. A meter reads them when it collects, does not keep the runtime alive, and
    /// reports nothing more of it once it has ended. Register a runtime once a meter.
    ///
    /// Values and attributes are numbers and fixed words: no payloads, keys, credentials, accounts or methods.
    pub fn register_metrics(&self, meter: &Meter) {
        let mut known = BTreeSet::new();
        for Measure { name, unit, description, kind, .. } in Stats::default().measures() {
            if !known.insert(name) {
                continue;
            }
            let read = self.stats_reader();
            let measures = move || {
                let stats = read().map(|stats| stats.measures()).unwrap_or_default();
                stats.into_iter().filter(move |measure| measure.name == name)
            };
            match kind {
                MeasureKind::Counter => {
                    let observe = move |to: &dyn AsyncInstrument<u64>| {
                        measures().for_each(|measure| to.observe(measure.value, &attributes(&measure)));
                    };
                    let builder = meter.u64_observable_counter(name).with_unit(unit);
                    builder.with_description(description).with_callback(observe).build();
                }
                MeasureKind::Gauge => {
                    let observe = move |to: &dyn AsyncInstrument<i64>| {
                        let value = |measure: &Measure| i64::try_from(measure.value).unwrap_or(i64::MAX);
                        measures().for_each(|measure| to.observe(value(&measure), &attributes(&measure)));
                    };
                    let builder = meter.i64_observable_up_down_counter(name).with_unit(unit);
                    builder.with_description(description).with_callback(observe).build();
                }
            }
        }
    }
}

fn attributes(measure: &Measure) -> Vec<KeyValue> {
    measure.attribute.map(|(name, value)| KeyValue::new(name, value)).into_iter().collect()
}
