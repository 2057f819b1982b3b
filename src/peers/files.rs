//! What a target may want of the certificate laboratory.

use std::sync::Arc;

use super::host::{File, Responder};
use crate::crypto::lab::{LARGEST_OCSP_REQUEST, Lab, LabError, OCSP_NAME};

/// One white pixel.
const LOGO: [u8; 67] = [
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0x00, 0x01, 0x00,
    0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b, 0x55, 0x00, 0x00, 0x00, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78,
    0x9c, 0x63, 0xf8, 0x0f, 0x00, 0x01, 0x01, 0x01, 0x00, 0x1b, 0xb6, 0xee, 0x56, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44,
    0xae, 0x42, 0x60, 0x82,
];

/// The OCSP responder of the laboratory.
#[must_use]
pub fn laboratory_responder(lab: &Arc<Lab>) -> Responder {
    let lab = Arc::clone(lab);
    Responder { name: OCSP_NAME, largest: LARGEST_OCSP_REQUEST, answer: Arc::new(move |request| lab.ocsp_answer(request).ok()) }
}

/// Lists, certificates of CAs and a logo, by the names that the certificates of the laboratory use.
///
/// # Errors
/// When a list cannot be signed.
pub fn laboratory_files(lab: &Lab) -> Result<Vec<File>, LabError> {
    let file = |name, content_type, content| File { name, content_type, content };
    Ok(vec![
        file("root.crl", "application/pkix-crl", lab.list_of_root()?),
        file("issuing-a.crl", "application/pkix-crl", lab.list_of_issuing_a()?),
        file("root.cer", "application/pkix-cert", lab.root().to_vec()),
        file("issuing-a.cer", "application/pkix-cert", lab.issuing()[0].to_vec()),
        file("logo.png", "image/png", LOGO.to_vec()),
    ])
}
