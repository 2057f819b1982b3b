//! Tiered OAuth: the member signs in at an identity provider, which the data holder under test believes. Client and provider are
//! both ours, so whatever a provider can get wrong can be shown to a data holder.

mod conduct;
mod id_token;
mod login;
mod papers;
mod provider;
mod providers;
mod reading;
mod seen;
#[cfg(test)]
mod tests;

pub use id_token::UdapIdToken;
pub use login::TieredLogin;
pub use provider::Provider;
pub(super) use providers::Opened;
pub use providers::Providers;
