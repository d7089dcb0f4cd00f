//! Messages of the vectors' API, as far as tests need them.

use bytes::Bytes;

/// A RideRequest.
pub(crate) fn ride_request(ride: &str) -> Bytes {
    string_field(1, ride)
}

/// A Ride with an id, which is REQUIRED.
pub(crate) fn ride(id: &str) -> Bytes {
    string_field(1, id)
}

pub(crate) fn string_field(number: u8, text: &str) -> Bytes {
    let length = u8::try_from(text.len()).ok().filter(|length| *length < 128).expect("a short text");
    let mut out = vec![number << 3 | 2, length];
    out.extend_from_slice(text.as_bytes());
    out.into()
}
