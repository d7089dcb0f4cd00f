//! Where servers are.

use std::fmt;
use std::sync::Arc;

use crate::{Error, Limits};

/// The protocol of an endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Protocol {
    /// [Connect](https://connectrpc.com/docs/protocol), which passes every proxy.
    #[default]
    Connect,
    /// [gRPC](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md), which needs HTTP/2 from end to end.
    Grpc,
    /// [gRPC-Web](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md), over HTTP/1.1 or HTTP/2.
    GrpcWeb,
}

/// A named place that calls go to. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint(Arc<Inner>);

#[derive(PartialEq, Eq)]
struct Inner {
    name: String,
    uri: http::Uri,
    protocol: Protocol,
    limits: Limits,
}

impl Endpoint {
    /// Checks and keeps the parts. `plain_text` must agree with the url's scheme, so that nobody loses TLS by a typing
    /// mistake (rule J3). A [`Runtime`](crate::Runtime) makes its own; this is for using a transport by itself.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misuse`](crate::ErrorKind::Misuse), naming the part that is wrong.
    pub fn parse(
        name: &str,
        url: &str,
        protocol: Protocol,
        plain_text: bool,
        limits: Limits,
    ) -> Result<Self, Error> {
        let wrong = |what: String| Error::misuse(format!("endpoint {name:?}: {what}"));
        if name.is_empty() || name.len() > MAX_NAME {
            return Err(wrong(format!("give it a name of 1 to {MAX_NAME} bytes")));
        }
        let uri: http::Uri = url.parse().map_err(|error| {
            wrong(format!("{url:?} is no url ({error}); write it like \"https://api.example.com\""))
        })?;
        if uri.authority().is_none_or(|authority| authority.host().is_empty()) {
            return Err(wrong(format!("{url:?} names no host; write it like \"https://api.example.com\"")));
        }
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(wrong(
                "a url with a user or password in it; use the session's credentials".to_owned(),
            ));
        }
        if uri.query().is_some() {
            return Err(wrong(format!("{url:?} has a query; use the session's metadata")));
        }
        match (uri.scheme_str(), plain_text) {
            (Some("https"), false) | (Some("http"), true) => {}
            (Some("http"), false) => {
                return Err(wrong(
                    "the url is http, which anyone on the way can read and change; use https, or say \
                     `plain_text_endpoint` if that is meant"
                        .to_owned(),
                ));
            }
            (Some("https"), true) => {
                return Err(wrong(
                    "the url is https; declare it by `endpoint`, not in plain text".to_owned(),
                ));
            }
            _ => return Err(wrong(format!("{url:?} must start with \"https://\""))),
        }
        Ok(Self(Arc::new(Inner { name: name.to_owned(), uri, protocol, limits })))
    }

    /// The name, as given to the builder: it enters cache keys, so renaming an endpoint empties its cache.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Scheme, host, port and the path that methods are appended to.
    pub fn uri(&self) -> &http::Uri {
        &self.0.uri
    }

    /// The protocol that is spoken there.
    pub fn protocol(&self) -> Protocol {
        self.0.protocol
    }

    /// Bounds on what comes from there.
    pub fn limits(&self) -> Limits {
        self.0.limits
    }

    /// Whether requests travel without TLS.
    pub fn is_plain_text(&self) -> bool {
        self.0.uri.scheme_str() == Some("http")
    }
}

/// Names enter every key.
const MAX_NAME: usize = 100;

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("name", &self.0.name)
            .field("uri", &self.0.uri)
            .field("protocol", &self.0.protocol)
            .finish_non_exhaustive()
    }
}
