//! `explain` names every origin.

use holdover_compiler::annotation::Overlay;
use holdover_compiler::explain::explain;
use holdover_compiler::load::{MemorySources, load};
use holdover_compiler::pipeline::{Compilation, compile_with_overlays};
use holdover_wire::Schema;

const OVERLAY: &str = r#"
method { name: "rides.v1.Rides/GetRide" policy { cache { storage: MEMORY } } }
field { name: "rides.v1.Stop.name" policy { sensitive: true } }
"#;

fn rides() -> Compilation {
    let path = "rides/v1/rides.proto";
    let sources = MemorySources::new().with(path, include_str!("explain/rides.proto"));
    let overlay = Overlay { path: "rides.holdover.txtpb".to_owned(), text: OVERLAY.to_owned() };
    let loaded = load(&sources, &[path]).unwrap_or_else(|report| panic!("{report}"));
    compile_with_overlays(loaded, &[overlay], &mut ()).unwrap_or_else(|report| panic!("{report}"))
}

#[test]
fn every_origin_is_named() {
    let compilation = rides();
    let texts: Vec<String> = compilation
        .ir
        .methods()
        .map(|method| explain(&compilation, &method.full_name()).unwrap().to_string())
        .collect();
    insta::assert_snapshot!(texts.join("\n"));
    Schema::new(&compilation.policy).unwrap();
}

#[test]
fn a_misspelt_method_is_suggested() {
    let error = explain(&rides(), "rides.v1.Rides/GetRid").unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no method `rides.v1.Rides/GetRid`; did you mean `rides.v1.Rides/GetRide`?"
    );
}
