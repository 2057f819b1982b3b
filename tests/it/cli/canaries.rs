//! Canaries: a server says back whatever it is told and what it knows of a member, in every encoding and everywhere. None of it
//! stands in any file that a run writes, in what it prints, or in what it complains of.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use regex::bytes::{Regex, RegexBuilder};
use serde_json::Value;

use super::gathered::{collect, files, json};
use super::tool::{Served, Tool};

/// Members of a resource whose texts tell one member from another.
const TELLING: [&str; 10] = ["id", "value", "family", "given", "line", "city", "subscriberId", "birthDate", "text", "div"];
/// Everything that a run can write.
const FORMATS: [&str; 10] = ["json", "junit", "html", "sarif", "github", "csv", "tap", "badge", "fhir", "earl"];

/// A request of every kind that carries a secret, and reads of a member's data.
const CASES: [&str; 12] = [
    "access.referenced",
    "token.response",
    "token.redirect-uri",
    "access.other-member-read",
    "access.bad-token",
    "access.query-token",
    "token.client-assertion",
    "launch.pkce-required",
    "openid.userinfo",
    "introspection.active",
    "revocation.access-token",
    "refresh.issued",
];

/// A canary in every encoding that a file may have, written without the code under test.
fn spellings(canary: &str) -> Vec<String> {
    let percent: String = url::form_urlencoded::byte_serialize(canary.as_bytes()).collect();
    let twice: String = url::form_urlencoded::byte_serialize(percent.as_bytes()).collect();
    let json = Value::from(canary).to_string();
    let each = |write: &dyn Fn(u8) -> String| canary.bytes().map(write).collect::<String>();
    let points = |write: &dyn Fn(u32) -> String| canary.chars().map(|c| write(u32::from(c))).collect::<String>();
    let html = canary.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let mut all = vec![
        canary.to_owned(),
        json.trim_matches('"').to_owned(),
        percent.replace('+', "%20"),
        percent,
        twice,
        html,
        canary.chars().rev().collect(),
        each(&|byte| format!("%{byte:02x}")),
        each(&|byte| format!("%{byte:02X}")),
        each(&|byte| format!("{byte:02x}")),
        each(&|byte| format!("{byte:02X}")),
        points(&|c| format!("\\u{c:04x}")),
        points(&|c| format!("\\\\u{c:04x}")),
        points(&|c| format!("&#{c};")),
        points(&|c| format!("&#x{c:x};")),
    ];
    for before in 0..3 {
        let bytes: Vec<u8> = std::iter::repeat_n(0, before).chain(canary.bytes()).collect();
        for encoded in [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)] {
            let end = encoded.len() - usize::from(!bytes.len().is_multiple_of(3));
            let inner = &encoded[[0, 2, 3][before]..end];
            // Shorter ones stand in random texts by chance.
            all.extend((inner.len() >= 10).then(|| inner.to_owned()));
        }
    }
    all
}

fn search(canaries: &BTreeSet<String>) -> Regex {
    let spelt: Vec<String> = canaries.iter().flat_map(|canary| spellings(canary)).map(|text| regex::escape(&text)).collect();
    RegexBuilder::new(&spelt.join("|")).size_limit(1 << 28).build().expect("the spellings make an expression")
}

fn canaries(credentials: &Path) -> BTreeSet<String> {
    let mut canaries = BTreeSet::new();
    // The id of a key is published with the key.
    let is_secret = |name: &str| name != "key_id" && ["password", "secret", "totp", "key"].iter().any(|part| name.contains(part));
    collect(&json(credentials), "", &is_secret, &mut canaries);
    assert!(canaries.len() >= 8, "{} secrets", canaries.len());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/members/member-1.json");
    collect(&json(&path), "", &|name| TELLING.contains(&name), &mut canaries);
    // What the consent page shows of the member besides.
    canaries.extend(["HYPERTENSION".to_owned(), "I10).".to_owned()]);
    assert!(canaries.len() > 25, "{} canaries", canaries.len());
    canaries
}

