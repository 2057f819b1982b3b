//! The OpenID Connect verbs that need a sign-in: the ID token and UserInfo.

mod claims;
mod fhir_user;
mod id_token;
mod keys;
mod userinfo;

pub use id_token::IdToken;
pub use userinfo::UserInfo;
