//! The three listeners of the reference server.

/// Which listener a connection came in by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Door {
    /// HTTPS: the FHIR base with its discovery documents.
    Fhir,
    /// HTTPS on another port: authorize, token, JWKS, openid-configuration.
    Authorization,
    /// Plain HTTP: redirects to the FHIR listener.
    Plain,
}
