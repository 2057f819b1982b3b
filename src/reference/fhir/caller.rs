//! Who makes a request: nobody, a stranger with a token that is not valid, or an app of a member.

use super::super::exchange::Asked;
use super::super::oauth::Access;
use super::super::site::Site;

/// Who a request says it comes from.
#[derive(Debug, Clone)]
pub(super) enum Caller {
    Nobody,
    Stranger,
    Member(Access),
}

/// Whether the request carries an access token that is valid.
pub(in super::super) fn has_valid_token(site: &Site, asked: &Asked) -> bool {
    matches!(caller(site, asked), Caller::Member(_))
}

/// Finds out by the `Authorization` header, and by nothing else unless a fault says so.
pub(super) fn caller(site: &Site, asked: &Asked) -> Caller {
    match token(site, asked) {
        Some(token) => access(site, &token).map_or(Caller::Stranger, Caller::Member),
        // Credentials of another scheme are none: whoever brings them has made no error with a token.
        None => Caller::Nobody,
    }
}

/// The bearer token of a request; empty when the header names another scheme.
pub(super) fn token(site: &Site, asked: &Asked) -> Option<String> {
    if let Some(credentials) = asked.header("authorization") {
        let (scheme, token) = credentials.split_once(' ')?;
        return scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned());
    }
    let named = asked.query_parameters().into_iter().find(|(name, _)| name == "access_token")?;
    site.has("token-in-query-accepted").then_some(named.1)
}

fn access(site: &Site, token: &str) -> Option<Access> {
    let store = site.store();
    let known = store.access.get(token).cloned();
    let longer = || store.access.iter().find(|(known, _)| token.len() >= 16 && known.starts_with(token));
    let truncated = if known.is_none() { longer().map(|(_, access)| access.clone()) } else { None };
    drop(store);
    let access = match (known, truncated) {
        (Some(access), _) => access,
        (None, Some(access)) if site.has("truncated-token-accepted") => access,
        _ => return None,
    };
    if site.now() >= access.expires && !site.has("expired-token-accepted") {
        return None;
    }
    access.usable.then_some(access)
}
