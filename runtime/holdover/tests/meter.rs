//! The runtime's counters, as a meter of OpenTelemetry's SDK collects them; and what no meter, log or event may say.
#![allow(clippy::unwrap_used, reason = "tests unwrap")]

use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::FutureExt as _;
use holdover::binding::Client;
use holdover::{
    Account, Code, Credentials, CredentialsRequest, InlineDriver, MeasureKind, Protocol, Runtime, Stats,
};
use holdover_testkit::clock::ManualClock;
use holdover_testkit::network::{Reply, ScriptedNetwork};
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ResourceMetrics, ScopeMetrics};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, SdkMeterProvider};
use prost::Message;
use tracing::field::{Field, Visit};
use tracing::span;

static POLICY: &[u8] = include_bytes!("../../../tests/vectors/api.policy");
/// The index of `Quote` in the policy, and of a mutation that invalidates.
const QUOTE: usize = 0;
const UPDATE: usize = 12;

/// Planted in requests, answers, accounts, credentials, metadata, statuses' details and tags.
const SECRETS: [&str; 6] =
    ["ride-S3CR3T", "answer-S3CR3T", "account-S3CR3T", "token-S3CR3T", "metadata-S3CR3T", "details-S3CR3T"];

#[derive(Clone, PartialEq, Message)]
struct RideRequest {
    #[prost(string, tag = "1")]
    ride_id: String,
}

#[derive(Clone, PartialEq, Message)]
struct Ride {
    #[prost(string, optional, tag = "1")]
    id: Option<String>,
}

/// Everything that is said to `tracing` on this thread, at any level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Visit for Log {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0.lock().unwrap(), " {field}={value:?}").unwrap();
    }
}

impl tracing::Subscriber for Log {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &span::Attributes<'_>) -> span::Id {
        span.record(&mut self.clone());
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        values.record(&mut self.clone());
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        writeln!(self.0.lock().unwrap(), "\n{}", event.metadata().target()).unwrap();
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

fn finish<F: Future + Unpin>(driver: &mut InlineDriver, mut future: F) -> F::Output {
    for _ in 0..20 {
        if let Some(output) = (&mut future).now_or_never() {
            return output;
        }
        driver.run();
    }
    panic!("nothing moves, and there is no answer");
}

/// What was collected: name and attributes → value.
fn collected(exporter: &InMemoryMetricExporter) -> BTreeMap<String, u64> {
    let mut found = BTreeMap::new();
    let resources = exporter.get_finished_metrics().unwrap();
    for metric in resources.last().unwrap().scope_metrics().flat_map(ScopeMetrics::metrics) {
        assert!(!metric.unit().is_empty() && metric.description().ends_with('.'), "{metric:?}");
        let mut keep = |attributes: Vec<String>, value: u64| {
            found.insert([metric.name(), " ", &attributes.join(",")].concat().trim().to_owned(), value);
        };
        match metric.data() {
            AggregatedMetrics::U64(MetricData::Sum(sum)) => {
                assert!(sum.is_monotonic());
                for point in sum.data_points() {
                    keep(
                        point.attributes().map(|a| format!("{}={}", a.key, a.value)).collect(),
                        point.value(),
                    );
                }
            }
            AggregatedMetrics::I64(MetricData::Sum(sum)) => {
                assert!(!sum.is_monotonic());
                for point in sum.data_points() {
                    let value = point.value().unsigned_abs();
                    keep(point.attributes().map(|a| format!("{}={}", a.key, a.value)).collect(), value);
                }
            }
            other => panic!("no such instruments were registered: {other:?}"),
        }
    }
    found
}

#[test]
fn a_meter_collects_what_was_counted_and_nothing_says_a_secret() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let heard: Arc<Mutex<String>> = Arc::default();
    let (clock, folder) = (ManualClock::new(), tempfile::tempdir().unwrap());
    let body = Bytes::from(Ride { id: Some(SECRETS[1].into()) }.encode_to_vec());
    let network = ScriptedNetwork::new(move |_| Reply::Ok(body.clone()));
    let listener = heard.clone();
    let (runtime, mut driver) = Runtime::builder()
        .plain_text_endpoint("test", "http://rides.invalid", Protocol::Connect)
        .store(folder.path())
        .transport(network.clone())
        .clock(clock.clone())
        .on_event(move |event, method| {
            writeln!(listener.lock().unwrap(), "{event:?} {method:?} {}", event.name()).unwrap();
        })
        .build_inline()
        .unwrap();
    let exporter = InMemoryMetricExporter::default();
    let provider = SdkMeterProvider::builder().with_periodic_exporter(exporter.clone()).build();
    runtime.register_metrics(&provider.meter("holdover"));

