//! The RSA keys that the reference server and its app sign with. They come with the program, so that no start waits for
//! one to be made. Everybody knows them: the server listens on loopback alone.

/// Of the authorization server; PKCS #8, PEM.
pub(super) const SERVER: &str = include_str!("../../fixtures/reference/server-rsa.key");

/// Of the app that authenticates by assertions; PKCS #8, PEM.
pub(super) const APP: &str = include_str!("../../fixtures/reference/app-rsa.key");

/// Of the certificates that sign the UDAP metadata; PKCS #8, PEM.
pub(super) const METADATA: &str = include_str!("../../fixtures/reference/metadata-rsa.key");
