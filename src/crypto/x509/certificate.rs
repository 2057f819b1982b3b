//! One certificate, read strictly and without judging it: everything that the rules of a path need, and what is odd in its form.
//!
//! The texts are those of whoever made it: whoever shows them escapes them.

use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use x509_parser::extensions::{DistributionPointName, GeneralName, ParsedExtension, X509Extension};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::key::{PublicKeyKind, SignatureKind};
use super::name::Name;
use super::name_constraints::{Constraints, Held};

/// The largest certificate that is read.
pub const LARGEST_CERTIFICATE: usize = 16 * 1024;
/// The most extensions that are looked at; real certificates have about ten.
const MOST_EXTENSIONS: usize = 64;

/// What one certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a bit of the certificate")]
pub struct Certificate {
    /// The certificate itself.
    pub der: Vec<u8>,
    /// The subject, as a distinguished name; may be empty.
    pub subject: String,
    /// The issuer, as a distinguished name.
    pub issuer: String,
    /// The values of the entries of type uniformResourceIdentifier of its subject alternative name, as they are.
    pub uris: Vec<String>,
    /// The DNS names among them.
    pub dns_names: Vec<String>,
    /// Valid from this second on.
    pub not_before: OffsetDateTime,
    /// Valid up to and including this second.
    pub not_after: OffsetDateTime,
    /// The serial number in hexadecimal with colons.
    pub serial: String,
    /// SHA-256 of the DER, in lower-case hexadecimal.
    pub sha256: String,
    /// Its key.
    pub key: PublicKeyKind,
    /// How it is signed.
    pub signature: SignatureKind,
    /// 1, 2 or 3.
    pub version: u32,
    /// `cA` of basicConstraints; nothing when there is no such extension.
    pub is_authority: Option<bool>,
    /// `pathLenConstraint`.
    pub path_length: Option<u32>,
    /// The bits of keyUsage that matter; nothing when there is no such extension.
    pub key_usage: Option<KeyUsage>,
    /// The object identifiers of extendedKeyUsage.
    pub extended_key_usage: Vec<String>,
    /// Addresses of the certificate of its issuer.
    pub issuer_urls: Vec<String>,
    /// Addresses of OCSP responders.
    pub ocsp_urls: Vec<String>,
    /// Addresses of CRLs.
    pub crl_urls: Vec<String>,
    /// Critical extensions that are not known here.
    pub unknown_critical: Vec<String>,
    /// What is wrong with its form, in words.
    pub oddities: Vec<String>,
    pub(super) subject_name: Name,
    pub(super) issuer_name: Name,
    pub(super) serial_bytes: Vec<u8>,
    pub(super) subject_key_id: Option<Vec<u8>>,
    pub(super) authority_key_id: Option<Vec<u8>>,
    pub(super) names: Vec<Held>,
    pub(super) constraints: Option<Constraints>,
}

/// The bits of keyUsage that matter here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyUsage {
    /// It may sign JWTs.
    pub digital_signature: bool,
    /// It may sign certificates.
    pub key_cert_sign: bool,
    /// It may sign CRLs.
    pub crl_sign: bool,
}

impl Certificate {
    /// Reads a certificate.
    ///
    /// # Errors
    /// With what is wrong, in words, when the bytes are no certificate or too many.
    pub fn read(der: &[u8]) -> Result<Self, String> {
        if der.len() > LARGEST_CERTIFICATE {
            return Err(format!("{} bytes, more than {LARGEST_CERTIFICATE}", der.len()));
        }
        let (rest, parsed) = X509Certificate::from_der(der).map_err(|error| format!("not readable as X.509: {error}"))?;
        if !rest.is_empty() {
            return Err(format!("{} bytes follow the certificate", rest.len()));
        }
        let mut certificate = Self {
            der: der.to_vec(),
            subject: parsed.subject().to_string(),
            issuer: parsed.issuer().to_string(),
            uris: Vec::new(),
            dns_names: Vec::new(),
            not_before: parsed.validity().not_before.to_datetime(),
            not_after: parsed.validity().not_after.to_datetime(),
            serial: parsed.raw_serial_as_string(),
            sha256: hexadecimal(&Sha256::digest(der)),
            key: PublicKeyKind::of(parsed.public_key()),
            signature: SignatureKind::of(&parsed.signature_algorithm),
            version: parsed.version().0 + 1,
            is_authority: None,
            path_length: None,
            key_usage: None,
            extended_key_usage: Vec::new(),
            issuer_urls: Vec::new(),
            ocsp_urls: Vec::new(),
            crl_urls: Vec::new(),
            unknown_critical: Vec::new(),
            oddities: Vec::new(),
            subject_name: Name::of(parsed.subject()),
            issuer_name: Name::of(parsed.issuer()),
            serial_bytes: parsed.raw_serial().to_vec(),
            subject_key_id: None,
            authority_key_id: None,
            names: Vec::new(),
            constraints: None,
        };
        certificate.read_form(&parsed);
        certificate.read_extensions(parsed.extensions());
        Ok(certificate)
    }

    /// True between its dates, both included.
    #[must_use]
    pub fn is_valid_at(&self, at: OffsetDateTime) -> bool {
        self.not_before <= at && at <= self.not_after
    }

