//! How long the caller will wait, as the server is told.

use std::time::Duration;

use crate::Protocol;

/// gRPC's `TimeoutValue` has at most eight digits.
const GRPC_MOST: u128 = 99_999_999;
/// `connect-timeout-ms` has at most ten digits.
const CONNECT_MOST: u128 = 9_999_999_999;

/// The value of [`Protocol::timeout_header`].
///
/// Never says more than `timeout`: a server that gives up a moment early costs one attempt, one that goes on after
/// everybody has left costs work. A timeout that the format cannot hold is cut to the longest that it can.
pub(crate) fn header_value(protocol: Protocol, timeout: Duration) -> String {
    match protocol {
        Protocol::Connect | Protocol::ConnectStream => timeout.as_millis().min(CONNECT_MOST).to_string(),
        Protocol::Grpc | Protocol::GrpcWeb => {
            let units = [
                (timeout.as_nanos(), 'n'),
                (timeout.as_micros(), 'u'),
                (timeout.as_millis(), 'm'),
                (u128::from(timeout.as_secs()), 'S'),
                (u128::from(timeout.as_secs() / 60), 'M'),
            ];
            // The finest unit that fits in eight digits keeps the most of the caller's precision.
            let (value, unit) = units
                .into_iter()
                .find(|(value, _)| *value <= GRPC_MOST)
                .unwrap_or((u128::from(timeout.as_secs() / 3600).min(GRPC_MOST), 'H'));
            format!("{value}{unit}")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::header_value;
    use crate::Protocol;

    #[test]
    fn grpc_uses_the_finest_unit_that_fits() {
        let grpc = |timeout| header_value(Protocol::Grpc, timeout);
        assert_eq!(grpc(Duration::ZERO), "0n");
        assert_eq!(grpc(Duration::from_nanos(99_999_999)), "99999999n");
        assert_eq!(grpc(Duration::from_millis(100)), "100000u");
        assert_eq!(grpc(Duration::from_secs(10)), "10000000u");
        assert_eq!(grpc(Duration::from_secs(100)), "100000m");
        assert_eq!(grpc(Duration::from_secs(100_000)), "100000S");
        assert_eq!(grpc(Duration::from_secs(100_000_000)), "1666666M");
        assert_eq!(grpc(Duration::MAX), "99999999H");
    }

    #[test]
    fn connect_counts_milliseconds_and_never_more_than_asked() {
        let connect = |timeout| header_value(Protocol::Connect, timeout);
        assert_eq!(connect(Duration::from_micros(1_999)), "1");
        assert_eq!(connect(Duration::from_secs(10)), "10000");
        assert_eq!(connect(Duration::MAX), "9999999999");
    }
}
