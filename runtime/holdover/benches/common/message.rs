//! A message of about 1 kB, as screens show them: some text, numbers, and a list.

use prost::Message;

/// The vectors' API. What its policy does not know of a response is kept as it is.
pub(crate) static POLICY: &[u8] = include_bytes!("../../../../tests/vectors/api.policy");

#[derive(Clone, PartialEq, Message)]
pub(crate) struct RideRequest {
    #[prost(string, tag = "1")]
    pub(crate) ride_id: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Ride {
    #[prost(string, optional, tag = "1")]
    pub(crate) id: Option<String>,
    #[prost(int64, optional, tag = "2")]
    pub(crate) cents: Option<i64>,
    #[prost(string, optional, tag = "4")]
    pub(crate) note: Option<String>,
    #[prost(string, optional, tag = "5")]
    pub(crate) driver_id: Option<String>,
    #[prost(message, repeated, tag = "20")]
    pub(crate) stops: Vec<Stop>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Stop {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(double, tag = "2")]
    pub(crate) latitude: f64,
    #[prost(double, tag = "3")]
    pub(crate) longitude: f64,
    #[prost(int64, tag = "4")]
    pub(crate) arrives_ms: i64,
}

/// What the server answers.
pub(crate) fn answer() -> Ride {
    let stop = |n: u32| Stop {
        name: format!("{n} Long Acre, Covent Garden, London"),
        latitude: 51.5 + f64::from(n),
        longitude: -0.12,
        arrives_ms: 1_770_000_000_000 + i64::from(n),
    };
    Ride {
        id: Some("q-1".to_owned()),
        cents: Some(1250),
        note: Some("Meet at the corner, the street is closed for the market until six.".to_owned()),
        driver_id: Some("d-1".to_owned()),
        stops: (0..14).map(stop).collect(),
    }
}
