use super::*;

const EXAMPLE: &str = r#"{
  "title": "Up to the last nanosecond before F an answer is served without the network",
  "rules": {"C1": "holds", "row 1": "boundary"},
  "steps": [
    {"in": {"get": "cold", "method": "Quote", "request": {"1": "r1"}},
     "out": [{"send": 1, "method": "Quote", "body": {"1": "r1"}}]},
    {"in": {"answer": 1, "body": {"1": "q1"}},
     "out": [{"to": "cold", "value": {"1": "q1"}, "source": "NETWORK", "freshness": "FRESH", "age": "0s"}]},
    {"at": "5s-1ns", "in": {"get": "warm", "method": "Quote", "request": {"1": "r1"}},
     "out": [{"to": "warm", "value": {"1": "q1"}, "source": "CACHE", "freshness": "FRESH", "age": "5s-1ns"}]},
    {"at": "6s", "in": {"hint": {"data_saver": true}}}
  ]
}
"#;

#[test]
fn a_vector_prints_as_it_was_written() {
    assert_eq!(Vector::parse(EXAMPLE).unwrap().print(), EXAMPLE);
}

#[test]
fn mistakes_are_named() {
    for (wrong, says) in [
        (
            EXAMPLE.replace("\"method\": \"Quote\", \"request\"", "\"methud\": \"Quote\", \"request\""),
            "methud",
        ),
        (EXAMPLE.replace("{\"get\"", "{\"got\""), "exactly one of"),
        (EXAMPLE.replace("5s-1ns", "5 seconds"), "is not a duration"),
        (EXAMPLE.replace("\"steps\"", "\"stebs\""), "stebs"),
        (EXAMPLE.replace("{\"1\": \"q1\"}", "{\"x\": \"q1\"}"), "field number"),
        (EXAMPLE.replace("holds", "maybe"), "maybe"),
    ] {
        let error = Vector::parse(&wrong).unwrap_err();
        assert!(error.contains(says), "{error}");
    }
}
