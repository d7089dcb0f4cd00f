use super::of;
use crate::load::MemorySources;
use crate::pipeline::compile;

const SERVICE: &str = r#"syntax = "proto3";
package a.v1;
import "holdover/annotations.proto";
service Rides {
  rpc Plain(Id) returns (Id);
  rpc Get(Id) returns (Ride) {
    option idempotency_level = NO_SIDE_EFFECTS;
    option (holdover.method).cache = {
      fresh_for: { seconds: 5 } stale_while_revalidate: { seconds: 60 } stale_if_error: { seconds: 3600 }
    };
    option (holdover.method).offline.serve_stale.max_age = { seconds: 86400 };
    option (holdover.method).detail.reduce_at = MODERATE;
  }
  rpc Sync(Id) returns (Id) {
    option idempotency_level = IDEMPOTENT;
    option (holdover.method).offline.fail_fast = {};
    option (holdover.method).delivery = {
      priority: BACKGROUND defer_at_most: { seconds: 90 }
      retry: {
        max_attempts: 3 initial_backoff: { seconds: 1 } max_backoff: { seconds: 5 } backoff_multiplier: 2
        retryable_status_codes: UNAVAILABLE
      }
    };
    option (holdover.method).invalidates = "ride:{request.id}";
  }
  rpc Watch(Id) returns (stream Ride) {
    option idempotency_level = NO_SIDE_EFFECTS;
    option (holdover.method).cache = { replay: { window: { seconds: 90 } } tags: "ride:{request.id}" };
    option (holdover.method).detail.restore = true;
  }
  rpc Follow(Id) returns (stream Id) {
    option (holdover.method).delivery.reconnect = true;
  }
  rpc Listen(Id) returns (stream Id);
  rpc Talk(stream Id) returns (stream Ride) {
    option (holdover.method).detail = {};
  }
}
message Id { string id = 1; }
message Ride { optional string note = 1 [(holdover.field).importance = ENRICHING]; }
"#;

#[test]
fn a_method_promises_what_its_policy_says() {
    let sources = MemorySources::new().with("a.proto", SERVICE);
    let compilation = compile(&sources, &["a.proto"]).unwrap_or_else(|report| panic!("{report}"));
    let said: Vec<String> =
        compilation.ir.methods().map(|method| format!("{}: {}", method.name, of(method).join(" "))).collect();
    assert_eq!(
        said,
        [
            "Plain: ",
            "Get: An answer is fresh for 5 s; after that it is shown for 1 min while it is refreshed, and for 1 h when the \
             network fails. Offline, a stored answer is shown up to an age of 1 d. On a network that is MODERATE or \
             worse, the answer comes without what only enriches.",
            "Sync: Offline, it fails at once. After a failure that may pass it is tried again, 3 attempts in all. On a POOR \
             network it is put off, by 90 s at most. Makes stored answers about `ride:{request.id}` outdated.",
            "Watch: Opened again within 90 s of when it was last live, it begins with the last message that came, as a \
             replay. Callers who ask for the same share one stream. When it breaks it opens again by itself, and the next \
             message says that there may be a gap before it. Opened on a network that is POOR or worse, its messages come \
             without what only enriches, until the network has recovered.",
            "Follow: When it breaks it opens again by itself, and the next message says that there may be a gap before it.",
            "Listen: It ends with an error when the connection breaks.",
            "Talk: A broken connection ends the call with an error: what was sent is not kept, and not sent again. Opened on \
             a network that is POOR or worse, its messages come without what only enriches.",
        ]
    );
}