#[test]
fn h33_nothing_that_a_server_says_back_stands_in_any_file_log_or_message_in_any_encoding() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let at = |name: &str| folder.path().join(name).to_str().expect("the folder has a plain name").to_owned();
    let (credentials, target) = (at("credentials.json"), at("target.toml"));
    let served = Served::new(["--fault", "hostile-echo", "--credentials-out", &credentials, "--target-out", &target]);
    let canaries = canaries(Path::new(&credentials));
    let search = search(&canaries);
    let found = |name: &str, bytes: &[u8]| {
        let hit = search.find(bytes).map(|hit| {
            let from = hit.start().saturating_sub(120);
            String::from_utf8_lossy(&bytes[from..(hit.end() + 40).min(bytes.len())]).into_owned()
        });
        assert_eq!(hit, None, "a canary stands in {name}");
    };
    for (format, cases) in [("human", &CASES[..]), ("ndjson", &CASES[..3])] {
        let (out, zip, summary) =
            (at(&format!("{format}-out")), at(&format!("{format}.zip")), at(&format!("{format}-summary.md")));
        let reports: Vec<String> = FORMATS.iter().map(|own| format!("{own}={}", at(&format!("{format}-report.{own}")))).collect();
        let tool = Tool::new().env("GITHUB_STEP_SUMMARY", &summary);
        let run =
            ["run", "--target", &target, "--ca-file", &served.ca_text, "-v", "-o", &out, "--bundle", &zip, "--format", format];
        let run = tool.args(run).args(reports.iter().flat_map(|report| ["--report", report])).args(["--report", "github"]);
        let run = run.args(cases.iter().copied()).ends();
        assert!(matches!(run.code, Some(0 | 1 | 3)), "{:?}: {}", run.code, run.stderr);
        found(&format!("stdout ({format})"), run.stdout.as_bytes());
        found(&format!("stderr ({format})"), run.stderr.as_bytes());
        for (name, bytes) in files(Path::new(&out)) {
            found(&name, &bytes);
        }
        let written = carinbb::report::bundle::open(Path::new(&out)).expect("the folder was written").files;
        let unpacked = carinbb::report::bundle::unzipped(&fs::read(&zip).expect("the zip file was written"));
        assert!(unpacked.files == written, "the zip file holds what the folder holds");
        for report in FORMATS {
            let name = at(&format!("{format}-report.{report}"));
            let bytes = fs::read(&name).expect("the report was written");
            // What is the same file as one of the folder was looked through there.
            if !written.values().any(|own| *own == bytes) {
                found(&name, &bytes);
            }
        }
        found(&summary, &fs::read(&summary).expect("the summary was written"));
        let evidence = String::from_utf8_lossy(&written["run.json"]).into_owned();
        for part in ["‹access_token #", "‹client_secret #", "‹password #", "‹code #", "_withheld", "x-echo-0"] {
            assert!(evidence.contains(part), "{part}: the server said it, and it was taken out");
        }
        let page = String::from_utf8_lossy(&written["report.html"]).into_owned();
        // The second run is not asked for consent again: the server remembers that of the first.
        let told = [
            "\"sign_in_pages\"",
            "‹the words of a page of a sign-in› Share your data Welcome ‹…› member ‹…› born ‹…› Your latest claim: ‹…›",
            "Claims Companion",
            "Access lasts 60 minutes",
            "patient/Patient.read",
        ];
        let is_asked = format == "human";
        for part in told.iter().filter(|_| is_asked) {
            assert!(evidence.contains(part), "{part}: the page said it, and it is about nobody");
        }
        assert!(
            page.contains("What members were told") && (!is_asked || page.contains("Access lasts 60 minutes")),
            "the page of the run shows it"
        );
        Tool::new().args(["verify", &out]).exits(0).stdout_has("the evidence holds");
    }
    // With certificates of our own: statements and assertions are secrets too, and the last look before writing knows them.
    let reports: Vec<String> = FORMATS.iter().map(|own| format!("{own}={}", at(&format!("udap.{own}")))).collect();
    let run =
        Tool::new().args(["run", "--demo", "--fault", "hostile-echo", "udap.token", "udap.registration", "-o", &at("udap-out")]);
    let run = run.args(reports.iter().flat_map(|report| ["--report", report])).ends();
    assert!(matches!(run.code, Some(0 | 1 | 3)), "{:?}: {}", run.code, run.stderr);
}
