//! Why a JWT is not believed. Each endpoint has its own error code for each sort of doubt.

/// A reason not to believe a JWT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    /// It is no JWT of the form that UDAP asks for, or its signature is not right.
    Form(&'static str),
    /// Nobody who is trusted vouches for its certificate.
    Trust(&'static str),
    /// What it says is not right.
    Claim(&'static str),
}

impl Doubt {
    /// The reason in words.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Form(reason) | Self::Trust(reason) | Self::Claim(reason) => reason,
        }
    }
}
