//! What a certificate says about itself, read without judging it.
//!
//! The texts are those of the target: whoever shows them escapes them.

use std::net::IpAddr;

use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, ParsedExtension, X509Certificate};
use x509_parser::public_key::PublicKey;

/// The most certificates of a chain that are read.
pub const MAX_CERTIFICATES: usize = 10;
/// The largest certificate that is read.
pub const MAX_CERTIFICATE_BYTES: usize = 64 * 1024;

/// What one certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFacts {
    /// The subject, as a distinguished name; may be empty.
    pub subject: String,
    /// The issuer, as a distinguished name.
    pub issuer: String,
    /// The subject alternative names that a host can match, DNS names and addresses, without a prefix.
    pub names: Vec<String>,
    /// Valid from this second on.
    pub not_before: OffsetDateTime,
    /// Valid up to and including this second.
    pub not_after: OffsetDateTime,
    /// SHA-256 of the DER, in lower-case hexadecimal.
    pub sha256: String,
    /// `RSA`, `EC`, `Ed25519` or the object identifier.
    pub key_type: String,
    /// The size of the key; 0 if unknown.
    pub key_bits: usize,
    /// The name of the signature algorithm, or its object identifier.
    pub signature_algorithm: String,
    /// The serial number in hexadecimal with colons.
    pub serial: String,
    /// True if subject and issuer are the same name.
    pub is_self_issued: bool,
    /// The certificate itself.
    pub der: Vec<u8>,
}

impl CertificateFacts {
    /// Reads a certificate.
    ///
    /// # Errors
    /// With what is wrong, in words, if the bytes are no certificate or too many.
    pub fn read(der: &[u8]) -> Result<Self, String> {
        if der.len() > MAX_CERTIFICATE_BYTES {
            return Err(format!("{} bytes, more than {MAX_CERTIFICATE_BYTES}", der.len()));
        }
        let (rest, parsed) = X509Certificate::from_der(der).map_err(|error| format!("not readable as X.509: {error}"))?;
        if !rest.is_empty() {
            return Err(format!("{} bytes follow the certificate", rest.len()));
        }
        let (key_type, key_bits) = key_of(&parsed);
        Ok(Self {
            subject: parsed.subject().to_string(),
            issuer: parsed.issuer().to_string(),
            names: names_of(&parsed),
            not_before: parsed.validity().not_before.to_datetime(),
            not_after: parsed.validity().not_after.to_datetime(),
            sha256: hexadecimal(&Sha256::digest(der)),
            key_type,
            key_bits,
            signature_algorithm: algorithm_name(&parsed.signature_algorithm.algorithm.to_id_string()),
            serial: parsed.raw_serial_as_string(),
            is_self_issued: parsed.subject().as_raw() == parsed.issuer().as_raw(),
            der: der.to_vec(),
        })
    }

    /// True between its dates, both included.
    #[must_use]
    pub fn is_valid_at(&self, now: OffsetDateTime) -> bool {
        self.not_before <= now && now <= self.not_after
    }

    /// The subject, or the first name if the subject is empty.
    #[must_use]
    pub fn title(&self) -> &str {
        match (self.subject.is_empty(), self.names.first()) {
            (true, Some(name)) => name,
            (true, None) => "(no subject)",
            _ => &self.subject,
        }
    }
}

fn names_of(parsed: &X509Certificate<'_>) -> Vec<String> {
    let extensions = parsed.iter_extensions().filter_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectAlternativeName(names) => Some(names),
        _ => None,
    });
    extensions
        .flat_map(|names| &names.general_names)
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some((*name).to_string()),
            GeneralName::IPAddress(bytes) => address(bytes),
            _ => None,
        })
        .collect()
}

fn address(bytes: &[u8]) -> Option<String> {
    let four = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    four.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok().map(|address| address.to_string())
}

fn key_of(parsed: &X509Certificate<'_>) -> (String, usize) {
    let identifier = parsed.public_key().algorithm.algorithm.to_id_string();
    match (identifier.as_str(), parsed.public_key().parsed()) {
        ("1.3.101.112", _) => ("Ed25519".into(), 256),
        ("1.3.101.113", _) => ("Ed448".into(), 456),
        (_, Ok(key @ PublicKey::RSA(_))) => ("RSA".into(), key.key_size()),
        (_, Ok(PublicKey::EC(_))) => ("EC".into(), curve_bits(parsed)),
        _ => (identifier, 0),
    }
}

/// The size of the curve by its name; the length of the point says 528 for P-521.
fn curve_bits(parsed: &X509Certificate<'_>) -> usize {
    let parameters = parsed.public_key().algorithm.parameters.as_ref();
    let curve = parameters.and_then(|any| any.as_oid().ok()).map(|curve| curve.to_id_string());
    match curve.as_deref() {
        Some("1.2.840.10045.3.1.1") => 192,
        Some("1.3.132.0.33") => 224,
        Some("1.2.840.10045.3.1.7" | "1.3.132.0.10" | "1.3.36.3.3.2.8.1.1.7") => 256,
        Some("1.3.132.0.34" | "1.3.36.3.3.2.8.1.1.11") => 384,
        Some("1.3.36.3.3.2.8.1.1.13") => 512,
        Some("1.3.132.0.35") => 521,
        _ => 0,
    }
}

fn algorithm_name(identifier: &str) -> String {
    let name = match identifier {
        "1.2.840.113549.1.1.4" => "md5WithRSAEncryption",
        "1.2.840.113549.1.1.5" => "sha1WithRSAEncryption",
        "1.2.840.113549.1.1.10" => "rsassaPss",
        "1.2.840.113549.1.1.11" => "sha256WithRSAEncryption",
        "1.2.840.113549.1.1.12" => "sha384WithRSAEncryption",
        "1.2.840.113549.1.1.13" => "sha512WithRSAEncryption",
        "1.2.840.10045.4.1" => "ecdsa-with-SHA1",
        "1.2.840.10045.4.3.2" => "ecdsa-with-SHA256",
        "1.2.840.10045.4.3.3" => "ecdsa-with-SHA384",
        "1.2.840.10045.4.3.4" => "ecdsa-with-SHA512",
        "1.2.840.10040.4.3" => "dsa-with-SHA1",
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        other => other,
    };
    name.to_string()
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}"); // writing to a String cannot fail
        out
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_certificate_is_read_with_its_names_key_and_fingerprint() {
        let names = ["payer.example".to_string(), "192.0.2.7".to_string()];
        let made = rcgen::generate_simple_self_signed(names.clone()).expect("a certificate");
        let facts = CertificateFacts::read(made.cert.der()).expect("facts");
        assert_eq!(facts.names, names);
        assert_eq!((facts.key_type.as_str(), facts.key_bits), ("EC", 256));
        assert_eq!(facts.signature_algorithm, "ecdsa-with-SHA256");
        assert_eq!(facts.sha256.len(), 64);
        assert!(facts.is_self_issued);
    }

    proptest! {
        #[test]
        fn bytes_that_are_no_certificate_are_refused_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(CertificateFacts::read(&bytes).is_err());
        }

        #[test]
        fn a_certificate_with_one_byte_changed_never_panics(at in 0usize..300, to in any::<u8>()) {
            let made = rcgen::generate_simple_self_signed(["payer.example".to_string()]).expect("a certificate");
            let mut der = made.cert.der().to_vec();
            let at = at % der.len();
            der[at] = to;
            let _ = CertificateFacts::read(&der);
        }
    }
}
