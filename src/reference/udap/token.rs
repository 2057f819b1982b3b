//! Token requests of clients that registered by UDAP.

use serde_json::{Value, json};
use time::Duration;

use super::super::exchange::{Asked, Reply};
use super::super::oauth::{self, Access, value};
use super::super::site::Site;
use super::assertion::{self, Authenticated, Refused};
use super::registry::Registration;
use super::scopes::{self, Flow};
use super::version::Version;
use super::{client, extension, jws, tiered};

type Parameters = [(String, String)];

/// Whether a token request is made by way of UDAP: it says so, or it has certificates, or it names such a client.
pub(in super::super) fn concerns(site: &Site, parameters: &Parameters) -> bool {
    let names =
        |id: Option<&str>| id.is_some_and(|id| site.udap.registry().of_id(id).is_some_and(|client| client.secret.is_none()));
    if value(parameters, "udap").is_some() || names(value(parameters, "client_id")) {
        return true;
    }
    let Some(parts) = value(parameters, "client_assertion").and_then(jws::split) else { return false };
    let claim = |name: &str| parts.claims.get(name).and_then(Value::as_str);
    parts.header.contains_key("x5c") || names(claim("iss")) || names(claim("sub"))
}

/// The parameters of a JSON body, for the fault that takes one.
pub(in super::super) fn json_parameters(site: &Site, asked: &Asked) -> Option<Vec<(String, String)>> {
    let is_json = asked.header("content-type").is_some_and(|kind| kind.starts_with("application/json"));
    if !is_json || !site.has("udap-token-accepts-json") {
        return None;
    }
    let body: Value = serde_json::from_slice(&asked.body).ok()?;
    let members = body.as_object()?.iter();
    Some(members.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect())
}

/// Answers a token request; `None` when it is not made by way of UDAP.
pub(in super::super) fn answer(site: &Site, asked: &Asked, parameters: &Parameters) -> Option<Reply> {
    if !concerns(site, parameters) {
        return None;
    }
    Some(match token(site, asked, parameters) {
        Ok(reply) => spoilt(site, tiered::finish(site, parameters, reply)),
        Err((error, reason)) => refusal(site, error, reason),
    })
}

type Mistake = (&'static str, &'static str);

fn token(site: &Site, asked: &Asked, parameters: &Parameters) -> Result<Reply, Mistake> {
    strict_about_form(site, asked, parameters)?;
    let grant_type = value(parameters, "grant_type").ok_or(("invalid_request", "grant_type is missing"))?;
    let claimed = claimed_client(parameters);
    if site.has("udap-refuses-every-assertion") || (site.has("udap-locks-clients") && site.udap.is_locked(&claimed)) {
        return Err(("invalid_client", "the client could not be authenticated"));
    }
    let authenticated = match assertion::authenticate(site, asked, parameters) {
        Ok(authenticated) => authenticated,
        Err(Refused::Request(reason)) => return Err(("invalid_request", reason)),
        Err(Refused::Client(reason)) => {
            site.udap.note_failure(claimed);
            return Err(("invalid_client", reason));
        }
        Err(Refused::Replay(digest)) => {
            let cached = if site.has("udap-token-repeats-cached-success") { site.udap.cached(&digest) } else { None };
            return cached.ok_or(("invalid_client", "the assertion was used before"));
        }
    };
    let reply = grant(site, grant_type, &authenticated, parameters)?;
    if reply.status == 200 && site.has("udap-token-repeats-cached-success") {
        site.udap.cache(authenticated.digest, &reply);
    }
    Ok(reply)
}

/// Who an assertion says that it is about, believed or not; nothing where it does not say.
fn claimed_client(parameters: &Parameters) -> String {
    let parts = value(parameters, "client_assertion").and_then(jws::split);
    parts.and_then(|parts| Some(parts.claims.get("sub")?.as_str()?.to_owned())).unwrap_or_default()
}

