//! Deadlines that servers are not told of.

use futures_util::future::BoxFuture;
use holdover_transport_connect::{HttpFailure, HttpService, RequestBody, ResponseBody};
use http::{HeaderName, Request, Response};

/// What tells servers how long an attempt may take, and by what name they see it here.
const DEADLINES: [(HeaderName, HeaderName); 2] = [
    (HeaderName::from_static("connect-timeout-ms"), HeaderName::from_static("untold-connect-timeout-ms")),
    (HeaderName::from_static("grpc-timeout"), HeaderName::from_static("untold-grpc-timeout")),
];

/// Sends requests whose deadlines servers can see and do not act upon: they would wait by the system's clock, while the
/// app's stands still until a test turns it, and a slow machine would decide what is tested.
pub(crate) struct Untold<S>(pub(crate) S);

impl<S: HttpService> HttpService for Untold<S> {
    fn send(
        &self,
        mut request: Request<RequestBody>,
    ) -> BoxFuture<'static, Result<Response<ResponseBody>, HttpFailure>> {
        for (name, seen) in DEADLINES {
            if let Some(deadline) = request.headers_mut().remove(name) {
                request.headers_mut().insert(seen, deadline);
            }
        }
        self.0.send(request)
    }

    fn suspect(&self) {
        self.0.suspect();
    }

    fn probe(
        &self,
        request: Request<RequestBody>,
    ) -> BoxFuture<'static, Result<Response<ResponseBody>, HttpFailure>> {
        self.0.probe(request)
    }
}
