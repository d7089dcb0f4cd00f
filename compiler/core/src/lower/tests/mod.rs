//! What lowering makes of small APIs.

mod inheritance;
mod keys;
mod plans;
mod precedence;
mod templates;

use crate::annotation;
use crate::ir::{Ir, Method};
use crate::load::{MemorySources, load};

/// Lowers a file without checking it.
fn lower(text: &str) -> Ir {
    let text = format!("syntax = \"proto3\"; package t; import \"holdover/annotations.proto\"; {text}");
    let loaded = load(&MemorySources::new().with("t.proto", text), &["t.proto"]);
    let loaded = loaded.unwrap_or_else(|report| panic!("{report}"));
    let annotations = annotation::read(&loaded);
    super::lower(loaded.pool(), &["t.proto".to_owned()], &annotations)
}

/// The method `M` of a service whose other options, and file options, may be given.
fn method(file: &str, service: &str, options: &str, messages: &str) -> Method {
    let ir = lower(&format!(
        "{file} service S {{ {service} rpc M(Request) returns (Response) {{ {options} }} }} {messages}"
    ));
    ir.methods().next().unwrap().clone()
}

const READ: &str = "option idempotency_level = NO_SIDE_EFFECTS;";

/// Messages where nothing special is needed.
const PLAIN: &str = "message Request { string id = 1; } message Response { optional string id = 1; }";
