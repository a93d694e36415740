//! The CA certificates that the step trusts.

use reqwest::Certificate;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::error::{Error, shown};
use crate::files::NamedFile;

/// The root certificates that the step trusts: those of ca-file, beside the public ones.
#[derive(Debug, Clone, Default)]
pub(crate) struct CaRoots(Vec<Certificate>);

impl CaRoots {
    /// Reads a PEM bundle.
    pub(crate) fn from_file(file: Option<&NamedFile>) -> Result<Self, Error> {
        let Some(file) = file else { return Ok(Self::default()) };
        let unusable = |cause: String| Error::CaFile { path: shown(file.named()), cause };
        let pem = file.read(MAX_BUNDLE_BYTES).map_err(|error| unusable(error.to_string()))?;
        let mut bundle = Vec::new();
        for (number, der) in (1..).zip(CertificateDer::pem_slice_iter(&pem)) {
            let der = der.map_err(|_| unusable(NOT_PEM.to_owned()))?;
            // The client parses them when it connects, where the cause would be lost.
            let readable = RootCertStore::empty().add(der.clone());
            readable.map_err(|error| unusable(format!("certificate {number} can't be read: {error}")))?;
            bundle.push(Certificate::from_der(&der).map_err(|error| Error::client(&error))?);
        }
        // A file without a certificate must not pass for a trusted one.
        if bundle.is_empty() {
            return Err(unusable(NOT_PEM.to_owned()));
        }
        Ok(Self(bundle))
    }

    /// Returns these and the public ones, which are compiled in: the image has no files.
    pub(crate) fn with_public(&self) -> Result<Vec<Certificate>, Error> {
        let public = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
        let public = public.map(|der| Certificate::from_der(der)).collect::<Result<Vec<_>, _>>();
        Ok([public.map_err(|error| Error::client(&error))?, self.0.clone()].concat())
    }
}

/// Many times the size of the public ones.
const MAX_BUNDLE_BYTES: usize = 4 << 20;
const NOT_PEM: &str = "it contains no PEM certificate (-----BEGIN CERTIFICATE-----)";
