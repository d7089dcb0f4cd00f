use super::{PLAIN, READ, lower, method};
use crate::ir::{Idempotency, Level, Method, Mode, Priority, Quality, Scope, Signal, Storage};
use std::time::Duration;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn reasons(method: &Method) -> Vec<String> {
    let all = method.skipped.iter();
    all.map(|s| {
        format!("{}{}: {}", s.block.word(), s.part.map(|p| format!(".{p}")).unwrap_or_default(), s.reason)
    })
    .collect()
}

#[test]
fn a_block_is_inherited_field_by_field() {
    let m = method(
        "",
        "option (holdover.service).cache = { fresh_for: { seconds: 5 } stale_if_error: { seconds: 60 } scope: DEVICE };",
        &format!(
            "{READ} option (holdover.method).cache = {{ fresh_for: {{ seconds: 9 }} storage: MEMORY }};"
        ),
        PLAIN,
    );
    let cache = m.cache.unwrap();
    assert!(cache.own);
    let fresh = cache.fresh_for.unwrap();
    assert_eq!((fresh.value, fresh.origin.level), (Ok(seconds(9)), Level::Method));
    assert_eq!(
        (cache.stale_if_error.value, cache.stale_if_error.origin.level),
        (Ok(seconds(60)), Level::Service)
    );
    assert_eq!((cache.scope.value, cache.scope.origin.level), (Scope::Device, Level::Service));
    assert_eq!((cache.storage.value, cache.storage.origin.level), (Storage::Memory, Level::Method));
    assert!(cache.stale_while_revalidate.is_default());
}

#[test]
fn explicit_false_zero_and_unspecified_override() {
    let m = method(
        "option (holdover.file).detail = { restore: true reduce_at: MODERATE };",
        "option (holdover.service).cache = { fresh_for: { seconds: 5 } stale_if_error: { seconds: 60 } scope: DEVICE };",
        &format!(
            "{READ} option (holdover.method).cache = {{ stale_if_error: {{}} scope: SCOPE_UNSPECIFIED }};
             option (holdover.method).detail = {{ restore: false reduce_at: QUALITY_UNSPECIFIED }};"
        ),
        PLAIN,
    );
    let cache = m.cache.unwrap();
    assert_eq!(
        (cache.stale_if_error.value, cache.stale_if_error.origin.level),
        (Ok(Duration::ZERO), Level::Method)
    );
    assert_eq!((cache.scope.value, cache.scope.origin.level), (Scope::Account, Level::Method));
    let detail = m.detail.unwrap();
    assert_eq!((detail.restore.value, detail.restore.origin.level), (false, Level::Method));
    assert_eq!((detail.reduce_at.value, detail.reduce_at.origin.level), (Quality::Poor, Level::Method));
}

#[test]
fn off_switches_off_and_false_on_again() {
    let service = "option (holdover.service).cache = { off: true fresh_for: { seconds: 5 } };";
    let off = method("", service, READ, PLAIN);
    assert!(off.cache.is_none());
    assert_eq!(reasons(&off), ["cache: it says `off: true`"]);
    let still =
        method("", service, &format!("{READ} option (holdover.method).cache.storage = MEMORY;"), PLAIN);
    assert!(still.cache.is_none());
    let on = method("", service, &format!("{READ} option (holdover.method).cache.off = false;"), PLAIN);
    assert_eq!(on.cache.unwrap().fresh_for.unwrap().value, Ok(seconds(5)));
}

#[test]
fn oneofs_and_lists_replace() {
    let m = method(
        "",
        "option (holdover.service).cache = { fresh_for: { seconds: 5 } tags: [\"a\", \"b\"] key_metadata: \"X-Old\" };
         option (holdover.service).offline.wait = {};
         option (holdover.service).detail.google_field_mask = {};",
        &format!(
            "{READ} option (holdover.method).cache.tags = \"c\";
             option (holdover.method).offline.serve_stale.max_age.seconds = 7;
             option (holdover.method).detail.header = {{}};"
        ),
        PLAIN,
    );
    let cache = m.cache.unwrap();
    let tags: Vec<&str> = cache.tags.iter().map(|tag| tag.value.as_ref().unwrap().text.as_str()).collect();
    assert_eq!(tags, ["c"]);
    assert_eq!(cache.key_metadata[0].value, "x-old");
    assert!(
        matches!(m.offline.unwrap().mode.unwrap().value, Mode::ServeStale(Some(Ok(age))) if age == seconds(7))
    );
    assert_eq!(m.detail.unwrap().signal.value, Signal::Header);
}

