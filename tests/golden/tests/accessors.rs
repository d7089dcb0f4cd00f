//! Accessors of every shape, on answers that a poor network trimmed: through a real runtime, over a scripted network.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use futures_util::future::{BoxFuture, ready};
use futures_util::stream::BoxStream;
use holdover::prost::Message as _;
use holdover::prost::bytes::Bytes;
use holdover::{
    Account, Anonymous, CacheMode, CallRequest, Endpoint, Enrich as _, Enriching, Failure, Head, OnProgress,
    Progress, Quality, Received, Response, Runtime, Session, Transport,
};
use holdover_annotations::policy::PolicySet;
use holdover_tests_golden::nested::nested::v1::place::photo::Size;
use holdover_tests_golden::nested::nested::v1::place::{Kind, Parent, Photo};
use holdover_tests_golden::nested::nested::v1::trip::{End, Extra};
use holdover_tests_golden::nested::nested::v1::{GetPlaceRequest, GetTripRequest, Place, Trip, TripsClient};
use holdover_wire::{Limits, Schema};

/// A server that has one trip, and trims it when it is asked to, as the rule says (F3).
struct Server {
    schema: Schema,
}

impl Transport for Server {
    fn unary(
        &self,
        request: CallRequest,
        mut on_progress: OnProgress,
    ) -> BoxFuture<'static, Result<Response, Failure>> {
        on_progress(Progress::Head(Head::default()));
        let full = if request.path.ends_with("GetPlace") {
            place("here").encode_to_vec()
        } else {
            trip().encode_to_vec()
        };
        let mut response = Response { body: Bytes::from(full), ..Response::default() };
        if let Some(asked) = request.metadata.text("holdover-detail") {
            let pruner = self.schema.method(&request.path).unwrap().response_pruner().unwrap();
            assert_eq!(asked, format!("reduced; plan={}", pruner.hash()));
            response.body = pruner.prune(&response.body, &Limits::default()).unwrap().message;
            response.metadata.push("holdover-detail-applied", asked.to_owned()).unwrap();
        }
        Box::pin(ready(Ok(response)))
    }

    fn stream(
        &self,
        _request: CallRequest,
        _messages: BoxStream<'static, Bytes>,
    ) -> BoxStream<'static, Result<Received, Failure>> {
        Box::pin(futures_util::stream::empty())
    }

    fn probe(&self, _endpoint: Endpoint) -> BoxFuture<'static, Result<(), Failure>> {
        Box::pin(ready(Ok(())))
    }

    fn path_changed(&self) {}
}

fn place(name: &str) -> Place {
    Place {
        name: name.to_owned(),
        photo: Some(Photo { pixels: Some(vec![1, 2, 3]), size: Some(Size { width: Some(640) }) }),
        latitude: Some(1.5),
        kind: Some(Kind::Home.into()),
        nickname: Some("home".to_owned()),
        implicit: 7,
        implicit_name: "seven".to_owned(),
        implicit_kind: Kind::Home.into(),
        ..Place::default()
    }
}

fn trip() -> Trip {
    let around = Place { around: Some(Box::new(place("outer"))), ..place("inner") };
    Trip {
        id: "t-1".to_owned(),
        from: Some(Place { parent: Some(Parent::City(Box::new(place("city")))), ..around }),
        stops: vec![place("one"), place("two")],
        named: [("work".to_owned(), place("work"))].into(),
        dropped_map: [(1, place("mapped"))].into(),
        dropped_list: vec![place("listed")],
        dropped_texts: vec!["text".to_owned()],
        only_here: Some("only".to_owned()),
        kept_here: Some("kept".to_owned()),
        end: Some(End::Place(place("end"))),
        extra: Some(Extra::Minutes(12)),
        via: Some(place("via")),
        kinds: vec![Kind::Home.into()],
    }
}

struct App {
    runtime: Runtime,
    trips: TripsClient,
}

fn app() -> App {
    let policy = PolicySet::decode(TripsClient::POLICY).unwrap();
    let server = Server { schema: Schema::new(&policy).unwrap() };
    let runtime =
        Runtime::builder().endpoint("prod", "https://api.example.com").transport(server).build().unwrap();
    let session: Session = runtime.session(Account::user("u-1"), Anonymous);
    App { trips: TripsClient::new(&session).unwrap(), runtime }
}

#[tokio::test]
async fn a_full_answer_withholds_nothing() {
    let app = app();
    let answer = app.trips.get_trip(GetTripRequest::default()).await.unwrap();
    assert_eq!(answer.value, trip());
    let all = answer.value.enriched(answer.withheld());
    assert_eq!(all.only_here(), Enriching::Present("only"));
    assert_eq!(all.extra(), Enriching::Present(&Extra::Minutes(12)));
    assert_eq!(all.kinds(), Enriching::Present(&[Kind::Home.into()][..]));
    assert_eq!(all.dropped_texts().present().unwrap(), ["text"]);
    let (from, view) = all.from().unwrap();
    let from = from.enriched(view);
    assert_eq!(from.latitude(), Enriching::Present(1.5));
    assert_eq!(from.kind(), Enriching::Present(Kind::Home));
    assert_eq!(from.nickname(), Enriching::Present(&"home".to_owned()));
    // The server's word: there is none.
    assert_eq!(from.height(), Enriching::Absent);
    let (city, view) = from.city().unwrap();
    assert_eq!(city.enriched(view).latitude(), Enriching::Present(1.5));
}

