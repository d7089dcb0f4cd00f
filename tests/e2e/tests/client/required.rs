//! Answers that lack what the screen cannot do without (rules C3, E2).

use std::time::Duration;

use holdover::{ErrorKind, Freshness, Source};
use holdover_e2e::{App, Rides, Site};

#[tokio::test]
async fn an_answer_without_a_required_field_is_unusable_and_never_stored() {
    for site in Site::plain() {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let app = App::on(&site, &server);
        rides.change_quote(|quote| quote.total = None);
        let error = app.quote().await.unwrap_err();
        assert_eq!((error.kind, error.paths), (ErrorKind::Unusable, vec!["total".to_owned()]), "{site:?}");
        app.quote().await.unwrap_err();
        assert_eq!(rides.calls(), 2, "{site:?}: it was not stored");
    }
}

#[tokio::test]
async fn what_is_stored_covers_for_an_unusable_answer() {
    for site in Site::plain() {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let app = App::on(&site, &server);
        app.quote().await.unwrap();
        rides.change_quote(|quote| {
            quote.quote_id = None;
            quote.destination = "Zoo".to_owned();
        });
        app.clock.advance(Duration::from_secs(120));
        let stale = app.quote().await.unwrap();
        assert_eq!((stale.source(), stale.freshness()), (Source::Cache, Freshness::Stale), "{site:?}");
        assert_eq!(stale.value.destination, "Airport");
        assert_eq!(stale.error().unwrap().kind, ErrorKind::Unusable);
    }
}
