use super::*;
use crate::diagnostic::SourceMap;
use crate::load::MemorySources;
use crate::pipeline::compile;

const SERVICE: &str = r#"syntax = "proto3";
package a.v1;
import "holdover/annotations.proto";
option (holdover.file).delivery.retry = {
  max_attempts: 3
  initial_backoff: { nanos: 100000000 }
  max_backoff: { seconds: 1 }
  backoff_multiplier: 2
  retryable_status_codes: UNAVAILABLE
};
service Rides {
  rpc Get(Id) returns (Id) {
    option idempotency_level = NO_SIDE_EFFECTS;
    option (holdover.method).cache.fresh_for = { seconds: 5 };
    option (holdover.method).offline.serve_stale = {};
  }
  rpc End(Id) returns (Id);
  rpc Log(Id) returns (Id) {
    option idempotency_level = IDEMPOTENT;
    option (holdover.method).offline.outbox = {};
    option (holdover.method).delivery = { priority: BACKGROUND defer_at_most: { seconds: 60 } };
  }
  rpc Watch(Id) returns (stream Id) {
    option idempotency_level = NO_SIDE_EFFECTS;
    option (holdover.method).cache.replay.window = { seconds: 5 };
  }
}
message Id { string id = 1 [(holdover.field).idempotency_key = true]; }
"#;

/// What is underlined, and what is said about it.
fn said(sources: &SourceMap, warning: &Diagnostic) -> String {
    let label = warning.primary().expect("every warning has a place");
    let (line, _) = sources.line_column(label.span.file, label.span.start);
    format!("{line} {} {}", warning.code(), warning.message())
}

#[test]
fn every_block_that_a_runtime_refuses_is_told_of_once_per_method() {
    let sources = MemorySources::new().with("a.proto", SERVICE);
    let compilation = compile(&sources, &["a.proto"]).unwrap_or_else(|report| panic!("{report}"));
    let warnings = warnings(&compilation);
    let told: Vec<String> =
        warnings.iter().map(|warning| said(compilation.loaded.sources(), warning)).collect();
    let refused = |line: u32, method: &str, block: &str| {
        format!(
            "{line} NOT_ENFORCED `{method}` has `{block}`, which the runtime does not enforce yet: building a client of \
             `Rides` fails with MISUSE"
        )
    };
    assert_eq!(told, [refused(20, "Log", "offline.outbox")]);
    for method in compilation.ir.methods() {
        assert_eq!(unenforced(method).len(), crate::policy::not_enforced(method).len(), "{}", method.name);
    }
}
