//! Where a target reaches the identity provider that we are for Tiered OAuth, and what the provider says of the member.

use serde_json::{Map, Value};
use url::Url;

use crate::vocabulary::document::Reader;

/// Who speaks TLS at the public address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProviderTls {
    /// Something that stands in front of us and hands plain HTTP on.
    #[default]
    Proxy,
    /// We do, with a certificate of the laboratory's root.
    Laboratory,
}

/// The table `identity_provider`.
#[derive(Debug, Clone)]
pub struct IdentityProviderFile {
    /// The https address under which the target reaches it.
    pub url: Url,
    /// The address that it listens on.
    pub bind: Option<String>,
    /// Who speaks TLS.
    pub tls: ProviderTls,
    /// Claims of the first member by which the target knows who she is; `sub` among them.
    pub member: Map<String, Value>,
}

impl IdentityProviderFile {
    /// Reads the table. Nothing when its address is missing.
    pub(super) fn read(reader: &Reader<'_>) -> Option<Self> {
        let url = reader.required("url", https);
        let bind = reader.string("bind").map(str::to_owned);
        let tls = reader.parsed("tls", tls).unwrap_or_default();
        let member = match reader.node("member").map(|node| (node.to_json(), node.span.clone())) {
            None => Map::new(),
            Some((Value::Object(claims), _)) => claims,
            Some((_, span)) => {
                reader.report(span, "'member' is a table of claims, for instance { sub = \"77\" }", None);
                Map::new()
            }
        };
        Some(Self { url: url?, bind, tls, member })
    }
}

fn https(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("'{text}' is not a URL ({error})"))?;
    match url.scheme() {
        "https" if url.has_host() && url.query().is_none() && url.fragment().is_none() => Ok(url),
        _ => Err(format!("'{text}' cannot be the address of an identity provider: write an https URL without a query")),
    }
}

fn tls(word: &str) -> Result<ProviderTls, String> {
    match word {
        "proxy" => Ok(ProviderTls::Proxy),
        "laboratory" => Ok(ProviderTls::Laboratory),
        _ => Err(format!("'{word}' does not say who speaks TLS: write proxy or laboratory")),
    }
}
