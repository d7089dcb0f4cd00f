//! What the build script generated.

/// The annotated API.
pub(crate) mod pricing {
    /// Messages and clients by Holdover; the server's trait by tonic.
    #[allow(
        unreachable_pub,
        missing_docs,
        dead_code,
        clippy::all,
        reason = "generated; the story uses a part of it"
    )]
    #[allow(clippy::allow_attributes_without_reason, reason = "tonic's generated code gives none")]
    pub(crate) mod v1 {
        include!(concat!(env!("OUT_DIR"), "/pricing.v1.rs"));
        include!(concat!(env!("OUT_DIR"), "/server/pricing.v1.rs"));
    }
}

/// The compiled policy, for the server's layer.
pub(crate) const POLICY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/pricing.policy"));
