//! What is under test: the target file, or a bare URL.
//!
//! Says where the server is, what its operator states about it and what may be done to it. Sends nothing.

mod identity_provider;
mod audit;
mod launch;
mod model;
mod read;
mod read_launch;
mod schema;
mod secret_source;
mod udap_client;
mod udap_trust;
mod withdrawal;

pub use audit::{AUDIT_WAIT, AuditAccess};
pub use identity_provider::{IdentityProviderFile, ProviderTls};
pub use launch::{
    BrowserSettings, Client, ClientKey, CodeSource, FillValue, GivenTokens, Launch, Login, LoginStep, Member, MemberKey,
    PageMatch, Screenshots, SigningKey, Strategy,
};
pub use model::{Authority, Declined, Environment, Target};
pub use read::{SETTINGS, TargetFile, from_url, read, without_user};
pub use read_launch::LaunchFile;
pub use schema::schema;
pub use secret_source::{SecretReader, SecretSource};
pub use udap_client::{Pkcs12File, UdapClientFile};
pub use udap_trust::{TrustedCommunity, UDAP_VERSIONS, UdapTrust, udap_version};
pub use withdrawal::Withdrawal;