    /// True when subject and issuer are the same name.
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        self.subject_name == self.issuer_name
    }

    /// The subject, or the first name when the subject is empty.
    #[must_use]
    pub fn title(&self) -> &str {
        match (self.subject.is_empty(), self.uris.first().or(self.dns_names.first())) {
            (true, Some(name)) => name,
            (true, None) => "(no subject)",
            _ => &self.subject,
        }
    }

    fn read_form(&mut self, parsed: &X509Certificate<'_>) {
        if parsed.tbs_certificate.signature != parsed.signature_algorithm {
            self.oddities.push("the two statements of its signature algorithm differ".into());
        }
        if self.version < 3 && !parsed.extensions().is_empty() {
            self.oddities.push("it has extensions although it is not of version 3".into());
        }
        if parsed.extensions().len() > MOST_EXTENSIONS {
            self.oddities.push(format!("it has more than {MOST_EXTENSIONS} extensions"));
        }
        if self.not_after < self.not_before {
            self.oddities.push("its validity ends before it begins".into());
        }
        if self.issuer_name.is_empty() {
            self.oddities.push("its issuer has no name".into());
        }
    }

    fn read_extensions(&mut self, extensions: &[X509Extension<'_>]) {
        let mut seen = Vec::new();
        for extension in extensions.iter().take(MOST_EXTENSIONS) {
            let oid = extension.oid.to_id_string();
            if seen.contains(&oid) {
                self.oddities.push(format!("the extension {oid} stands in it twice"));
                continue;
            }
            self.read_extension(extension, &oid);
            seen.push(oid);
        }
    }

    fn read_extension(&mut self, extension: &X509Extension<'_>, oid: &str) {
        match extension.parsed_extension() {
            ParsedExtension::BasicConstraints(basic) => {
                self.is_authority = Some(basic.ca);
                self.path_length = basic.path_len_constraint;
                if !basic.ca && basic.path_len_constraint.is_some() {
                    self.oddities.push("it has a path length although it is no authority".into());
                }
            }
            ParsedExtension::KeyUsage(usage) => {
                self.key_usage = Some(KeyUsage {
                    digital_signature: usage.digital_signature(),
                    key_cert_sign: usage.key_cert_sign(),
                    crl_sign: usage.crl_sign(),
                });
            }
            ParsedExtension::ExtendedKeyUsage(usage) => self.extended_key_usage = usages(usage),
            ParsedExtension::SubjectAlternativeName(names) => self.read_names(&names.general_names),
            ParsedExtension::NameConstraints(constraints) => self.constraints = Some(Constraints::of(constraints)),
            ParsedExtension::SubjectKeyIdentifier(id) => self.subject_key_id = Some(id.0.to_vec()),
            ParsedExtension::AuthorityKeyIdentifier(id) => {
                self.authority_key_id = id.key_identifier.as_ref().map(|id| id.0.to_vec());
            }
            ParsedExtension::AuthorityInfoAccess(access) => {
                for description in access.iter() {
                    let GeneralName::URI(url) = &description.access_location else { continue };
                    match description.access_method.to_id_string().as_str() {
                        "1.3.6.1.5.5.7.48.1" => self.ocsp_urls.push((*url).to_owned()),
                        "1.3.6.1.5.5.7.48.2" => self.issuer_urls.push((*url).to_owned()),
                        _ => {}
                    }
                }
            }
            ParsedExtension::CRLDistributionPoints(points) => {
                // A point of another CRL issuer, or for some reasons only, says nothing final.
                let whole = points.iter().filter(|point| point.crl_issuer.is_none() && point.reasons.is_none());
                for name in whole.filter_map(|point| point.distribution_point.as_ref()) {
                    let DistributionPointName::FullName(names) = name else { continue };
                    self.crl_urls.extend(names.iter().filter_map(|name| match name {
                        GeneralName::URI(url) => Some((*url).to_owned()),
                        _ => None,
                    }));
                }
            }
            ParsedExtension::ParseError { .. } => self.oddities.push(format!("its extension {oid} is malformed")),
            // Known, and without a rule of their own here: no community of UDAP states a policy that must hold.
            ParsedExtension::CertificatePolicies(_)
            | ParsedExtension::PolicyMappings(_)
            | ParsedExtension::PolicyConstraints(_)
            | ParsedExtension::InhibitAnyPolicy(_)
            | ParsedExtension::IssuerAlternativeName(_) => {}
            _ if extension.critical => self.unknown_critical.push(oid.to_owned()),
            _ => {}
        }
    }

    fn read_names(&mut self, names: &[GeneralName<'_>]) {
        for name in names {
            let is_text = |text: &str| text.is_ascii();
            match name {
                GeneralName::URI(uri) => self.uris.push((*uri).to_owned()),
                GeneralName::DNSName(name) => self.dns_names.push((*name).to_owned()),
                _ => {}
            }
            let is_broken = match name {
                GeneralName::URI(text) | GeneralName::DNSName(text) | GeneralName::RFC822Name(text) => !is_text(text),
                GeneralName::Invalid(..) => true,
                _ => false,
            };
            if is_broken {
                self.oddities.push("its subject alternative name holds an entry that is not what its type says".into());
            }
            self.names.push(Held::of(name));
        }
    }
}

fn usages(usage: &x509_parser::extensions::ExtendedKeyUsage<'_>) -> Vec<String> {
    let named = [
        (usage.any, "2.5.29.37.0"),
        (usage.server_auth, "1.3.6.1.5.5.7.3.1"),
        (usage.client_auth, "1.3.6.1.5.5.7.3.2"),
        (usage.code_signing, "1.3.6.1.5.5.7.3.3"),
        (usage.email_protection, "1.3.6.1.5.5.7.3.4"),
        (usage.time_stamping, "1.3.6.1.5.5.7.3.8"),
        (usage.ocsp_signing, "1.3.6.1.5.5.7.3.9"),
    ];
    let named = named.into_iter().filter(|(has, _)| *has).map(|(_, oid)| oid.to_owned());
    named.chain(usage.other.iter().map(x509_parser::der_parser::Oid::to_id_string)).collect()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
