//! A run against django-oauth-toolkit comes to what was found out with curl before (`tests/interop/by_hand.sh`,
//! docs/interop.md): each finding, and nothing but passes elsewhere.

use serde_json::Value;

use super::expected::worst;
use super::provider::Provider;
use super::run::run;

/// A variant of a case (`*`: each), its verdict, and a requirement with the verdict that it has there.
struct Finding(&'static str, &'static str, &'static str, &'static str, &'static str);

/// What is not right at this server. The comments give the answer that curl got.
const FINDINGS: [Finding; 18] = [
    // `openssl x509 -text` of its certificate: no authority information access, so no responder and no issuer.
    Finding("tls.certificate-profile", "*", "warn", "", ""),
    // `aud=https://fhir.other.example/r4`: 302 with a code; the token reads the Patient (200).
    Finding("launch.aud", "with another server in aud", "fail", "smart-app-launch/access-3", "fail"),
    // No `aud`: 302 with a code; the token reads the Patient (200). The rule is one of the best practices.
    Finding("launch.aud", "without aud", "warn", "smart-best-practices/phishing-1", "warn"),
    // `aud` is ignored, so also one with another path.
    Finding("launch.aud-path", "", "fail", "smart-app-launch/access-3", "fail"),
    // `code_challenge_method=plain`: 302 with a code; exchanged with 200.
    Finding("launch.pkce-plain", "the method plain", "fail", "smart-app-launch/pkce-3", "fail"),
    // A challenge without a method: the same.
    Finding("launch.pkce-plain", "a challenge without a method", "fail", "smart-app-launch/pkce-3", "fail"),
    // The second exchange of a code: 400 invalid_grant; the token of the first still reads the Patient (200).
    Finding("token.code-single-use", "", "warn", "advice/code-reuse-1", "warn"),
    // The exchange without redirect_uri: 200.
    Finding("token.redirect-uri", "no redirect URI", "fail", "smart-app-launch/token-2", "fail"),
    // {"active": true, "scope": …, "exp": …, "client_id": …, "username": …}: the patient of the launch is not there.
    Finding("introspection.active", "", "fail", "smart-app-launch/introspection-3", "fail"),
    // Introspection with a wrong secret: 403.
    Finding("introspection.invalid-credentials", "", "fail", "oauth-oidc/rfc7662-6", "fail"),
    // Introspection of a token by another client: active, with its scopes.
    Finding("introspection.foreign", "", "warn", "advice/introspection-foreign-1", "warn"),
    // A launch without offline_access: a refresh token comes.
    Finding("refresh.not-requested", "", "warn", "advice/offline-consent-1", "warn"),
    // A wrong secret in Basic: 401 invalid_client, `WWW-Authenticate: Bearer error="invalid_client"`.
    Finding("token.invalid-client", "", "warn", "advice/invalid-client-1", "warn"),
    // Another client's client_id beside Basic: 400 `server_error`, which is no error of a token endpoint.
    Finding("token.other-client-id", "", "fail", "oauth-oidc/rfc6749-18", "fail"),
    // `curl --include` of the login page and of /o/authorize/: no Strict-Transport-Security; Django sends none unless it is told to.
    Finding("launch.sign-in-pages", "", "warn", "advice/hsts-1", "warn"),
    // The stub has no RelatedPerson: 404. A server may have no scope for it.
    Finding("access.referenced", "RelatedPerson", "warn", "", ""),
    // `Server: WSGIServer/0.2 CPython/3.11.2`
    Finding("access.beside-read", "*", "warn", "fhir-security/communications-3", "warn"),
    Finding("access.without-token", "*", "warn", "fhir-security/communications-3", "warn"),
];

/// What was right with curl, or refused where it has to be, in each variant that applies.
const RIGHT: [&str; 66] = [
    "access.bad-token",
    "access.beside-token",
    "access.made-up-token",
    "access.other-member-joins",
    "access.other-member-read",
    "access.other-member-search",
    "access.own-coverage",
    "access.own-explanationofbenefit",
    "access.own-patient",
    "access.query-token",
    "access.referenced",
    "access.refusal-is-no-crash",
    "access.ungranted-include",
    "access.ungranted-type",
    "access.user-scope",
    "access.write",
    "capabilities.declared",
    "discovery.agreement-oauth-uris",
    "discovery.agreement-openid",
    "discovery.authorization-code-grant",
    "discovery.capability-statement",
    "discovery.clock",
    "discovery.duplicate-keys",
    "discovery.jwks",
    "discovery.openid-configuration",
    "discovery.smart-configuration",
    "discovery.smart-endpoints",
    "discovery.smart-issuer",
    "discovery.smart-pkce",
    "discovery.smart-urls",
    "discovery.unknown-path",
    "introspection.caller",
    "introspection.inactive",
    "launch.denial",
    "launch.doubled-parameter",
    "launch.framing",
    "launch.patient-context",
    "launch.pkce-required",
    "launch.pkce-verifier",
    "launch.redirect-uri",
    "launch.response-type",
    "launch.standalone",
    "launch.state",
    "launch.unknown-client",
    "launch.unknown-parameter",
    "openid.fhir-user",
    "openid.fhir-user-readable",
    "openid.id-token-issued",
    "openid.id-token-valid",
    "openid.userinfo",
    "refresh.bad-token",
    "refresh.client-authentication",
    "refresh.client-binding",
    "refresh.issued",
    "refresh.rotation",
    "refresh.scope-bounds",
    "refresh.works",
    "revocation.access-token",
    "revocation.foreign",
    "revocation.refresh-token",
    "revocation.unknown-token",
    "scopes.granted",
    "scopes.granted-user",
    "token.public-client-secret",
    "token.response",
    "token.unknown-client",
];

/// What the rules leave to a server and this one does without: it takes no batch (POST to the base: 404 `OperationOutcome`,
/// and its statement lists none), gives no pages (`_count=1`: all claims, no link), and lists `client_secret_post`.
const NOT_APPLICABLE: [&str; 3] = ["access.other-member-batch", "access.other-member-pages", "token.secret-in-body"];

/// What rests on the machine and not on the server: who listens on port 80.
const MACHINE: &str = "tls.plain-http";

#[test]
fn every_verdict_about_django_oauth_toolkit_is_the_one_that_was_found_by_hand() {
    let Some(provider) = Provider::start() else { return };
    let target = provider.target();
    let run = run(&target.display().to_string(), Some(&provider.server.files.ca), &["--profile", "carin-bb-2.2.0"]);
    let results = run.record["cases"].as_array().expect("the record holds cases");
    let mut differences: Vec<String> = results.iter().filter_map(difference).collect();
    let has = |case: &str, variant: Option<&str>| {
        results.iter().any(|result| {
            result["case"] == case && variant.is_none_or(|variant| result["variant"].as_str().unwrap_or_default() == variant)
        })
    };
    differences.extend(RIGHT.iter().filter(|case| !has(case, None)).map(|case| format!("{case}: not in the record")));
    for Finding(case, variant, ..) in FINDINGS {
        if !has(case, (variant != "*").then_some(variant)) {
            differences.push(format!("{case} [{variant}]: not in the record"));
        }
    }
    if run.code != 1 {
        differences.push(format!("exit code {}", run.code));
    }
    assert!(differences.is_empty(), "{}\n--- printed ---\n{}", differences.join("\n"), run.printed);
    assert!(run.printed.contains("SMART 2.0.0"), "{}", run.printed);
}

/// What a result has against the table, if anything.
fn difference(result: &Value) -> Option<String> {
    let text = |key: &str| result[key].as_str().unwrap_or_default();
    let (case, variant, verdict) = (text("case"), text("variant"), text("verdict"));
    let label = format!("{case} [{variant}]: {verdict}");
    if let Some(Finding(.., expected, requirement, level)) =
        FINDINGS.iter().find(|Finding(known, of, ..)| *known == case && (*of == "*" || *of == variant))
    {
        let seen = worst(result, requirement);
        let is_right = verdict == *expected && (requirement.is_empty() || seen.as_deref() == Some(*level));
        return (!is_right).then(|| format!("{label}, expected {expected}; {requirement}: {seen:?}, expected {level}"));
    }
    if case == MACHINE {
        return None;
    }
    if NOT_APPLICABLE.contains(&case) {
        return (verdict != "not-applicable").then(|| format!("{label}, expected not-applicable: {}", result["reason"]));
    }
    let is_good = verdict == "pass" || verdict == "not-applicable";
    (!is_good).then(|| format!("{label}: the table does not know it: {}", result["reason"]))
}
