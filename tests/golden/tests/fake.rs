//! Generated fakes answer app code that is written against the interface, without a runtime.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _, stream};
use holdover::{Detail, Enrich as _, Enriching, Error, ErrorKind, Observed, Snapshot};
use holdover_tests_golden::ride_pricing::pricing::v1::{
    Banner, Car, FakePricing, GetQuoteRequest, Money, Pricing, PricingClient, Quote,
    UpdateDestinationRequest, UpdateDestinationResponse, tags,
};

/// App code: what the quote screen shows.
struct Screen {
    pricing: Arc<dyn Pricing>,
}

impl Screen {
    async fn price(&self, ride: &str) -> Result<i64, Error> {
        let request = GetQuoteRequest { ride_id: ride.to_owned() };
        let quote = self.pricing.get_quote(request).timeout(Duration::from_secs(2)).await?;
        Ok(quote.value.total.map(|total| total.minor_units).unwrap_or_default())
    }

    async fn headlines(&self, ride: &str) -> Vec<String> {
        let request = GetQuoteRequest { ride_id: ride.to_owned() };
        let states = self.pricing.observe_get_quote(request).take(2);
        let text = |state: Observed<Quote>| match state {
            Observed::Loading => "…".to_owned(),
            Observed::Failed(error) => error.to_string(),
            Observed::Value(quote) => match quote.value.enriched(quote.withheld()).promo() {
                Enriching::Present(banner) => banner.headline.clone(),
                Enriching::Absent => "no promotion".to_owned(),
                Enriching::Withheld(last) => last.map(|banner| banner.headline.clone()).unwrap_or_default(),
            },
        };
        states.map(text).collect().await
    }
}

fn quote() -> Quote {
    Quote {
        quote_id: Some("q-1".to_owned()),
        total: Some(Money { currency: "EUR".to_owned(), minor_units: 1250 }),
        promo: Some(Banner { headline: "Half price".to_owned(), ..Banner::default() }),
        cars: vec![Car { picture: Some(vec![1, 2]), ..Car::default() }, Car::default()],
        ..Quote::default()
    }
}

#[test]
fn an_app_is_tested_without_a_runtime() {
    let fake = FakePricing::new();
    fake.get_quote.answer(|request| {
        if request.ride_id == "r-17" {
            Ok(Snapshot::fresh(quote()))
        } else {
            Err(Error::new(ErrorKind::Offline, "no network"))
        }
    });
    let screen = Screen { pricing: Arc::new(fake.clone()) };
    assert_eq!(screen.price("r-17").now_or_never().unwrap(), Ok(1250));
    assert_eq!(screen.price("r-18").now_or_never().unwrap().unwrap_err().kind, ErrorKind::Offline);
    assert_eq!(screen.headlines("r-17").now_or_never().unwrap(), ["…", "Half price"]);
    assert_eq!(screen.headlines("r-18").now_or_never().unwrap(), ["…", "OFFLINE: no network"]);

    let calls = fake.get_quote.calls();
    assert_eq!(calls[0].request.ride_id, "r-17");
    assert_eq!(calls[0].options.timeout, Some(Duration::from_secs(2)));
    assert_eq!(fake.get_quote.observed().len(), 2);
    assert!(fake.update_destination.requests().is_empty());
}

#[test]
fn every_function_of_the_interface_is_faked() {
    let fake = FakePricing::default();
    let pricing: &dyn Pricing = &fake;
    let request = GetQuoteRequest { ride_id: "r".to_owned() };
    assert!(pricing.cached_get_quote(&request).is_none());
    fake.get_quote.keep(|_| Some(Snapshot::fresh(quote())));
    assert_eq!(pricing.cached_get_quote(&request).unwrap().value, quote());
    fake.get_quote.show(|_| stream::iter([Observed::Loading]));
    let shown: Vec<_> = pricing.observe_get_quote(request.clone()).collect().now_or_never().unwrap();
    assert_eq!(shown, [Observed::Loading]);

    let change = UpdateDestinationRequest { ride_id: "r".to_owned(), destination: "home".to_owned() };
    let error = pricing.update_destination(change.clone()).now_or_never().unwrap().unwrap_err();
    assert!(error.to_string().contains("pricing.v1.Pricing/UpdateDestination"), "{error}");
    fake.update_destination
        .answer(|change| Ok(Snapshot::fresh(UpdateDestinationResponse { destination: change.destination })));
    let done = pricing.update_destination(change.clone()).now_or_never().unwrap().unwrap();
    assert_eq!(done.value.destination, "home");
    assert_eq!(fake.update_destination.requests(), [change.clone(), change]);
}

#[test]
fn a_fake_answers_as_a_poor_network_does() {
    const METHOD: &str = "pricing.v1.Pricing/GetQuote";
    let reduced = |last_known| Snapshot::reduced(&quote(), PricingClient::POLICY, METHOD, last_known);
    let fake = FakePricing::new();
    fake.get_quote.answer(move |_| reduced(None));
    let answer = fake.get_quote(GetQuoteRequest::default()).now_or_never().unwrap().unwrap();
    assert_eq!(answer.detail(), Detail::Reduced);
    assert_eq!(answer.withheld_paths(), ["breakdown", "cars.picture", "promo"]);
    assert_eq!((&answer.value.total, &answer.value.promo), (&quote().total, &None));
    let enriched = answer.value.enriched(answer.withheld());
    assert_eq!(enriched.promo(), Enriching::Withheld(None));
    let pictures: Vec<_> = enriched.cars().map(|(car, view)| car.enriched(view).picture()).collect();
    assert_eq!(pictures, [Enriching::Withheld(None), Enriching::Withheld(None)]);

    let answer = reduced(Some(quote())).unwrap();
    let promo = answer.value.enriched(answer.withheld()).promo();
    assert!(matches!(promo, Enriching::Withheld(Some(last)) if last.headline == "Half price"), "{promo:?}");

    let refused = |policy: &[u8], method: &str| {
        let error = Snapshot::reduced(&quote(), policy, method, None).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Misuse);
        error.message
    };
    assert!(refused(PricingClient::POLICY, "GetQuote").contains(METHOD));
    assert!(refused(PricingClient::POLICY, "pricing.v1.Pricing/GetProfile").contains("`detail`"));
    assert!(refused(b"\xff", METHOD).contains("policy"));
}

#[test]
fn accessors_of_a_complete_message_are_present_or_absent() {
    let quote = quote();
    let view = holdover::View::complete();
    let enriched = quote.enriched(view);
    assert_eq!(enriched.promo().present().unwrap().headline, "Half price");
    assert_eq!(enriched.breakdown(), Enriching::Absent);
    let pictures: Vec<_> = enriched.cars().map(|(car, view)| car.enriched(view).picture()).collect();
    assert_eq!(pictures, [Enriching::Present(&[1, 2][..]), Enriching::Absent]);
}

#[test]
fn tags_are_made_of_parts() {
    let tag = tags::ride("r-17");
    assert_eq!(tag, holdover::binding::TagBuilder::new().literal("ride:").value("r-17").build());
    assert_ne!(tag, tags::ride("r-18".to_owned()));
}
