//! From a request to its answer: which listener, which path, which front stands before it.

use openssl::x509::X509;

use super::certificates::{LIST_PATH, RESPONDER_PATH, identity};
use super::door::Door;
use super::endpoints::authorize_path;
use super::exchange::{Answer, Asked, Reply};
use super::options::LoginVariant;
use super::site::{BASE_PATH, Site};
use super::{authorization, capability_statement, fhir, hostile, oauth, smart_configuration, tls_stack, udap};

const SMART_CONFIGURATION: &str = ".well-known/smart-configuration";

/// The answer to a request, under the faults that are on.
pub(super) fn answer(site: &Site, asked: &Asked) -> Answer {
    let number = site.count_request();
    if site.dies_now(asked.door) {
        return Answer::Reset;
    }
    if let Some(answer) = whole_server(site, asked, number) {
        return answer;
    }
    let reply = match asked.door {
        Door::Fhir => fhir_origin(site, asked),
        Door::Authorization => authorization::answer(site, asked),
        Door::Plain => plain_http(site, asked),
    };
    hostile::spoil(site, asked, with_server_headers(site, asked, reply))
}

/// The path below the FHIR base, when the request is for something below it.
pub(super) fn below_base(path: &str) -> Option<&str> {
    path.strip_prefix(BASE_PATH)?.strip_prefix('/')
}

/// Whether the request is for one of the two documents that everybody reads first.
pub(super) fn is_discovery(asked: &Asked) -> bool {
    asked.door == Door::Fhir && matches!(below_base(&asked.path), Some("metadata" | SMART_CONFIGURATION))
}

fn fhir_origin(site: &Site, asked: &Asked) -> Reply {
    let below = below_base(&asked.path);
    let blocked = site.has("unauthorized-block-page");
    if blocked && !below.is_some_and(|path| path == "metadata" || path.starts_with(".well-known/")) {
        return Reply::html(403, "Access denied", "<p>Your request was blocked. Support id: 17 04 2026.</p>");
    }
    let is_read = matches!(asked.method.as_str(), "GET" | "HEAD");
    match below {
        Some("metadata") if is_read => capability_statement::answer(site, asked),
        Some("metadata") if asked.method == "OPTIONS" => capability_statement::with_cors(site, preflight()),
        Some(SMART_CONFIGURATION) if is_read => smart_configuration::answer(site, asked),
        Some(SMART_CONFIGURATION) if asked.method == "OPTIONS" => smart_configuration::with_cors(site, preflight()),
        Some(".well-known/udap") if is_read => udap::metadata(site, asked),
        Some(path) => fhir::answer(site, asked, path),
        None if asked.path == BASE_PATH => fhir::answer(site, asked, ""),
        None => host_root(site, asked),
    }
}

fn host_root(site: &Site, asked: &Asked) -> Reply {
    if site.has("smart-configuration-at-host-root") && asked.path.strip_prefix('/') == Some(SMART_CONFIGURATION) {
        return smart_configuration::elsewhere(site);
    }
    if asked.path == "/.well-known/udap"
        && let Some(reply) = udap::at_host_root(site)
    {
        return reply;
    }
    if site.has("soft-404") {
        return Reply::html(200, "Member portal", "<p>Welcome.</p>");
    }
    if site.login == LoginVariant::SamlAutoPost && (asked.path.starts_with("/broker") || asked.path.starts_with("/idp")) {
        return oauth::elsewhere(site, asked);
    }
    Reply::new(404, "text/plain", "not found")
}

fn preflight() -> Reply {
    Reply::empty(204)
        .with("access-control-allow-methods", "GET, HEAD, OPTIONS")
        .with("access-control-allow-headers", "accept, authorization, content-type")
        .with("access-control-max-age", "600")
}

/// Plain HTTP only says where the real thing is.
fn plain_http(site: &Site, asked: &Asked) -> Reply {
    if let Some(reply) = authority_answers(site, asked) {
        return reply;
    }
    // lists of revoked certificates are published where no TLS is needed: TLS itself may need them
    if let Some(reply) = udap::published(site, asked) {
        return reply;
    }
    let serves_data = site.has("plain-http-serves-data");
    let serves_login = site.has("plain-http-serves-login");
    if asked.path == "/authorize" && (serves_data || serves_login) {
        return authorization::login_page();
    }
    let where_published = site.has("plain-http-serves-login-where-published");
    if where_published && asked.path == authorize_path(site) {
        return authorization::login_page();
    }
    if site.has("plain-http-redirects-to-login") {
        match asked.path.as_str() {
            "/authorize" => return Reply::redirect(302, "/signin"),
            "/signin" => return authorization::login_page(),
            _ => {}
        }
    }
    if serves_data {
        return fhir_origin(site, asked);
    }
    let query = if asked.query.is_empty() { String::new() } else { format!("?{}", asked.query) };
    let is_of_authorization = authorization::serves(site, &asked.path);
    let target = if is_of_authorization { site.authorization_url(&asked.path) } else { https_origin(site) + &asked.path };
    Reply::redirect(308, &format!("{target}{query}"))
}

