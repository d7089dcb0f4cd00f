//! `tests/vectors/api.policy` and `plans.json` are what the compiler makes of `api.proto`.

use std::fs;

use holdover_compiler::load::MemorySources;
use holdover_compiler::pipeline;
use holdover_sim::files::root;
use holdover_testkit::api::Api;
use prost::Message as _;

fn compile() -> Api {
    let text = fs::read_to_string(root().join("api.proto")).expect("the API is checked in");
    let sources = MemorySources::new().with("api.proto", text);
    let compiled = pipeline::compile(&sources, &["api.proto"]).unwrap_or_else(|report| panic!("{report}"));
    assert!(compiled.warnings.is_empty(), "{}", compiled.report());
    // The compiler's version is not part of what vectors rest on.
    let policy = holdover_annotations::policy::PolicySet { compiler: String::new(), ..compiled.policy };
    Api::new(policy.encode_to_vec()).expect("the policy is the compiler's")
}

/// With `HOLDOVER_REGENERATE=1` (`cargo xtask regenerate`) the files are rewritten.
#[test]
fn the_checked_in_policy_is_the_compiled_api() {
    let api = compile();
    let plans = format!("{}\n", serde_json::to_string_pretty(api.plans()).unwrap());
    if std::env::var_os("HOLDOVER_REGENERATE").is_some() {
        fs::write(root().join("api.policy"), api.policy()).unwrap();
        fs::write(root().join("plans.json"), plans).unwrap();
        return;
    }
    let again = "run `cargo xtask regenerate`";
    assert_eq!(fs::read(root().join("api.policy")).unwrap(), *api.policy(), "api.policy: {again}");
    assert_eq!(fs::read_to_string(root().join("plans.json")).unwrap(), plans, "plans.json: {again}");
}
