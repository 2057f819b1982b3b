//! `[audit]`: how the audit log of the target is read, where the operator gives access to it.

use std::time::Duration;

use super::secret_source::{SecretReader, SecretSource, secret_source};
use crate::vocabulary::document::Reader;
use crate::vocabulary::{Secret, parse_duration};

/// How long a server may take to write an `AuditEvent` when nobody says otherwise.
pub const AUDIT_WAIT: Duration = Duration::from_mins(1);

/// Access to the audit log.
#[derive(Debug, Clone)]
pub struct AuditAccess {
    /// Of somebody who may search `AuditEvent`.
    pub access_token: Secret,
    /// How long the server may take until an access can be found.
    pub wait: Duration,
}

/// The same with its secret not read yet.
#[derive(Debug, Clone)]
pub struct AuditFile {
    access_token: Option<SecretSource>,
    wait: Duration,
}

impl AuditFile {
    /// Reads the table.
    pub(super) fn read(reader: Reader<'_>) -> Self {
        if reader.node("access_token").is_none() {
            let help = "write access_token = { env = \"AUDITOR_TOKEN\" }";
            let why = "'access_token' is missing: without it nobody reads the audit log";
            reader.report(reader.span(), why, Some(help.into()));
        }
        let file = Self {
            access_token: reader.node("access_token").and_then(|node| secret_source(&reader, "access_token", node)),
            wait: reader.parsed("wait", short_enough).unwrap_or(AUDIT_WAIT),
        };
        reader.finish();
        file
    }

    /// Reads the secret from where it is.
    pub(super) fn resolve(&self, secrets: &mut dyn SecretReader) -> Result<Option<AuditAccess>, String> {
        let Some(source) = &self.access_token else { return Ok(None) };
        Ok(Some(AuditAccess { access_token: secrets.read("auditor_token", source)?, wait: self.wait }))
    }
}

/// Nobody waits longer than an hour for one line of a log.
fn short_enough(text: &str) -> Result<Duration, String> {
    let wait = parse_duration(text).map_err(|error| error.to_string())?;
    if wait > Duration::from_hours(1) {
        return Err(format!("'{text}' is longer than an hour"));
    }
    Ok(wait)
}