const PARAMETERS: [&str; 11] = [
    "grant_type",
    "code",
    "redirect_uri",
    "code_verifier",
    "refresh_token",
    "scope",
    "client_id",
    "client_assertion_type",
    "client_assertion",
    "udap",
    "client_secret",
];

/// Refuses what nobody may refuse, under the faults that do.
fn strict_about_form(site: &Site, asked: &Asked, parameters: &Parameters) -> Result<(), Mistake> {
    let doubled = PARAMETERS.iter().any(|name| *name != "client_assertion" && oauth::is_doubled(parameters, name));
    if doubled && !site.has("udap-token-accepts-duplicate-parameters") {
        return Err(("invalid_request", "a parameter stands twice"));
    }
    let unknown = parameters.iter().any(|(name, _)| !PARAMETERS.contains(&name.as_str()));
    if unknown && site.has("udap-token-refuses-extra-parameter") {
        return Err(("invalid_request", "a parameter is not known"));
    }
    let with_charset = asked.header("content-type").is_some_and(|kind| kind.contains(';'));
    if with_charset && site.has("udap-token-refuses-charset") {
        return Err(("invalid_request", "the body is no form"));
    }
    let percent = asked.body.windows(3).any(|window| window == b"%20");
    if percent && site.has("udap-token-refuses-percent-20") {
        return Err(("invalid_request", "the form is not encoded right"));
    }
    let plus = asked.body.contains(&b'+');
    if plus && site.has("udap-token-refuses-plus") {
        return Err(("invalid_request", "the form is not encoded right"));
    }
    Ok(())
}

fn grant(site: &Site, grant_type: &str, authenticated: &Authenticated, parameters: &Parameters) -> Result<Reply, Mistake> {
    let client = &authenticated.client;
    let registered = match grant_type {
        "authorization_code" => client.flow == Some(Flow::AuthorizationCode),
        "refresh_token" => client.flow == Some(Flow::AuthorizationCode) && client.may_refresh,
        "client_credentials" => client.flow == Some(Flow::ClientCredentials),
        _ if site.has("udap-token-accepts-unknown-grant") => return client_credentials(site, client, parameters),
        _ => return Err(("unsupported_grant_type", "this grant is not supported")),
    };
    if !registered && !site.has("udap-token-accepts-unregistered-grant") {
        return Err(("unauthorized_client", "the client is not registered for this grant"));
    }
    if grant_type == "client_credentials" {
        extension::check(site, &authenticated.claims).map_err(|reason| ("invalid_grant", reason))?;
        return client_credentials(site, client, parameters);
    }
    let as_client = client::of(client).ok_or(("invalid_client", "the client has no redirect URI"))?;
    Ok(oauth::grant(site, &as_client, grant_type, parameters))
}

/// A token for the client itself.
fn client_credentials(site: &Site, client: &Registration, parameters: &Parameters) -> Result<Reply, Mistake> {
    let scopes = match value(parameters, "scope") {
        Some(scope) => granted(site, client, scope)?,
        None if site.udap.version < Version::V2_0 || site.has("udap-token-accepts-without-scope") => client.scopes.clone(),
        None => return Err(("invalid_request", "scope is missing")),
    };
    let now = site.now();
    let lifetime = if site.has("udap-token-lives-a-day") { Duration::days(1) } else { Duration::hours(1) };
    let mut store = site.store();
    let grant = store.new_grant();
    let wanted =
        value(parameters, "scope").is_some_and(|scope| scope.split(' ').any(|scope| scopes.iter().any(|own| own == scope)));
    let access = Access {
        grant,
        client: client.client_id.clone(),
        member: 0,
        patient: None,
        scopes,
        issued: now,
        expires: now + lifetime,
        usable: true,
        without_member: true,
    };
    let token = oauth::random();
    store.access.insert(token.clone(), access.clone());
    let refresh = site.has("udap-token-refresh-for-client-credentials").then(oauth::random);
    if let Some(refresh) = &refresh {
        store.refresh.insert(refresh.clone(), access.clone());
    }
    drop(store);
    let silent = !wanted && site.has("udap-token-ignores-unknown-scopes");
    Ok(success(&access, &token, refresh, lifetime, !silent))
}