/// What the authority says of the certificates of this server, if it is asked.
fn authority_answers(site: &Site, asked: &Asked) -> Option<Reply> {
    let is_list = asked.path == LIST_PATH;
    if !is_list && (asked.path != RESPONDER_PATH || asked.method != "POST") {
        return None;
    }
    let identities = [Door::Fhir, Door::Authorization].map(|door| {
        let key = tls_stack::key(site, door);
        identity(key.certificate, key.authority).ok()
    });
    let mut identities = identities.into_iter().flatten();
    let found = if is_list {
        identities.find_map(|identity| identity.list.clone()).map(|list| Reply::new(200, "application/pkix-crl", list))
    } else {
        let own = identities.find(|identity| identity.chain.first().is_some_and(|leaf| asks_about(&asked.body, leaf)));
        own.and_then(|identity| identity.answer.clone()).map(|answer| Reply::new(200, "application/ocsp-response", answer))
    };
    Some(found.unwrap_or_else(|| Reply::new(500, "text/plain", "out of order")))
}

/// The question holds the serial number of the certificate.
fn asks_about(question: &[u8], leaf: &[u8]) -> bool {
    let serial = X509::from_der(leaf).and_then(|leaf| Ok(leaf.serial_number().to_bn()?.to_vec())).unwrap_or_default();
    !serial.is_empty() && question.windows(serial.len()).any(|window| window == serial)
}

fn https_origin(site: &Site) -> String {
    site.base.as_str().trim_end_matches(BASE_PATH).to_owned()
}

fn with_server_headers(site: &Site, asked: &Asked, reply: Reply) -> Reply {
    let is_clear = asked.door == Door::Plain;
    let reply =
        if is_clear || site.has("hsts-missing") { reply } else { reply.with("strict-transport-security", "max-age=31536000") };
    let reply = reflected(site, asked, reply);
    if site.has("server-header-verbose") {
        return reply.with("server", "Apache/2.4.1 (Unix) OpenSSL/1.0.2k").with("x-powered-by", "PHP/5.4.16");
    }
    reply
}

/// The mistake of a server that copies whatever origin asks into its CORS headers and lets the cookies along.
fn reflected(site: &Site, asked: &Asked, mut reply: Reply) -> Reply {
    let Some(origin) = asked.header("origin") else { return reply };
    if !site.has("cors-reflects-with-credentials") && !site.has("cors-reflects-origin-it-teaches") {
        return reply;
    }
    reply.headers.retain(|(name, _)| name != "access-control-allow-origin");
    reply.with("access-control-allow-origin", origin).with("access-control-allow-credentials", "true")
}

/// A server, or something before it, that answers everything alike.
fn whole_server(site: &Site, asked: &Asked, number: usize) -> Option<Answer> {
    let alike =
        ["always-400", "always-401", "always-403", "always-404", "always-500", "always-200-html", "always-200-empty-json"];
    for (turn, fault) in alike.into_iter().enumerate() {
        if site.has(fault) {
            return same_for_all(turn).map(Answer::Reply);
        }
    }
    if site.has("always-random") {
        return at_random(turn_of(number), asked);
    }
    if site.has("always-hang") {
        return Some(Answer::Hang);
    }
    site.has("always-reset").then_some(Answer::Reset)
}

/// Any of the answers of the others, or the honest one where that is a document. A refusal that counts is never among
/// them: nobody could tell a chance refusal from a right one.
fn at_random(turn: usize, asked: &Asked) -> Option<Answer> {
    match same_for_all(turn) {
        Some(reply) => {
            let headers = reply.headers.into_iter().filter(|(name, _)| name != "www-authenticate").collect();
            Some(Answer::Reply(Reply { headers, ..reply }))
        }
        None if is_discovery(asked) || asked.door != Door::Fhir => None,
        None => Some(Answer::Reply(Reply::new(502, "text/plain", "bad gateway"))),
    }
}

fn same_for_all(turn: usize) -> Option<Reply> {
    match turn {
        0 => Some(Reply::json(400, &serde_json::json!({"error": "invalid_request"}))),
        1 => Some(Reply::new(401, "text/plain", "unauthorized").with("www-authenticate", "Bearer")),
        2 => Some(Reply::new(403, "text/plain", "forbidden")),
        3 => Some(Reply::new(404, "text/plain", "not found")),
        4 => Some(Reply::new(500, "text/plain", "internal server error")),
        5 => Some(Reply::html(200, "Member portal", "<p>Welcome.</p>")),
        6 => Some(Reply::json(200, &serde_json::json!({}))),
        _ => None,
    }
}

/// A turn from 0 to 7 that looks random and is the same in every run (`SplitMix64` of the request number).
fn turn_of(number: usize) -> usize {
    let mut state = (number as u64).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    usize::try_from((state ^ (state >> 31)) % 8).unwrap_or(0)
}
