//! Views by hand, as generated accessors use them.

use super::*;

#[derive(Clone, PartialEq, prost::Message)]
struct Quote {
    #[prost(string, optional, tag = "1")]
    promo: Option<String>,
    #[prost(message, repeated, tag = "2")]
    stops: Vec<Stop>,
    #[prost(message, optional, boxed, tag = "3")]
    previous: Option<Box<Quote>>,
    #[prost(map = "string, message", tag = "4")]
    extras: std::collections::HashMap<String, Stop>,
    #[prost(message, optional, tag = "5")]
    driver: Option<Stop>,
    #[prost(message, repeated, tag = "6")]
    photos: Vec<Stop>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Stop {
    #[prost(string, optional, tag = "1")]
    photo: Option<String>,
}

/// Drops `promo`, `driver` and `photos`, the photo of every stop and extra, and the same in every previous quote.
fn plan() -> WithheldPlan {
    let quote = vec![
        (1, Action::Drop),
        (2, Action::Descend(1)),
        (3, Action::Descend(0)),
        (4, Action::Descend(2)),
        (5, Action::Drop),
        (6, Action::Drop),
    ];
    let stop = vec![(1, Action::Drop)];
    let extras = vec![(2, Action::Descend(1))];
    WithheldPlan::new(vec![quote, stop, extras], Vec::new())
}

fn stop(photo: &str) -> Stop {
    Stop { photo: Some(photo.to_owned()) }
}

fn full() -> Quote {
    Quote {
        promo: Some("half price".to_owned()),
        stops: vec![stop("a"), stop("b")],
        previous: Some(Box::new(Quote { promo: Some("none".to_owned()), ..Quote::default() })),
        extras: [("x".to_owned(), stop("c"))].into(),
        driver: Some(stop("d")),
        photos: vec![stop("e")],
    }
}

fn withheld(last_known: Option<&Quote>) -> Withheld<Quote> {
    let decode = |bytes: &[u8]| prost::Message::decode(bytes);
    let last_known =
        last_known.map(|quote| Arc::new(LastKnown::new(prost::Message::encode_to_vec(quote).into(), decode)));
    Withheld { plan: Some(Arc::new(plan())), last_known }
}

fn promo<'a>(quote: &'a Quote, view: View<'a, Quote>) -> Enriching<&'a str> {
    view.field(1, quote.promo.as_deref(), |last| last.promo.as_deref())
}

fn photo<'a>(stop: &'a Stop, view: View<'a, Stop>) -> Enriching<&'a str> {
    view.field(1, stop.photo.as_deref(), |last| last.photo.as_deref())
}

#[test]
fn a_complete_view_withholds_nothing() {
    let quote = Quote::default();
    assert_eq!(promo(&quote, View::complete()), Enriching::Absent);
    assert!(View::<Quote>::complete().is_complete());
    let nothing = Withheld::<Quote>::NOTHING;
    assert!(nothing.view().is_complete());
}

#[test]
fn a_dropped_field_is_present_withheld_or_last_known() {
    let last = full();
    let known = withheld(Some(&last));
    let unknown = withheld(None);
    let empty = Quote::default();
    assert_eq!(promo(&last, known.view()), Enriching::Present("half price"));
    assert_eq!(promo(&empty, known.view()), Enriching::Withheld(Some("half price")));
    assert_eq!(promo(&empty, unknown.view()), Enriching::Withheld(None));
    let damaged = Withheld::<Quote> {
        plan: Some(Arc::new(plan())),
        last_known: Some(Arc::new(LastKnown::new(Bytes::from_static(b"\xff"), |bytes| {
            prost::Message::decode(bytes)
        }))),
    };
    assert_eq!(promo(&empty, damaged.view()), Enriching::Withheld(None));
}

#[test]
fn messages_hand_down_their_part_of_the_last_known_one() {
    let last = full();
    let known = withheld(Some(&last));
    let reduced = Quote { previous: Some(Box::default()), ..Quote::default() };
    let view = known.view().child(3, |last| last.previous.as_deref());
    assert_eq!(promo(reduced.previous.as_deref().unwrap(), view), Enriching::Withheld(Some("none")));
    let deeper = view.child(3, |last| last.previous.as_deref());
    assert_eq!(promo(&Quote::default(), deeper), Enriching::Withheld(None), "there was none in full either");
}

#[test]
fn a_dropped_message_comes_with_the_view_to_read_it() {
    let last = full();
    let known = withheld(Some(&last));
    let driver = |quote: &'static Quote, view: View<'static, Quote>| {
        view.message(5, quote.driver.as_ref(), |last| last.driver.as_ref())
    };
    let known: &'static Withheld<Quote> = Box::leak(Box::new(known));
    let empty: &'static Quote = Box::leak(Box::default());
    let Enriching::Withheld(Some((stop, view))) = driver(empty, known.view()) else {
        panic!("the driver is last known")
    };
    assert_eq!(photo(stop, view), Enriching::Present("d"));
    assert!(view.is_complete(), "it was seen in full");
}

#[test]
fn items_share_a_view_and_have_no_last_known_value() {
    let last = full();
    let known = withheld(Some(&last));
    let reduced = Quote { stops: vec![Stop::default(), stop("kept")], ..Quote::default() };
    let items = known.view().items::<Stop>(2, &reduced.stops);
    assert_eq!(items.len(), 2);
    let photos: Vec<_> = items.map(|(stop, view)| photo(stop, view)).collect();
    assert_eq!(photos, [Enriching::Withheld(None), Enriching::Present("kept")]);
}

#[test]
fn a_dropped_list_shows_the_last_known_one() {
    let last = full();
    let known = withheld(Some(&last));
    let empty = Quote::default();
    let list =
        |quote: &'static Quote, view: View<'static, Quote>| view.list(6, &quote.photos, |last| &last.photos);
    let known: &'static Withheld<Quote> = Box::leak(Box::new(known));
    let empty: &'static Quote = Box::leak(Box::new(empty));
    let Enriching::Withheld(Some(items)) = list(empty, known.view()) else {
        panic!("the list is last known")
    };
    let photos: Vec<_> = items.map(|(stop, view)| photo(stop, view)).collect();
    assert_eq!(photos, [Enriching::Present("e")]);
    let unknown: &'static Withheld<Quote> = Box::leak(Box::new(withheld(None)));
    assert!(matches!(list(empty, unknown.view()), Enriching::Withheld(None)));
    assert!(matches!(list(empty, View::complete()), Enriching::Absent));
}

#[test]
fn values_of_maps_are_two_steps_down() {
    let known = withheld(Some(&full()));
    let view: View<'_, Stop> = known.view().map_value(4);
    assert_eq!(photo(&Stop::default(), view), Enriching::Withheld(None));
    let kept: View<'_, Stop> = known.view().map_value(9);
    assert_eq!(photo(&Stop::default(), kept), Enriching::Absent, "the plan does not know this map");
}

#[test]
fn a_oneof_is_withheld_if_a_member_is() {
    let known = withheld(Some(&full()));
    let value = known.view().oneof(&[8, 5], None, |last| last.driver.as_ref());
    assert_eq!(value, Enriching::Withheld(Some(&stop("d"))));
    let value = known.view().oneof(&[8, 9], None::<&Stop>, |last| last.driver.as_ref());
    assert_eq!(value, Enriching::Absent);
}
