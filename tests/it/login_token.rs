//! The strategy `token`: the binary runs with tokens that an operator got elsewhere, against the reference server.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use carinbb::reference::{MemberKind, Options, Running, start};
use serde_json::Value;

use super::login::{Scene, first_member, parameter};

/// The verifier that belongs to the challenge of the authorization request (RFC 7636, appendix B).
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const SCOPE: &str = "openid fhirUser launch/patient offline_access patient/ExplanationOfBenefit.read patient/Coverage.read patient/Patient.read patient/Organization.read patient/Practitioner.read";

struct Tokens(Value);

impl Tokens {
    async fn of(scene: &Scene) -> Self {
        let visit = scene.sessions.authorize(&scene.request_for(SCOPE)).await;
        let code = parameter(&visit, "code").expect("the member approves");
        let client = scene.client();
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", client.redirect_uri.as_str()),
            ("code_verifier", VERIFIER),
        ];
        Self(scene.post("/token", &form).await)
    }

    fn get(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or_else(|| panic!("no {name}: {}", self.0))
    }
}

fn target_file(server: &Running, folder: &Path) -> String {
    let client = server.clients().first().expect("there is a client").clone();
    let patient = |kind| server.members().iter().find(|member| member.kind == kind).expect("the member exists").patient.clone();
    let text = format!(
        "[target]\nbase = \"{}\"\nallow_origins = [\"{}\"]\n[clients.confidential]\nclient_id = \"{}\"\nclient_secret = {{ env = \"SECRET\" }}\nredirect_uri = \"{}\"\n\
         [login]\nstrategy = \"token\"\n[token]\naccess_token = {{ env = \"ACCESS\" }}\nrefresh_token = {{ env = \"REFRESH\" }}\nid_token = {{ env = \"ID\" }}\npatient = \"{}\"\nscope = \"{SCOPE}\"\n\
         [token.second]\naccess_token = {{ env = \"THEIRS\" }}\npatient = \"{}\"\nscope = \"{SCOPE}\"\n",
        server.base(),
        server.authorization_origin(),
        client.id,
        client.redirect_uri,
        patient(MemberKind::First),
        patient(MemberKind::Second),
    );
    let file = folder.join("target.toml");
    fs::write(&file, text).expect("the folder is writable");
    fs::write(folder.join("ca.pem"), server.ca_pem()).expect("the folder is writable");
    file.to_str().expect("a plain name").to_owned()
}

/// Runs the binary while the server answers from this process.
async fn run(
    file: String,
    folder: std::path::PathBuf,
    secrets: BTreeMap<&'static str, String>,
    more: &'static [&'static str],
) -> (Output, Value) {
    let record = folder.join("run.json");
    let mut command = Command::new(env!("CARGO_BIN_EXE_carinbb"));
    command.arg("run").arg("--target").arg(&file).arg("--ca-file").arg(folder.join("ca.pem"));
    command
        .args(["--skip", "tls", "--skip", "discovery"])
        .args(more)
        .arg(format!("--report=json={}", record.display()))
        .envs(secrets);
    let output =
        tokio::task::spawn_blocking(move || command.output()).await.expect("the task ends").expect("the binary can be started");
    let text = fs::read_to_string(&record).unwrap_or_else(|_| panic!("{output:?}"));
    (output, serde_json::from_str(&text).expect("the record is JSON"))
}

fn verdicts(run: &Value) -> BTreeMap<String, String> {
    let cases = run["cases"].as_array().expect("there are cases").iter();
    cases
        .map(|case| {
            (case["case"].as_str().unwrap_or_default().to_owned(), case["verdict"].as_str().unwrap_or_default().to_owned())
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn given_tokens_run_what_can_live_with_them_and_what_needs_a_launch_is_not_selected() {
    let scene = Scene::of(start(Options::default()).await.expect("the reference server starts"), first_member);
    let theirs = Scene::second(&scene);
    let (tokens, other) = (Tokens::of(&scene).await, Tokens::of(&theirs).await);
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = target_file(&scene.server, folder.path());
    let secret = scene.client().secret.as_ref().expect("a secret").expose().to_owned();
    let secrets: BTreeMap<&'static str, String> = [
        ("SECRET", secret),
        ("ACCESS", tokens.get("access_token").to_owned()),
        ("REFRESH", tokens.get("refresh_token").to_owned()),
        ("ID", tokens.get("id_token").to_owned()),
        ("THEIRS", other.get("access_token").to_owned()),
    ]
    .into();
    let (output, record) = run(file.clone(), folder.path().to_owned(), secrets.clone(), &[]).await;
    let verdicts_now = verdicts(&record);
    for case in [
        "access.own-patient",
        "access.own-coverage",
        "access.own-explanationofbenefit",
        "access.bad-token",
        "access.other-member-read",
        "access.other-member-search",
        "openid.fhir-user",
        "openid.userinfo",
        "introspection.active",
        "refresh.works",
        "refresh.bad-token",
    ] {
        assert_eq!(
            verdicts_now.get(case).map(String::as_str),
            Some("pass"),
            "{case}: {}",
            String::from_utf8_lossy(&output.stdout)
        );
    }
    let left_out = |case: &str| {
        let all = record["not_selected"].as_array().expect("a list").iter();
        all.filter(|own| own["case"] == case).map(|own| own["reason"].as_str().unwrap_or_default().to_owned()).next()
    };
    for case in ["launch.standalone", "scopes.granted", "access.ungranted-type", "refresh.rotation", "openid.id-token-valid"] {
        assert!(left_out(case).is_some_and(|why| why.contains("an authorization of its own")), "{case}: {:?}", left_out(case));
    }
    assert_eq!(record["traffic"]["sent_authorizations"], 0);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    let text = record.to_string() + &String::from_utf8_lossy(&output.stdout);
    assert!(secrets.values().all(|secret| !text.contains(secret)), "a secret is shown");

    // A token that has lapsed says nothing about the server: no FAIL, and nothing passes that rests on it.
    let mut lapsed = secrets;
    lapsed.insert("ACCESS", "a-token-that-nobody-knows".into());
    let (output, record) = run(file, folder.path().to_owned(), lapsed, &["--select", "access"]).await;
    let verdicts_then = verdicts(&record);
    assert_eq!(verdicts_then.get("access.own-patient").map(String::as_str), Some("blocked"), "{verdicts_then:?}");
    assert!(!verdicts_then.values().any(|verdict| verdict == "fail"), "{verdicts_then:?}");
    assert_eq!(output.status.code(), Some(3));
}
