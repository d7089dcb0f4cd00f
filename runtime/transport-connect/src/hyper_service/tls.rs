//! Whom to trust.

use std::sync::{Arc, OnceLock};

use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt as _;

/// TLS cannot be used as it is configured.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TlsError {
    /// The given bytes hold no certificate that can be a root.
    #[error(
        "the trusted certificates cannot be used ({0}): pass X.509 certificates in PEM, beginning -----BEGIN CERTIFICATE-----"
    )]
    Roots(String),
    /// The system does not tell whom it trusts.
    #[error(
        "the system's trusted certificates cannot be read ({0}): install them (Linux: the package ca-certificates), or pass roots of your own"
    )]
    Platform(String),
}

/// TLS settings, made when they are first needed: reading the system's certificates is IO.
#[derive(Clone)]
pub(crate) struct Tls {
    made: Arc<OnceLock<Result<Arc<ClientConfig>, TlsError>>>,
}

impl Tls {
    /// Trusts what the system trusts.
    pub(crate) fn platform() -> Self {
        Self { made: Arc::default() }
    }

    /// Trusts the certificates in `pem` and no others.
    pub(crate) fn with_roots(pem: &[u8]) -> Result<Self, TlsError> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| TlsError::Roots(error.to_string()))?;
            roots.add(certificate).map_err(|error| TlsError::Roots(error.to_string()))?;
        }
        if roots.is_empty() {
            return Err(TlsError::Roots("there is none".to_owned()));
        }
        let config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsError::Roots(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { made: Arc::new(OnceLock::from(Ok(negotiating(config)))) })
    }

    pub(crate) fn config(&self) -> Result<Arc<ClientConfig>, TlsError> {
        self.made
            .get_or_init(|| {
                let platform = |error: rustls::Error| TlsError::Platform(error.to_string());
                let config = ClientConfig::builder_with_provider(provider())
                    .with_safe_default_protocol_versions()
                    .map_err(platform)?
                    .with_platform_verifier()
                    .map_err(platform)?
                    .with_no_client_auth();
                Ok(negotiating(config))
            })
            .clone()
    }
}

fn negotiating(mut config: ClientConfig) -> Arc<ClientConfig> {
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Arc::new(config)
}

/// Named rather than taken from the process, where an app may have installed none, or two crates may disagree.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}
