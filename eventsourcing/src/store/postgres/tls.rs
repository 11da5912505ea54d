//! TLS by rustls with `ring`: certificates are always verified, by the system's roots or those that the options name.

use std::sync::Arc;

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{Error, ErrorKind, Result};

/// What connects with TLS where the server and `sslmode` want it. Roots are read only where they can be needed.
pub(super) fn connector(
    config: &tokio_postgres::Config,
    roots: Option<&[u8]>,
) -> Result<MakeRustlsConnect> {
    let mut store = RootCertStore::empty();
    if let Some(pem) = roots {
        let invalid = |what: String| {
            Error::new(ErrorKind::InvalidConfiguration)
                .because(format!("the root certificates: {what}"))
        };
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| invalid(error.to_string()))?;
            store
                .add(certificate)
                .map_err(|error| invalid(error.to_string()))?;
        }
        if store.is_empty() {
            return Err(invalid("there is none".to_owned()));
        }
    } else if config.get_ssl_mode() != SslMode::Disable && is_remote(config) {
        let native = rustls_native_certs::load_native_certs();
        for error in &native.errors {
            tracing::debug!(%error, "a root certificate of the system could not be read");
        }
        store.add_parsable_certificates(native.certs);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::new(ErrorKind::InvalidConfiguration).caused_by(error))?
        .with_root_certificates(store)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn is_remote(config: &tokio_postgres::Config) -> bool {
    let mut hosts = config.get_hosts().iter();
    hosts.any(|host| matches!(host, Host::Tcp(_))) || config.get_hosts().is_empty()
}
