//! Canaries: what a server's clients and members keep secret, and its members' data, stand in no file of the evidence.

use std::collections::BTreeSet;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::Value;

use super::gathered::{collect, files, json};
use super::tool::{Served, Tool};

/// Members of a resource whose texts tell one member from another.
const TELLING: [&str; 9] = ["id", "value", "family", "given", "line", "city", "subscriberId", "birthDate", "div"];

fn holds(bytes: &[u8], needle: &str) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle.as_bytes())
}

#[test]
fn no_secret_and_no_members_data_of_a_server_stand_in_any_file_of_the_evidence() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let at = |name: &str| folder.path().join(name).to_str().expect("the folder has a plain name").to_owned();
    let (credentials, target, out) = (at("credentials.json"), at("target.toml"), at("out"));
    let served = Served::new(["--credentials-out", &credentials, "--target-out", &target]);
    let cases = ["access.referenced", "token.response", "openid.userinfo", "launch.pkce-plain", "introspection.active"];
    Tool::new()
        .args(["run", "--target", &target, "--ca-file", &served.ca_text, "-q", "-o", &out])
        .args(cases)
        .exits(0)
        .stdout_has("met");
    let mut secrets = BTreeSet::new();
    // The id of a key is published with the key.
    let is_secret = |name: &str| name != "key_id" && ["password", "secret", "totp", "key"].iter().any(|part| name.contains(part));
    collect(&json(Path::new(&credentials)), "", &is_secret, &mut secrets);
    let mut values = BTreeSet::new();
    for number in 1..=4 {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/members/member-{number}.json"));
        collect(&json(&path), "", &|name| TELLING.contains(&name), &mut values);
    }
    assert!(secrets.len() >= 4 && values.len() > 30, "{} {}", secrets.len(), values.len());
    let written = files(Path::new(&out));
    let text: String = written.iter().map(|(_, bytes)| String::from_utf8_lossy(bytes)).collect();
    assert!(text.contains("‹access_token #") && text.contains("_withheld"), "something was there to be taken out");
    for canary in secrets.iter().chain(&values) {
        let percent: String = url::form_urlencoded::byte_serialize(canary.as_bytes()).collect();
        let spellings = [canary.clone(), percent, STANDARD_NO_PAD.encode(canary), URL_SAFE_NO_PAD.encode(canary)];
        for (name, bytes) in &written {
            assert!(!spellings.iter().any(|spelling| holds(bytes, spelling)), "a canary stands in {name}: {canary}");
        }
    }
}

#[test]
fn tokens_are_kept_as_header_and_claims_without_signature_or_person() {
    let printed = Tool::new().args(["run", "--demo", "openid.id-token-valid", "udap.token", "-o", "out"]).exits(0);
    let record: Value = serde_json::from_str(&printed.written("out/run.json")).expect("JSON");
    let evidence = record["evidence"].as_array().expect("a record has evidence");
    let tokens: Vec<&Value> =
        evidence.iter().flat_map(|own| own["exchange"]["record"]["tokens"].as_array().into_iter().flatten()).collect();
    let with = |name: &str| tokens.iter().filter(|token| token["claims"].get(name).is_some()).count();
    assert!(with("nonce") > 0, "no ID token: {tokens:?}");
    assert!(with("redirect_uris") + with("client_name") > 0, "no software statement: {tokens:?}");
    assert!(with("token_endpoint") > 0, "no signed metadata: {tokens:?}");
    for token in tokens {
        let about = token["claims"].get("fhirUser").map(ToString::to_string).unwrap_or_default();
        assert!(token["header"]["alg"].is_string() && !about.contains("Patient/"), "{token}");
        assert!(token["header"]["x5c"].as_str().is_none_or(|count| count.ends_with("certificates")), "{token}");
    }
}
