//! What the app learns of each status.

use bytes::Bytes;
use holdover::{Code, ErrorKind};
use holdover_e2e::{App, Refusal, Rides, Site};
use http::{HeaderName, HeaderValue};

#[tokio::test]
async fn every_status_becomes_its_kind_of_error_with_code_message_and_details() {
    for site in Site::plain() {
        for number in (1..=16).filter(|number| *number != 16) {
            let code = Code::from_number(number);
            let rides = Rides::new();
            let server = site.serve(rides.clone());
            let app = App::on(&site, &server);
            let mut refusal = Refusal::of(code, "because");
            refusal.details.push(("google.rpc.ErrorInfo".to_owned(), Bytes::from_static(b"\x0a\x03WHY")));
            rides.refuse_next(refusal);

            let error = app.quote().await.unwrap_err();
            let expected = match code {
                Code::Unavailable
                | Code::ResourceExhausted
                | Code::Internal
                | Code::Unknown
                | Code::Aborted => ErrorKind::Unavailable,
                Code::DeadlineExceeded => ErrorKind::Timeout,
                _ => ErrorKind::Rejected,
            };
            assert_eq!(error.kind, expected, "{site:?} {code:?}: {error}");
            let status = error.status.unwrap_or_else(|| panic!("{site:?} {code:?}: no status"));
            assert_eq!((status.code, status.message.as_str()), (code, "because"));
            let contains = |what: &[u8]| status.details.windows(what.len()).any(|part| part == what);
            assert!(contains(b"type.googleapis.com/google.rpc.ErrorInfo") && contains(b"\x0a\x03WHY"));
            assert_eq!(rides.calls(), 1, "without `retry` there is one attempt");
        }
    }
}

#[tokio::test]
async fn the_servers_wish_to_be_left_alone_reaches_the_app() {
    for site in Site::plain() {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let app = App::on(&site, &server);
        let mut refusal = Refusal::of(Code::Unavailable, "later");
        refusal
            .metadata
            .append(HeaderName::from_static("grpc-retry-pushback-ms"), HeaderValue::from_static("7000"));
        rides.refuse_next(refusal);
        let error = app.quote().await.unwrap_err();
        assert_eq!(error.retry_after, Some(std::time::Duration::from_secs(7)), "{site:?}: {error:?}");
    }
}

#[tokio::test]
async fn the_delay_in_a_statuss_details_reaches_the_app() {
    use holdover::prost::Message as _;
    use tonic_types::StatusExt as _;

    for site in Site::plain() {
        let rides = Rides::new();
        let server = site.serve(rides.clone());
        let app = App::on(&site, &server);
        // As a server of tonic's makes them.
        let delay = std::time::Duration::from_millis(2500);
        let mut details = tonic_types::ErrorDetails::with_retry_info(Some(delay));
        details.set_error_info("QUOTA", "rides.example", std::collections::HashMap::new());
        let status = tonic::Status::with_error_details(tonic::Code::Unavailable, "later", details);
        let status = tonic_types::pb::Status::decode(status.details()).unwrap();

        let mut refusal = Refusal::of(Code::Unavailable, "later");
        refusal.details = status
            .details
            .into_iter()
            .map(|any| (any.type_url.rsplit('/').next().unwrap().to_owned(), any.value.into()))
            .collect();
        assert_eq!(refusal.details.len(), 2);
        rides.refuse_next(refusal);
        let error = app.quote().await.unwrap_err();
        assert_eq!(error.retry_after, Some(delay), "{site:?}: {error:?}");
    }
}