#[tokio::test]
async fn a_trimmed_answer_says_what_it_lacks_at_every_depth() {
    let app = app();
    app.runtime.set_quality(Quality::Poor);
    let answer = app.trips.get_trip(GetTripRequest::default()).await.unwrap();
    assert_eq!(answer.value.kept_here.as_deref(), Some("kept"));
    let trip = answer.value.enriched(answer.withheld());
    assert_eq!(trip.only_here(), Enriching::Withheld(None));
    assert_eq!(trip.extra(), Enriching::Withheld(None));
    assert!(
        trip.dropped_texts().is_withheld() && trip.dropped_list().is_withheld() && trip.kinds().is_withheld()
    );
    assert!(trip.dropped_map().is_withheld() && trip.via().is_withheld());

    let withheld = |(place, view): (&Place, holdover::View<'_, Place>)| {
        assert!(!place.name.is_empty());
        let place = place.enriched(view);
        let (photo, view) = place.photo().unwrap();
        let photo = photo.enriched(view);
        let (size, view) = photo.size().unwrap();
        assert!(
            place.latitude().is_withheld() && place.kind().is_withheld() && place.nickname().is_withheld()
        );
        assert!(photo.pixels().is_withheld() && size.enriched(view).width().is_withheld());
    };
    let (from, view) = trip.from().unwrap();
    withheld((from, view));
    withheld(from.enriched(view).around().unwrap());
    withheld(from.enriched(view).city().unwrap());
    withheld(trip.place().unwrap());
    assert_eq!(trip.stops().map(withheld).count(), 2);
    let named: Vec<_> = trip.named().map(|(key, place, view)| (key, withheld((place, view)))).collect();
    assert_eq!(named[0].0, "work");
}

#[tokio::test]
async fn what_one_plan_drops_another_keeps_with_a_view_into_it() {
    let app = app();
    app.runtime.set_quality(Quality::Poor);
    let answer = app.trips.get_whole_trip(GetTripRequest::default()).await.unwrap();
    let trip = answer.value.enriched(answer.withheld());
    let (via, view) = trip.via().present().unwrap();
    assert_eq!((via.name.as_str(), via.enriched(view).latitude()), ("via", Enriching::Withheld(None)));
    let listed = trip.dropped_list().present().unwrap();
    assert!(
        listed.map(|(place, view)| place.enriched(view).latitude()).all(|latitude| latitude.is_withheld())
    );
    let (map, view) = trip.dropped_map().present().unwrap();
    assert!(map[&1].enriched(view).latitude().is_withheld());
    // It has no override for this one, so its mark holds.
    assert_eq!(answer.value.kept_here, None);
}

#[tokio::test]
async fn scalars_without_presence_are_withheld_or_absent_at_zero() {
    let app = app();
    let full = app.trips.get_place(GetPlaceRequest::default()).await.unwrap();
    let place = full.value.enriched(full.withheld());
    assert_eq!(place.implicit(), Enriching::Present(7));
    assert_eq!(place.implicit_name(), Enriching::Present("seven"));
    assert_eq!(place.implicit_kind(), Enriching::Present(Kind::Home));
    let empty = Place::default();
    assert_eq!(empty.enriched(holdover::View::complete()).implicit(), Enriching::Absent);
    app.runtime.set_quality(Quality::Poor);
    let trimmed = app.trips.get_place(GetPlaceRequest::default()).await.unwrap();
    let place = trimmed.value.enriched(trimmed.withheld());
    assert_eq!(place.implicit(), Enriching::Withheld(None));
    assert_eq!(place.implicit_kind(), Enriching::Withheld(None));
}

/// Into a tunnel: what was on the screen stays there, but for what is in lists and maps (rule F9).
#[tokio::test]
async fn withheld_values_offer_what_was_last_known() {
    let app = app();
    app.trips.get_trip(GetTripRequest::default()).await.unwrap();
    app.runtime.set_quality(Quality::Poor);
    let answer = app.trips.get_trip(GetTripRequest::default()).cache(CacheMode::NetworkOnly).await.unwrap();
    let trip = answer.value.enriched(answer.withheld());
    assert_eq!(trip.only_here(), Enriching::Withheld(Some("only")));
    assert_eq!(trip.extra(), Enriching::Withheld(Some(&Extra::Minutes(12))));
    assert_eq!(trip.dropped_texts().known().unwrap(), ["text"]);
    let (via, view) = trip.via().known().unwrap();
    assert_eq!(via.enriched(view).latitude(), Enriching::Present(1.5), "it was seen in full");
    let mut listed = trip.dropped_list().known().unwrap();
    assert!(listed.all(|(place, view)| place.enriched(view).latitude() == Enriching::Present(1.5)));
    let (map, view) = trip.dropped_map().known().unwrap();
    assert_eq!(map[&1].enriched(view).latitude(), Enriching::Present(1.5));

    let (from, view) = trip.from().unwrap();
    let from = from.enriched(view);
    assert_eq!(from.kind(), Enriching::Withheld(Some(Kind::Home)));
    let (around, view) = from.around().unwrap();
    assert_eq!(around.enriched(view).latitude(), Enriching::Withheld(Some(1.5)));
    let (city, view) = from.city().unwrap();
    let (photo, view) = city.enriched(view).photo().unwrap();
    assert_eq!(photo.enriched(view).pixels(), Enriching::Withheld(Some(&[1, 2, 3][..])));
    let (end, view) = trip.place().unwrap();
    assert_eq!(end.enriched(view).latitude(), Enriching::Withheld(Some(1.5)));
    assert!(trip.stops().all(|(stop, view)| stop.enriched(view).latitude() == Enriching::Withheld(None)));
    assert!(
        trip.named().all(|(_, place, view)| place.enriched(view).latitude() == Enriching::Withheld(None))
    );
}
