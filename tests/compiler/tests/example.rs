//! The API of the examples compiles to a policy that the runtime reads.

use holdover_compiler::diagnostic::Style;
use holdover_compiler::load::MemorySources;
use holdover_compiler::pipeline::{Compilation, compile};
use holdover_wire::Schema;

fn pricing() -> Compilation {
    let path = "pricing/v1/pricing.proto";
    let sources =
        MemorySources::new().with(path, include_str!("../../../examples/proto/pricing/v1/pricing.proto"));
    compile(&sources, &[path]).unwrap_or_else(|report| panic!("{report}"))
}

#[test]
fn it_compiles_without_findings() {
    assert_eq!(pricing().report().human(Style::plain()), "");
}

#[test]
fn the_runtime_reads_its_policy() {
    let compilation = pricing();
    let schema = Schema::new(&compilation.policy).unwrap();
    assert!(schema.method("/pricing.v1.Pricing/GetQuote").is_some());
    // A client embeds the policy of its service only; here that is all.
    assert_eq!(compilation.policy_of(&["pricing.v1.Pricing"]), compilation.policy);
    assert!(compilation.policy_of(&[]).types.is_empty());
}