#[test]
fn cache_and_offline_never_come_from_a_file() {
    let m = method(
        "option (holdover.file) = { cache { fresh_for { seconds: 5 } } offline { wait {} }
            delivery { priority: BACKGROUND total_timeout { seconds: 9 } } };",
        "option (holdover.service).delivery.total_timeout = { seconds: 8 };",
        READ,
        PLAIN,
    );
    assert!(m.cache.is_none() && m.offline.is_none());
    assert_eq!(
        (m.delivery.priority.value, m.delivery.priority.origin.level),
        (Priority::Background, Level::File)
    );
    let total = m.delivery.total_timeout.unwrap();
    assert_eq!((total.value, total.origin.level), (Ok(seconds(8)), Level::Service));
}

#[test]
fn a_retry_policy_is_merged_like_a_block() {
    let m = method(
        "",
        "option (holdover.service).delivery.retry = {
            max_attempts: 3 initial_backoff: { seconds: 1 } max_backoff: { seconds: 5 } backoff_multiplier: 2
            retryable_status_codes: [UNAVAILABLE, ABORTED] };",
        &format!("{READ} option (holdover.method).delivery.retry.max_attempts = 5;"),
        PLAIN,
    );
    let retry = m.delivery.retry.unwrap();
    let (attempts, backoff) = (retry.max_attempts.as_ref().unwrap(), retry.max_backoff.as_ref().unwrap());
    assert_eq!((attempts.value, attempts.origin.level), (5, Level::Method));
    assert_eq!((backoff.value, backoff.origin.level), (Ok(seconds(5)), Level::Service));
    assert!(retry.missing().is_empty());
    assert_eq!(retry.retryable_status_codes.value.len(), 2);
}

#[test]
fn the_idempotency_is_native_or_annotated() {
    let of = |service: &str, options: &str| method("", service, options, PLAIN).idempotency.value;
    assert_eq!(of("", READ), Idempotency::NoSideEffects);
    assert_eq!(of("", "option (holdover.method).idempotency = IDEMPOTENT;"), Idempotency::Idempotent);
    assert_eq!(of("", ""), Idempotency::Unspecified);
    let service = "option (holdover.service).idempotency = NO_SIDE_EFFECTS;";
    assert_eq!(of(service, ""), Idempotency::NoSideEffects);
    assert_eq!(of(service, "option idempotency_level = IDEMPOTENT;"), Idempotency::Idempotent);
    assert_eq!(
        of(service, "option (holdover.method).idempotency = IDEMPOTENCY_UNSPECIFIED;"),
        Idempotency::Unspecified
    );
}

/// What does not apply to a method is skipped with a reason, unless the method says it itself.
#[test]
fn inherited_blocks_skip_methods_they_cannot_apply_to() {
    let ir = lower(
        r#"
        option (holdover.file).detail = { reduce_at: POOR restore: true };
        service S {
          option (holdover.service).cache = { fresh_for { seconds: 5 } replay { window { seconds: 9 } } key: "id" };
          option (holdover.service).delivery = { retry { max_attempts: 2 } reconnect: true defer_at_most { seconds: 5 } };
          option (holdover.service).offline = { outbox { expires_after { seconds: 60 } } };
          rpc Read(Request) returns (Response) { option idempotency_level = NO_SIDE_EFFECTS; }
          rpc Other(Response) returns (Request) { option idempotency_level = NO_SIDE_EFFECTS; }
          rpc Watch(Request) returns (stream Response) { option idempotency_level = NO_SIDE_EFFECTS; }
          rpc Send(stream Request) returns (Response) { option idempotency_level = NO_SIDE_EFFECTS; }
          rpc Write(Request) returns (Response);
          rpc Put(Request) returns (Response) { option idempotency_level = IDEMPOTENT; }
        }
        message Request { string id = 1; }
        message Response { optional string name = 1 [(holdover.field).importance = ENRICHING]; }
        "#,
    );
    let lines: Vec<String> = ir
        .methods()
        .flat_map(|method| reasons(method).into_iter().map(|reason| format!("{} {reason}", method.name)))
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
    let in_force: Vec<String> = ir
        .methods()
        .map(|m| {
            let on = [
                ("cache", m.cache.is_some()),
                ("offline", m.offline.is_some()),
                ("retry", m.delivery.retry.is_some()),
                ("reconnect", m.delivery.reconnect.value),
                ("detail", m.detail.is_some()),
                ("restore", m.detail.as_ref().is_some_and(|detail| detail.restore.value)),
            ];
            let on: Vec<&str> = on.into_iter().filter(|(_, on)| *on).map(|(name, _)| name).collect();
            format!("{}: {}", m.name, on.join(" "))
        })
        .collect();
    assert_eq!(
        in_force,
        [
            "Read: cache retry detail restore",
            "Other: retry",
            "Watch: cache detail restore",
            "Send: detail",
            "Write: detail",
            "Put: offline retry detail",
        ]
    );
}
