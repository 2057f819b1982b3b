//! What the operator of a client must trust to believe the server's metadata: the CA of each community.

use openssl::error::ErrorStack;

use super::authority::authority;
use super::options::UdapOptions;

/// A community with the CA that vouches for the server in it.
#[derive(Debug, Clone)]
pub struct ServerCommunity {
    /// Its URI; empty when the server was started without communities.
    pub uri: String,
    /// The root of the CA, as PEM.
    pub ca_pem: String,
    /// The same, as DER.
    pub ca_der: Vec<u8>,
}

impl ServerCommunity {
    /// The communities of a server with these options.
    pub(in super::super) fn of(options: &UdapOptions) -> Result<Vec<Self>, ErrorStack> {
        let named = options.communities.iter().map(|community| community.uri.as_str());
        let unnamed = options.communities.is_empty().then_some("");
        named.chain(unnamed).map(Self::named).collect()
    }

    fn named(uri: &str) -> Result<Self, ErrorStack> {
        let authority = authority(uri)?;
        Ok(Self { uri: uri.to_owned(), ca_pem: authority.root_pem()?, ca_der: authority.root_der()? })
    }
}
