//! The certificate of the app, of an authority of its own that a server can be told to trust.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use josekit::jws::{ES256, JwsSigner};
use rcgen::string::Ia5String;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType};
use serde_json::{Value, json};

use super::Failed;

/// Who the app is.
const URI: &str = "https://app.reference.example/udap";

/// A certificate with its key, and the root above it.
#[derive(Debug)]
pub struct AppIdentity {
    chain: Vec<Vec<u8>>,
    root: Vec<u8>,
    key: Vec<u8>,
}

impl AppIdentity {
    /// A new one, with a new authority.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new() -> Result<Self, String> {
        Self::made().map_err(|error| error.to_string())
    }

    fn made() -> Result<Self, rcgen::Error> {
        let root_key = KeyPair::generate()?;
        let mut root = CertificateParams::default();
        root.distinguished_name.push(DnType::CommonName, "Reference app authority");
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        root.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let root_certificate = root.self_signed(&root_key)?;
        let issuer = Issuer::new(root, root_key);
        let key = KeyPair::generate()?;
        let mut leaf = CertificateParams::default();
        leaf.distinguished_name.push(DnType::CommonName, "Reference app");
        leaf.subject_alt_names = vec![SanType::URI(Ia5String::try_from(URI)?)];
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.use_authority_key_identifier_extension = true;
        let leaf = leaf.signed_by(&key, &issuer)?;
        Ok(Self { chain: vec![leaf.der().to_vec()], root: root_certificate.der().to_vec(), key: key.serialize_der() })
    }

    /// The root, for the server that is to trust the app.
    #[must_use]
    pub fn root(&self) -> &[u8] {
        &self.root
    }

    /// The URI in its certificate.
    pub(super) fn uri(&self) -> &'static str {
        URI
    }

    /// A JWT with its certificates in the header; `more` is added to the header, and null takes a member away.
    pub(super) fn sign(&self, claims: &Value, more: &Value) -> Result<String, Failed> {
        let x5c: Vec<String> = self.chain.iter().map(|der| STANDARD.encode(der)).collect();
        let mut header = json!({"alg": "ES256", "x5c": x5c});
        if let (Some(header), Some(more)) = (header.as_object_mut(), more.as_object()) {
            header.extend(more.clone());
            header.retain(|_, value| !value.is_null());
        }
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signer = ES256.signer_from_der(&self.key).map_err(|error| error.to_string())?;
        let signature = signer.sign(signed.as_bytes()).map_err(|error| error.to_string())?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}
