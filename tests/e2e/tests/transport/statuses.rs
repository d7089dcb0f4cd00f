//! Every status, with its message, details and metadata.

use bytes::Bytes;
use holdover_client::{Code, Failure};
use holdover_e2e::{Refusal, Site, Stack};
use http::{HeaderName, HeaderValue};
use prost::Message as _;

use crate::call;

/// `google.rpc.Status`, as the engine gets it.
#[derive(Clone, PartialEq, prost::Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

fn refusal(code: Code) -> Refusal {
    let mut refusal = Refusal::of(code, "100 % nein, café");
    refusal.details = vec![
        ("google.rpc.ErrorInfo".to_owned(), Bytes::from_static(b"\x0a\x04WHY?")),
        ("google.rpc.RetryInfo".to_owned(), Bytes::from_static(b"\x0a\x02\x08\x03")),
    ];
    refusal.metadata.append(HeaderName::from_static("x-shard"), HeaderValue::from_static("7"));
    refusal
}

#[tokio::test]
async fn every_code_arrives_with_message_details_and_metadata() {
    for site in Site::plain() {
        for number in 1..=16 {
            let expected = Code::from_number(number);
            let server = site.serve(move |_| std::future::ready(Err(refusal(expected))));
            let outcome = call(&site, &server, "").await;
            let Err(Failure::Status { code, message, details, metadata }) = outcome else {
                panic!("{site:?}: {expected:?} was sent, {outcome:?} arrived");
            };
            assert_eq!((code, message.as_str()), (expected, "100 % nein, café"), "{site:?}");
            assert_eq!(metadata.text("x-shard"), Some("7"), "{site:?}");
            let details = RpcStatus::decode(details).unwrap();
            assert_eq!((details.code, details.message.as_str()), (i32::try_from(number).unwrap(), &*message));
            let names: Vec<_> = details.details.iter().map(|detail| detail.type_url.as_str()).collect();
            assert_eq!(
                names,
                ["type.googleapis.com/google.rpc.ErrorInfo", "type.googleapis.com/google.rpc.RetryInfo"]
            );
            assert_eq!(details.details[1].value, b"\x0a\x02\x08\x03");
        }
    }
}

#[tokio::test]
async fn a_status_arrives_over_every_kind_of_connection() {
    for site in Site::all() {
        let server = site.serve(async |_| Err(refusal(Code::NotFound)));
        let failure = call(&site, &server, "").await.unwrap_err();
        assert!(matches!(failure, Failure::Status { code: Code::NotFound, .. }), "{site:?}: {failure:?}");
    }
}

#[tokio::test]
async fn a_method_that_the_server_does_not_have() {
    for site in Site::plain() {
        let server = site.serve(async |_| Err(Refusal::of(Code::Internal, "not to be called")));
        let mut request = crate::request(site.endpoint(&server), "");
        request.path = "/other.v1.Service/Method".into();
        let transport = holdover_e2e::transport(&server);
        let failure =
            holdover_client::Transport::unary(&transport, request, Box::new(|_| {})).await.unwrap_err();
        let code = match failure {
            Failure::Status { code, .. } => code,
            // tonic answers calls that are not for a service of its own in HTTP's words alone.
            Failure::Intercepted { code, .. } if site.stack == Stack::Tonic => code,
            other => panic!("{site:?}: {other:?}"),
        };
        assert_eq!(code, Code::Unimplemented, "{site:?}");
    }
}
