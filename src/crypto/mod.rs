//! JOSE: makes signed tokens, right or broken on purpose, takes tokens apart, and verifies signatures.
//!
//! Tokens are parsed by us and signatures are checked by josekit, so that every defect of form is a finding of its own.
//! Knows no network and no clock.

mod jwt;
pub mod lab;
mod sign;
mod verify;

pub use jwt::{Jwt, JwtDefect, LARGEST, raw};
pub use sign::{CryptoError, confused_with_public_key, pkce_challenge, sign_with_pem, strangers_pem};
pub use verify::{Key, MOST_KEYS, Verification, verify};
