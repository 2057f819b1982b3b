//! Tiered OAuth: the member signs in at an identity provider, which the data holder under test believes. Client and provider are
//! both ours, so whatever a provider can get wrong can be shown to a data holder.

mod conduct;
mod login;
mod papers;
mod provider;
mod providers;
mod reading;
mod seen;

pub use login::TieredLogin;
pub use provider::Provider;
pub(super) use providers::Opened;
pub use providers::Providers;
