//! What a poor network leaves out, as accessors see it.

use holdover_client::{Detail, Enriching, Freshness, Metadata, Quality, View};
use holdover_testkit::network::Reply;

use crate::rides::{Banner, Ride, Stage, TRIP, World, encode, secs};

/// What generated accessors do, by hand.
fn promo<'a>(ride: &'a Ride, view: View<'a, Ride>) -> Enriching<&'a Banner> {
    view.field(3, ride.promo.as_ref(), |last| last.promo.as_ref())
}

fn sketch<'a>(ride: &'a Ride, view: View<'a, Ride>) -> Enriching<&'a str> {
    let stage = ride.first.as_ref().unwrap();
    let view: View<'a, Stage> = view.child(6, |last| last.first.as_ref());
    view.field(2, stage.sketch.as_deref(), |last| last.sketch.as_deref())
}

fn full() -> Ride {
    Ride {
        id: Some("q1".to_owned()),
        promo: Some(Banner { text: Some("half price".to_owned()) }),
        first: Some(Stage { id: Some("s".to_owned()), sketch: Some("~".to_owned()) }),
        ..Ride::default()
    }
}

/// Trims when it is asked to, like a server with the detail layer.
fn cooperating(request: &holdover_client::CallRequest) -> Reply {
    let mut metadata = Metadata::new();
    let Some(asked) = request.metadata.text("holdover-detail") else { return Reply::Ok(encode(&full())) };
    metadata.push("holdover-detail-applied", asked.to_owned()).unwrap();
    let mut reduced = full();
    reduced.promo = None;
    reduced.first = Some(Stage { id: Some("s".to_owned()), sketch: None });
    Reply::OkWith(encode(&reduced), metadata)
}

#[test]
fn what_was_left_out_shows_its_last_known_value() {
    let mut world = World::new();
    world.network.now(cooperating);
    let before = world.get(TRIP, "r1").unwrap();
    assert_eq!(
        promo(&before.value, before.withheld()).present().unwrap().text.as_deref(),
        Some("half price")
    );
    assert!(before.withheld().is_complete());
    world.runtime.set_quality(Quality::Poor);
    world.pass(secs(100));
    let reduced = world.get(TRIP, "r1").unwrap();
    assert_eq!((reduced.detail(), reduced.freshness()), (Detail::Reduced, Freshness::Fresh));
    assert_eq!(reduced.withheld_paths(), ["first.sketch", "note", "promo"]);
    let banner = Banner { text: Some("half price".to_owned()) };
    assert_eq!(promo(&reduced.value, reduced.withheld()), Enriching::Withheld(Some(&banner)));
    assert_eq!(sketch(&reduced.value, reduced.withheld()), Enriching::Withheld(Some("~")));
    let row =
        reduced.map(|ride, withheld| promo(&ride, withheld).known().and_then(|banner| banner.text.clone()));
    assert_eq!((row.value.as_deref(), row.detail()), (Some("half price"), Detail::Reduced));
}

#[test]
fn without_a_full_answer_nothing_is_known() {
    let mut world = World::new();
    world.network.now(cooperating);
    world.runtime.set_quality(Quality::Poor);
    let reduced = world.get(TRIP, "r1").unwrap();
    assert_eq!(promo(&reduced.value, reduced.withheld()), Enriching::Withheld(None));
    assert_eq!(sketch(&reduced.value, reduced.withheld()), Enriching::Withheld(None));
    let note = reduced.withheld().field(2, reduced.value.cents, |last| last.cents);
    assert_eq!(note, Enriching::Absent, "never dropped, so its absence is the server's word");
}
