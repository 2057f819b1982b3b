//! The keys of the laboratory: made once and kept in a folder, or the well-known ones that come with the program for
//! the reference server on loopback.

use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;

use super::LabError;
use crate::vocabulary::Secret;

/// Every key, in PEM (PKCS#8).
#[derive(Debug, Clone)]
pub struct LabKeys {
    /// Of the root that the target trusts; RSA.
    pub root: Secret,
    /// Of the issuing CA whose certificates say where its list of revoked ones is; RSA.
    pub issuing_a: Secret,
    /// Of the issuing CA whose certificates say nothing of the kind; EC.
    pub issuing_b: Secret,
    /// Of the root of a second trust community; EC.
    pub second_root: Secret,
    /// Of clients: RSA 2048.
    pub client_rsa: Secret,
    /// Of clients: RSA 4096.
    pub client_rsa_4096: Secret,
    /// Of clients: P-256.
    pub client_ec256: Secret,
    /// Of clients: P-384.
    pub client_ec384: Secret,
    /// Of no good client: RSA 1024, which nobody may accept.
    pub weak_rsa: Secret,
}

/// File names in the order of the fields.
const FILES: [&str; 9] = [
    "root.key",
    "issuing-a.key",
    "issuing-b.key",
    "second-root.key",
    "client-rsa.key",
    "client-rsa-4096.key",
    "client-ec256.key",
    "client-ec384.key",
    "weak-rsa.key",
];

impl LabKeys {
    /// New keys. Takes seconds.
    ///
    /// # Errors
    /// When OpenSSL makes no key.
    pub fn generate() -> Result<Self, LabError> {
        Self::of(|file| match file {
            "client-rsa-4096.key" => pem(&PKey::from_rsa(Rsa::generate(4096)?)?),
            "weak-rsa.key" => pem(&PKey::from_rsa(Rsa::generate(1024)?)?),
            "client-ec384.key" => ec(Nid::SECP384R1),
            "issuing-b.key" | "second-root.key" | "client-ec256.key" => ec(Nid::X9_62_PRIME256V1),
            _ => pem(&PKey::from_rsa(Rsa::generate(2048)?)?),
        })
    }

    /// The keys that come with the program. Everybody knows them: they are for the reference server on loopback alone.
    #[must_use]
    pub fn well_known() -> Self {
        let known = |text: &'static str| Secret::new("lab_key", text);
        Self {
            root: known(include_str!("../../../fixtures/pki/root.key")),
            issuing_a: known(include_str!("../../../fixtures/pki/issuing-a.key")),
            issuing_b: known(include_str!("../../../fixtures/pki/issuing-b.key")),
            second_root: known(include_str!("../../../fixtures/pki/second-root.key")),
            client_rsa: known(include_str!("../../../fixtures/pki/client-rsa.key")),
            client_rsa_4096: known(include_str!("../../../fixtures/pki/client-rsa-4096.key")),
            client_ec256: known(include_str!("../../../fixtures/pki/client-ec256.key")),
            client_ec384: known(include_str!("../../../fixtures/pki/client-ec384.key")),
            weak_rsa: known(include_str!("../../../fixtures/pki/weak-rsa.key")),
        }
    }

    /// Keys that `read` finds by the names of their files.
    ///
    /// # Errors
    /// As `read`.
    pub fn of(read: impl Fn(&str) -> Result<Secret, LabError>) -> Result<Self, LabError> {
        let [root, issuing_a, issuing_b, second_root, client_rsa, client_rsa_4096, client_ec256, client_ec384, weak_rsa] =
            FILES.map(read);
        Ok(Self {
            root: root?,
            issuing_a: issuing_a?,
            issuing_b: issuing_b?,
            second_root: second_root?,
            client_rsa: client_rsa?,
            client_rsa_4096: client_rsa_4096?,
            client_ec256: client_ec256?,
            client_ec384: client_ec384?,
            weak_rsa: weak_rsa?,
        })
    }

    /// Every key with the name of its file.
    #[must_use]
    pub fn files(&self) -> [(&'static str, &Secret); 9] {
        let keys = [
            &self.root,
            &self.issuing_a,
            &self.issuing_b,
            &self.second_root,
            &self.client_rsa,
            &self.client_rsa_4096,
            &self.client_ec256,
            &self.client_ec384,
            &self.weak_rsa,
        ];
        let mut files = [("", keys[0]); 9];
        for (place, (file, key)) in files.iter_mut().zip(FILES.into_iter().zip(keys)) {
            *place = (file, key);
        }
        files
    }
}

/// A new key on a curve.
pub(super) fn ec(curve: Nid) -> Result<Secret, LabError> {
    let group = EcGroup::from_curve_name(curve)?;
    pem(&PKey::from_ec_key(EcKey::generate(&group)?)?)
}

fn pem(key: &PKey<Private>) -> Result<Secret, LabError> {
    Ok(Secret::new("lab_key", String::from_utf8_lossy(&key.private_key_to_pem_pkcs8()?)))
}
