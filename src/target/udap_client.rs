//! Who we are towards a UDAP server: a laboratory that it trusts, or the operator's certificate of a real community.

use std::path::PathBuf;

use url::Url;

use super::identity_provider::IdentityProviderFile;
use super::secret_source::{SecretSource, secret_source};
use crate::vocabulary::document::Reader;

/// A PKCS#12 file with its password not read yet.
#[derive(Debug, Clone)]
pub struct Pkcs12File {
    /// The file.
    pub file: PathBuf,
    /// Where its password is.
    pub password: Option<SecretSource>,
}

/// What the tables `udap`, `listener` and `identity_provider` say of us.
#[derive(Debug, Clone, Default)]
pub struct UdapClientFile {
    /// The folder of a laboratory, as `carinbb pki init` made it.
    pub pki: Option<PathBuf>,
    /// The certificate of a community.
    pub pkcs12: Option<Pkcs12File>,
    /// Where the app's logo is.
    pub logo_uri: Option<Url>,
    /// Where members come back to.
    pub redirect_uri: Option<Url>,
    /// Whom to ask about the app: `mailto:` and an address.
    pub contact: Option<String>,
    /// The address under which the target reaches our listener.
    pub public_url: Option<Url>,
    /// The address that our listener takes.
    pub bind: Option<String>,
    /// The identity provider that we are.
    pub identity_provider: Option<IdentityProviderFile>,
}

impl UdapClientFile {
    /// Reads the keys of the table `udap` that say who we are.
    pub(super) fn read(&mut self, reader: &Reader<'_>) {
        self.pki = reader.string("pki").map(PathBuf::from);
        self.pkcs12 = reader.table("pkcs12").map(|table| {
            let file = PathBuf::from(table.required_string("file"));
            let password = table.node("password").and_then(|node| secret_source(&table, "password", node));
            table.finish();
            Pkcs12File { file, password }
        });
        self.logo_uri = reader.parsed("logo_uri", absolute);
        self.redirect_uri = reader.parsed("redirect_uri", absolute);
        self.contact = reader.string("contact").map(str::to_owned);
        if self.pki.is_some() && self.pkcs12.is_some() {
            let help = "keep pki for a laboratory, or pkcs12 for a certificate of a real community";
            reader.report(reader.span(), "a run is either in a laboratory or in a community", Some(help.into()));
        }
    }

    /// Reads the table `listener`.
    pub(super) fn read_listener(&mut self, reader: Reader<'_>) {
        self.public_url = reader.parsed("public_url", absolute);
        self.bind = reader.string("bind").map(str::to_owned);
        reader.finish();
    }
}

fn absolute(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("'{text}' is not a URL ({error})"))?;
    if url.has_host() { Ok(url) } else { Err(format!("'{text}' is not an absolute URL")) }
}
