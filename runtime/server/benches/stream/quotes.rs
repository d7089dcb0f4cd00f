//! Quotes like the example's, and the policy that leaves out two thirds of them.

use bytes::Bytes;
use holdover_annotations::policy::{self, field, prune_field::Action};
use prost::Message;

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Quote {
    #[prost(string, optional, tag = "1")]
    quote_id: Option<String>,
    #[prost(message, optional, tag = "2")]
    total: Option<Money>,
    #[prost(string, tag = "3")]
    destination: String,
    #[prost(message, optional, tag = "4")]
    breakdown: Option<Breakdown>,
    #[prost(message, repeated, tag = "5")]
    cars: Vec<Car>,
    #[prost(message, optional, tag = "9")]
    promo: Option<Banner>,
}

#[derive(Clone, PartialEq, Message)]
struct Money {
    #[prost(string, tag = "1")]
    currency: String,
    #[prost(int64, tag = "2")]
    minor_units: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Breakdown {
    #[prost(message, optional, tag = "1")]
    base: Option<Money>,
    #[prost(message, optional, tag = "2")]
    distance: Option<Money>,
    #[prost(string, tag = "4")]
    explanation: String,
}

#[derive(Clone, PartialEq, Message)]
struct Car {
    #[prost(string, tag = "1")]
    car_id: String,
    #[prost(string, tag = "2")]
    model: String,
    #[prost(int32, tag = "3")]
    minutes_away: i32,
    #[prost(bytes = "bytes", optional, tag = "4")]
    picture: Option<Bytes>,
}

#[derive(Clone, PartialEq, Message)]
struct Banner {
    #[prost(string, tag = "1")]
    headline: String,
    #[prost(string, tag = "2")]
    body: String,
}

pub(crate) fn quote(n: usize) -> Quote {
    let money = |minor_units| Some(Money { currency: "EUR".into(), minor_units });
    let minor_units = i64::try_from(1200 + n % 97).expect("it is small");
    let noise = |car: usize| (0..60).map(|at| (at * 37 + car * 11 + n).to_le_bytes()[0]).collect::<Bytes>();
    Quote {
        quote_id: Some(format!("quote-{n:08}")),
        total: money(minor_units),
        destination: "Airport, Terminal 2, Departures".into(),
        breakdown: Some(Breakdown {
            base: money(300),
            distance: money(minor_units - 300),
            explanation: "It rains, and everybody wants to go home at the same time as you do.".into(),
        }),
        cars: (0..10)
            .map(|car| Car {
                car_id: format!("car-{car:04}"),
                model: "Electric, four seats".into(),
                minutes_away: 3,
                picture: Some(noise(car)),
            })
            .collect(),
        promo: Some(Banner {
            headline: "Half price on Mondays".into(),
            body: "Ride on a Monday and pay half of what you would pay on any other day of the week.".into(),
        }),
    }
}

pub(crate) fn clear(quote: &mut Quote) {
    quote.breakdown = None;
    quote.promo = None;
    for car in &mut quote.cars {
        car.picture = None;
    }
}

pub(crate) const ASK: &str = "reduced; plan=0123456789abcdef0123456789abcdef";

/// The policy of `t.Pricing/Watch`, as the compiler would write it for these messages.
pub(crate) fn policy() -> policy::PolicySet {
    let field = |number, name: &str, kind: field::Kind, target| policy::Field {
        number,
        name: name.into(),
        kind: kind as i32,
        presence: field::Presence::Explicit as i32,
        r#type: target,
        ..Default::default()
    };
    let cars = policy::Field {
        presence: field::Presence::Repeated as i32,
        ..field(5, "cars", field::Kind::Message, 0)
    };
    let types = vec![
        policy::MessageType {
            name: "t.Car".into(),
            fields: vec![field(4, "picture", field::Kind::Bytes, 0)],
            ..Default::default()
        },
        policy::MessageType {
            name: "t.Quote".into(),
            fields: vec![
                field(4, "breakdown", field::Kind::Message, 1),
                cars,
                field(9, "promo", field::Kind::Message, 1),
            ],
            ..Default::default()
        },
    ];
    let drop = |number| policy::PruneField { number, action: Some(Action::Drop(true)) };
    let descend = |number, node| policy::PruneField { number, action: Some(Action::Descend(node)) };
    let plan = policy::PrunePlan {
        nodes: vec![
            policy::PruneNode {
                r#type: 1,
                fields: vec![drop(4), descend(5, 1), drop(9)],
                drop_unknown: false,
            },
            policy::PruneNode { r#type: 0, fields: vec![drop(4)], drop_unknown: false },
        ],
        hash: ASK.rsplit('=').next().expect("it names the plan").into(),
        mask_paths: vec![],
    };
    policy::PolicySet {
        format_version: holdover_annotations::POLICY_FORMAT,
        types,
        methods: vec![policy::Method {
            service: "t.Pricing".into(),
            name: "Watch".into(),
            kind: policy::method::Kind::ServerStream as i32,
            request_type: 1,
            response_type: 1,
            detail: Some(policy::Detail { response: Some(plan), ..Default::default() }),
            ..Default::default()
        }],
        compiler: String::new(),
    }
}