    let hook = |_: CredentialsRequest| async { Ok(Credentials::bearer(SECRETS[3]).unwrap()) };
    let session = runtime.session(Account::user(SECRETS[2]), hook);
    session.set_metadata("x-where", SECRETS[4]).unwrap();
    let rides = Client::bind(&session, POLICY).unwrap();
    let request = RideRequest { ride_id: SECRETS[0].into() };
    for _ in 0..3 {
        finish(&mut driver, rides.unary::<_, Ride>(QUOTE, &request)).unwrap();
    }
    finish(&mut driver, rides.unary::<_, Ride>(UPDATE, &request)).unwrap();
    network.now(|_| {
        Reply::Fail(holdover::Failure::Status {
            code: Code::Unavailable,
            message: SECRETS[5].into(),
            details: Bytes::from_static(SECRETS[5].as_bytes()),
            metadata: holdover::Metadata::new(),
        })
    });
    let stale = finish(&mut driver, rides.unary::<_, Ride>(QUOTE, &request)).unwrap();
    assert!(stale.error().is_some());
    runtime.memory_pressure();
    runtime.set_quality(holdover::Quality::Moderate);
    driver.run();

    provider.force_flush().unwrap();
    let found = collected(&exporter);
    for (name, value) in [
        ("holdover.cache.hits holdover.cache.row=1", 2),
        ("holdover.cache.hits holdover.cache.row=2", 0),
        ("holdover.cache.hits holdover.cache.row=3", 1),
        ("holdover.cache.hits holdover.cache.row=4", 0),
        ("holdover.cache.invalidations", 1),
        ("holdover.cache.memory.entries", 0),
        ("holdover.attempts holdover.attempt.outcome=answered", 2),
        ("holdover.attempts holdover.attempt.outcome=failed", 1),
        ("holdover.cache.evictions holdover.cache.eviction.cause=memory_pressure", 1),
        ("holdover.network.quality holdover.network.quality.class=moderate", 1),
        ("holdover.network.quality holdover.network.quality.class=unknown", 0),
    ] {
        assert_eq!(found.get(name), Some(&value), "{name} in {found:#?}");
    }
    let measures = runtime.stats().measures();
    assert_eq!(found.len(), measures.len(), "every number is there, and none twice");
    for measure in &measures {
        assert!(measure.name.starts_with("holdover."), "{measure:?}");
    }
    assert!(measures.iter().any(|measure| measure.kind == MeasureKind::Gauge));

    let log = log.0.lock().unwrap().clone();
    assert!(log.contains("holdover::event") && log.contains("message=invalidated"), "{log}");
    assert!(log.contains(r#"method="vectors.v1.Rides/Quote""#), "{log}");
    let said = [log, heard.lock().unwrap().clone(), format!("{found:?} {runtime:?} {session:?}")].concat();
    for secret in SECRETS {
        assert!(!said.contains(secret), "{secret} was said:\n{said}");
    }

    // A meter does not keep the runtime alive, and reports nothing once it has ended.
    drop((rides, session, runtime, driver));
    exporter.reset();
    provider.force_flush().unwrap();
    let left = exporter.get_finished_metrics().unwrap();
    let points = left.iter().flat_map(ResourceMetrics::scope_metrics).flat_map(ScopeMetrics::metrics).count();
    assert_eq!(points, 0);
}

#[test]
fn names_tell_numbers_apart() {
    let measures = Stats::default().measures();
    let mut names: Vec<_> = measures.iter().map(|measure| (measure.name, measure.attribute)).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}
