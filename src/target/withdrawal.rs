//! `[login.withdrawal]`: the page where a member takes an app's access back, where the operator names one.

use url::Url;

use super::launch::LoginStep;

/// The page and what is done on it.
#[derive(Debug, Clone)]
pub struct Withdrawal {
    /// Where it is.
    pub url: Url,
    /// What is done there, each step once and in this order.
    pub steps: Vec<LoginStep>,
    /// What the page says afterwards and did not say before: nothing else shows that it was done.
    pub says: String,
}
