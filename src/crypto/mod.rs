//! JOSE and X.509: makes signed tokens, right or broken on purpose, takes tokens apart, and verifies signatures and chains.
//!
//! Tokens are parsed by us and signatures are checked by josekit or openssl, so that every defect of form is a finding of its own.
//! Knows no network and no clock.

mod digest;
pub mod dsse;
mod duplicate_keys;
mod jwt;
pub mod lab;
mod sign;
mod verify;
mod x5c;
pub mod x509;

pub use digest::sha256_of_file;
pub use duplicate_keys::duplicate_keys;
pub use jwt::{Jwt, JwtDefect, LARGEST, raw};
pub use sign::{CryptoError, confused_with_public_key, pkce_challenge, sign_with_pem, strangers_pem};
pub use verify::{Key, MOST_KEYS, Verification, verify};
pub use x5c::{JwsDefect, X5cJws, verify_x5c_jws};