/// A success of its own: what is wrong with the responses of SMART is not wrong here too.
fn success(access: &Access, token: &str, refresh: Option<String>, lifetime: Duration, with_scope: bool) -> Reply {
    let mut body = json!({
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": lifetime.whole_seconds(),
    });
    if with_scope {
        body["scope"] = json!(access.scopes.join(" "));
    }
    if let Some(refresh) = refresh {
        body["refresh_token"] = json!(refresh);
    }
    Reply::json(200, &body).with("cache-control", "no-store").with("pragma", "no-cache")
}

fn granted(site: &Site, client: &Registration, scope: &str) -> Result<Vec<String>, Mistake> {
    let wanted = scope.split(' ').filter(|scope| !scope.is_empty());
    let known = wanted.filter_map(|scope| scopes::grantable(Flow::ClientCredentials, scope));
    let mut granted: Vec<String> = Vec::new();
    for scope in known {
        let registered = scopes::covers(&client.scopes, &scope) || site.has("udap-token-exceeds-registered-scope");
        if registered && !granted.contains(&scope) {
            granted.push(scope);
        }
    }
    if site.has("udap-token-over-grants") {
        granted.push("system/*.read".to_owned());
    }
    if granted.is_empty() {
        let lax = ["udap-token-accepts-unknown-scopes", "udap-token-ignores-unknown-scopes"].iter().any(|fault| site.has(fault));
        return if lax { Ok(client.scopes.clone()) } else { Err(("invalid_scope", "no scope of the request is supported")) };
    }
    Ok(granted)
}

/// A success under the faults of its members.
fn spoilt(site: &Site, mut reply: Reply) -> Reply {
    let without = [
        ("udap-token-without-expires-in", "expires_in"),
        ("udap-token-without-token-type", "token_type"),
        ("udap-token-without-granted-scope", "scope"),
    ];
    let days = site.has("udap-token-lives-a-day");
    let faults: Vec<&str> = without.iter().filter(|(fault, _)| site.has(fault)).map(|(_, member)| *member).collect();
    if reply.status == 200
        && (days || !faults.is_empty())
        && let Ok(Value::Object(mut members)) = serde_json::from_slice(&reply.body)
    {
        for member in faults {
            members.shift_remove(member);
        }
        if days {
            members.insert("expires_in".to_owned(), json!(86_400));
        }
        reply.body = Value::Object(members).to_string().into_bytes();
    }
    if reply.status == 200 && site.has("udap-token-cacheable") {
        reply.headers.retain(|(name, _)| name != "cache-control" && name != "pragma");
        return reply.with("cache-control", "private, max-age=600");
    }
    reply
}

fn error_reply(status: u16, error: &str, reason: &str) -> Reply {
    let reply = Reply::json(status, &json!({"error": error, "error_description": reason}));
    reply.with("cache-control", "no-store").with("pragma", "no-cache")
}

/// A refusal, under the faults that spoil its form or its code.
fn refusal(site: &Site, error: &'static str, reason: &str) -> Reply {
    if site.has("udap-token-errors-500") {
        return Reply::new(500, "text/plain", "internal server error");
    }
    if site.has("udap-token-errors-html") {
        return Reply::html(400, "Bad request", "<p>Something was not right.</p>");
    }
    if error == "invalid_client" && site.has("udap-token-invalid-client-401") {
        return error_reply(401, error, reason);
    }
    if site.has("udap-token-errors-403") {
        return error_reply(403, error, reason);
    }
    if site.has("udap-token-wrong-error-code") {
        return error_reply(400, "server_error", reason);
    }
    if site.has("udap-token-errors-without-code") {
        return Reply::json(400, &json!({"message": reason})).with("cache-control", "no-store");
    }
    error_reply(400, error, reason)
}
