//! What the error OFFLINE says.

use holdover_engine::{CacheMode, Form};

use crate::rig::Rig;
use crate::ways::Way;

/// What the error says for people who have to do something about it.
#[test]
fn the_error_says_who_is_offline_and_what_would_help_by_the_mode() {
    let said = |rig: &mut Rig, method: &str, cache: CacheMode| {
        let op = rig.with_mode(method, cache, Form::Get);
        rig.result(op).unwrap().unwrap_err().message
    };
    for (way, who) in [
        (Way::Platform, "the platform says that there is no network"),
        (Way::Pin, "the app says that it is offline, by `set_quality`"),
        (Way::Failures, "the server is known to be out of reach"),
    ] {
        let mut rig = Rig::new();
        rig.go_offline(way);
        for (method, cache, what) in [
            ("Quote", CacheMode::Default, "nothing is stored that has not expired"),
            ("Quote", CacheMode::Default, "annotate the method with `offline.serve_stale`"),
            ("Quote", CacheMode::NetworkOnly, "get what is stored by another mode"),
            ("FailFast", CacheMode::Default, "the method is `fail_fast`"),
            ("Stale", CacheMode::Default, "nothing is stored that `serve_stale` could serve"),
            ("StaleDay", CacheMode::Default, "younger than the `max_age` of its `serve_stale`"),
        ] {
            let message = said(&mut rig, method, cache);
            assert!(message.starts_with(who), "{message}");
            assert!(message.contains(what), "{method}: {message}");
            let advises_mode = message.contains("annotate");
            assert_eq!(advises_mode, method == "Quote" && cache == CacheMode::Default, "{message}");
        }
    }
}
