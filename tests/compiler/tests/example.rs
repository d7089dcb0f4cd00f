//! The API of the examples compiles to a policy that the runtime reads.

use holdover_compiler::diagnostic::Style;
use holdover_compiler::load::MemorySources;
use holdover_compiler::pipeline::compile;

#[test]
fn the_pricing_api_compiles_without_findings() {
    let path = "pricing/v1/pricing.proto";
    let sources =
        MemorySources::new().with(path, include_str!("../../../examples/proto/pricing/v1/pricing.proto"));
    let compilation = compile(&sources, &[path]).unwrap_or_else(|report| panic!("{report}"));
    println!("{:#?}", compilation.policy);
    assert_eq!(compilation.report().human(Style::plain()), "");
}
