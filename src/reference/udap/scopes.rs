//! The scopes of clients without a member: `system/` in both syntaxes of SMART, on the types that are served.

use super::super::members::TYPES;
use super::super::oauth;

/// Which grants a client registered for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Flow {
    AuthorizationCode,
    ClientCredentials,
}

/// What is granted of one scope in a flow: itself, itself cut down to reading, or nothing.
pub(super) fn grantable(flow: Flow, scope: &str) -> Option<String> {
    match flow {
        Flow::AuthorizationCode => oauth::grantable(scope),
        // the algebra of patient/ scopes, with another word before the slash
        Flow::ClientCredentials => {
            let rest = scope.strip_prefix("system/")?;
            let granted = oauth::grantable(&format!("patient/{rest}"))?;
            Some(granted.replacen("patient/", "system/", 1))
        }
    }
}

/// Whether `granted` lets everything through that `wanted` names.
pub(super) fn covers(granted: &[String], wanted: &str) -> bool {
    let as_patient = |scope: &str| scope.replacen("system/", "patient/", 1);
    if wanted.starts_with("system/") {
        let system: Vec<String> =
            granted.iter().filter(|scope| scope.starts_with("system/")).map(|scope| as_patient(scope)).collect();
        return oauth::covers(&system, &as_patient(wanted));
    }
    oauth::covers(granted, wanted)
}

/// Whether a token with these scopes reads (`r`) or searches (`s`) a type, for clients without a member.
pub(in super::super) fn system_reads(scopes: &[String], kind: &str, interaction: char) -> bool {
    TYPES.contains(&kind) && covers(scopes, &format!("system/{kind}.{interaction}"))
}
