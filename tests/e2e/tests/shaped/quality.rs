//! A network that turns poor and recovers, with nobody to say so but the traffic itself (sections F and H).

use std::time::Duration;

use holdover::{Detail, Enrich as _, Enriching, Observation, Observed, Quality, Snapshot, Source};
use holdover_e2e::pricing::v1::Quote;
use holdover_e2e::{App, POLICY, PausedClock, Pipe, Rides, Shape, Site, full_quote, settled, state_with};
use holdover_server::DetailLayer;

use crate::{FIBRE, next, ride, watch};

/// Round trips of 1.8 s: POOR begins at 1.42 s and VERY_POOR at 2.01 s.
const TUNNEL: Shape = Shape { delay: Duration::from_millis(900), bytes_per_second: 2_000_000 };
/// 56 kbit/s: POOR begins below 70 and VERY_POOR below 50.
const MODEM: Shape = Shape { delay: Duration::from_millis(15), bytes_per_second: 7_000 };

/// Other calls of the app, which are what is measured.
struct Traffic<'a> {
    app: &'a App<PausedClock>,
    calls: u32,
}

impl Traffic<'_> {
    /// Asks for the quote of a ride that nobody has asked for, every other second.
    async fn call(&mut self) -> Snapshot<Quote> {
        self.calls += 1;
        tokio::time::sleep(Duration::from_secs(2)).await;
        self.app.pricing.get_quote(ride(format!("t-{}", self.calls))).await.unwrap()
    }

    /// Calls until the network is held to be of a class, and tells of which it was in between.
    async fn until(&mut self, wanted: Quality) -> Vec<Quality> {
        let mut seen = vec![self.app.runtime.quality()];
        for _ in 0..300 {
            if seen.last() == Some(&wanted) {
                return seen;
            }
            self.call().await;
            seen.push(self.app.runtime.quality());
            seen.dedup();
        }
        panic!("{wanted:?} is never reached, but {seen:?}");
    }
}

/// Waits for a value with this much in it.
async fn value_with(observation: &mut Observation<Quote>, wanted: Detail) -> Snapshot<Quote> {
    let wanted =
        |state: &Observed<Quote>| matches!(state, Observed::Value(quote) if quote.detail() == wanted);
    match state_with(observation, wanted).await {
        Observed::Value(quote) => quote,
        _ => unreachable!("only values are accepted"),
    }
}

/// Nothing was pinned or hinted: the delay alone makes the network POOR, and its end makes it good.
#[tokio::test(start_paused = true)]
async fn a_train_goes_through_a_tunnel() {
    for site in Site::plain() {
        let (rides, layer) = (Rides::new(), DetailLayer::new(POLICY).unwrap());
        let (pipe, accepted) = Pipe::new(FIBRE);
        site.serve_in(accepted, Some(&layer), rides.clone());
        let app = App::through(&site, &pipe);
        let mut traffic = Traffic { app: &app, calls: 0 };

        // In the open everything is there.
        assert_eq!(traffic.until(Quality::Good).await, [Quality::Unspecified, Quality::Good], "{site:?}");
        let mut observation = app.pricing.observe_get_quote(ride("seen"));
        assert_eq!(settled(&mut observation).await.detail(), Detail::Full, "{site:?}");
        assert_eq!(next(&mut watch(&app, "seen")).await.detail(), Detail::Full, "{site:?}");

        // In the tunnel the class falls step by step, and what an app can do without stays away.
        pipe.shape(TUNNEL);
        let falls = traffic.until(Quality::Poor).await;
        assert!(falls.is_sorted_by(|before, after| before > after), "{site:?}: {falls:?}");
        let reduced = value_with(&mut observation, Detail::Reduced).await;
        assert_eq!(reduced.withheld_paths(), ["breakdown", "cars.picture", "promo"]);
        // What was on the screen stays there.
        let view = reduced.value.enriched(reduced.withheld());
        let Enriching::Withheld(Some(promo)) = view.promo() else { panic!("{site:?}: {:?}", view.promo()) };
        assert_eq!(promo.headline, full_quote().promo.unwrap().headline);
        let mut stream = watch(&app, "boarded");
        assert_eq!(next(&mut stream).await.detail(), Detail::Reduced, "{site:?}");
        for _ in 0..20 {
            assert_eq!(traffic.call().await.detail(), Detail::Reduced, "{site:?}");
            assert_eq!(app.runtime.quality(), Quality::Poor, "{site:?}: the band holds it");
        }

        // Out of it the rest comes by itself.
        pipe.shape(FIBRE);
        let rises = traffic.until(Quality::Good).await;
        assert!(rises.is_sorted_by(|before, after| before < after), "{site:?}: {rises:?}");
        let full = value_with(&mut observation, Detail::Full).await;
        assert_eq!(full.value.promo, full_quote().promo, "{site:?}");
        let restored = loop {
            let quote = next(&mut stream).await;
            if quote.detail() == Detail::Full {
                break quote;
            }
        };
        assert_eq!(
            (restored.source(), &restored.value.promo),
            (Source::Network, &full_quote().promo),
            "{site:?}"
        );
        assert!(layer.metrics().counts().trimmed > 20, "{site:?}");
    }
}

/// Round trips are quick and bytes are slow: then large answers tell. Trimmed ones are too small to say that this is over,
/// so that what they said does not count for ever (reading 31).
#[tokio::test(start_paused = true)]
async fn a_slow_line_trims_large_answers() {
    for site in Site::plain() {
        let (rides, layer) = (Rides::new(), DetailLayer::new(POLICY).unwrap());
        rides.change_quote(|quote| quote.promo.as_mut().unwrap().image = vec![7; 30_000]);
        let (pipe, accepted) = Pipe::new(MODEM);
        site.serve_in(accepted, Some(&layer), rides.clone());
        let app = App::through(&site, &pipe);
        let mut traffic = Traffic { app: &app, calls: 0 };

        assert_eq!(traffic.until(Quality::Poor).await, [Quality::Unspecified, Quality::Poor], "{site:?}");
        let mut observation = app.pricing.observe_get_quote(ride("seen"));
        let reduced = value_with(&mut observation, Detail::Reduced).await;
        assert!(reduced.value.promo.is_none(), "{site:?}");
        for _ in 0..20 {
            assert_eq!(traffic.call().await.detail(), Detail::Reduced, "{site:?}");
        }

        pipe.shape(FIBRE);
        traffic.until(Quality::Good).await;
        let full = value_with(&mut observation, Detail::Full).await;
        assert_eq!(full.value.promo.as_ref().unwrap().image.len(), 30_000, "{site:?}");
    }
}
