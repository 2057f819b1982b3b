//! Builds a run: a small suite and a scripted server, or the whole suite and the reference server.

use std::sync::Arc;
use std::time::Duration;

use carinbb::catalogue::{Catalogue, SuiteFiles};
use carinbb::engine::record::{AssertionResult, CaseResult, Clause, RequirementResult};
use carinbb::engine::{self, Event, Interrupt, Listener, Run, RunOptions, Selection};
use carinbb::net::tls::{Limits as TlsLimits, Trust};
use carinbb::net::{HttpOptions, Limits, OffsetClock, Origin, World, WorldOptions};
use carinbb::reference::Running;
use carinbb::target::Target;
use carinbb::testcase;
use carinbb::verbs::TlsSettings;
use carinbb::vocabulary::ProfileId;
use carinbb::vocabulary::document::Problems;
use serde_json::{Value, json};
use url::Url;

use super::peer::{Peer, Reply, reply};
use crate::time::jump;

/// Rows of a guide of our own: its id, its level, whether it stands in version 2, its condition.
const ROWS: [(&str, &str, &str, &str); 9] = [
    ("shall-1", "SHALL", "2", ""),
    ("shall-2", "SHALL", "2", ""),
    ("shall-3", "SHALL", "2", ""),
    ("should-1", "SHOULD", "2", ""),
    ("may-1", "MAY", "2", ""),
    ("old-1", "SHALL", "1", ""),
    ("udap-1", "SHALL", "2", "udap"),
    ("launch-1", "SHALL", "2", "smart.launch-ehr"),
    ("unseen-1", "SHALL", "2", "smart.patient-context"),
];

const PROFILE: &str = r#"
id = "mine"
title = "Mine"
status = "current"
audit_level = "none"
unauthorized_statuses = [401]
refused_statuses = [401, 403]
required_scopes = []
required_capabilities = ["client-public"]
[tls]
rule = "TLS 1.2 or later"
required_any = ["1.2"]
forbidden = ["1.0"]
rows = []
[[documents]]
document = "guide"
versions = ["2"]
role = "required"
"#;

fn guide() -> String {
    let rows = ROWS.map(|(id, level, version, when)| {
        let condition = if when.is_empty() { String::new() } else { format!("conditional = \"so\"\nwhen = [\"{when}\"]\n") };
        format!(
            "[[requirement]]\nid = \"guide/{id}\"\ndocument = \"guide\"\nversions = [\"{version}\"]\nlevel = \"{level}\"\nactor = \"server\"\n\
             area = \"access\"\nsection = \"1\"\nurl = \"https://example.org/guide\"\nsummary = \"It is so.\"\n{condition}testable = \"black-box\"\n\
             how = \"Look.\"\nbasis = \"verb\"\nconfidence = \"read\"\n"
        )
    });
    format!("[document]\ntitle = \"A guide\"\nversions = [\"1\", \"2\"]\n{}", rows.join("\n"))
}

/// A case `a.NAME` that serves every row of the guide; `head` are further keys, `body` its tables.
pub(crate) fn case(name: &str, head: &str, body: &str) -> (String, String) {
    let rows: Vec<String> = ROWS.iter().map(|(id, ..)| format!("\"guide/{id}\"")).collect();
    let rows = rows.join(", ");
    let text = format!(
        "id = \"a.{name}\"\ntitle = \"The title\"\nwhy = \"w\"\nrequirements = [{rows}]\nfaults = [\"some-fault\"]\n{head}\n{body}\n"
    );
    (format!("a/{name}.toml"), text)
}

/// The case, serving this row of the guide alone.
pub(crate) fn serving(row: &str, (path, text): (String, String)) -> (String, String) {
    let line = |line: &str| {
        if line.starts_with("requirements = ") { format!("requirements = [\"guide/{row}\"]\n") } else { format!("{line}\n") }
    };
    (path, text.lines().map(line).collect())
}

/// A step of `[[TABLE]]` that gets a path; `rest` are its further keys.
pub(crate) fn get(table: &str, path: &str, rest: &str) -> String {
    format!("[[{table}]]\ntitle = \"Get {path}\"\ndo = \"http.get\"\nwith = {{ url = \"{path}\" }}\n{rest}\n")
}

/// The row `status is 200` that counts for `guide/shall-1`.
pub(crate) const OK: &str = r#"expect = [{ that = "status", is = 200, requirement = "guide/shall-1" }]"#;

/// The row `status is 200` as a premise.
pub(crate) const SOUND: &str = r#"premise = [{ that = "status", is = 200 }]"#;

/// A server that answers every path `/NNN…` with that status, `/hang…` never, and everything else with 200.
/// It claims the public client, which the profile demands, and nothing else.
pub(crate) async fn peer() -> Peer {
    Peer::start(json!({ "capabilities": ["client-public"] }), by_path).await
}

/// See [`peer`].
pub(crate) fn by_path(path: &str, _: usize) -> Reply {
    let status = path.get(..3).and_then(|digits| digits.parse().ok()).unwrap_or(200);
    let pause = if path.starts_with("hang") { Duration::from_secs(3600) } else { Duration::ZERO };
    Reply { pause, ..reply(status, json!({ "path": path, "list": ["a", "b"], "nothing": null })) }
}

/// The run of these cases against this server. Deadlines are short; nothing is left out.
pub(crate) fn options(peer: &Peer, files: impl IntoIterator<Item = (String, String)>) -> RunOptions {
    let own = [("requirements/guide.toml".to_owned(), guide()), ("profiles/mine.toml".to_owned(), PROFILE.to_owned())];
    let base = Url::parse(&format!("http://127.0.0.1:{}/r4", peer.port)).unwrap();
    let target = Target::new(base.clone(), base.to_string());
    let settings = Settings { limit: Duration::from_millis(500), trust: Trust::nothing(), clock: OffsetClock::new() };
    build(&SuiteFiles::from_texts(own.into_iter().chain(files)), target, "mine", settings)
}

/// The run of the whole suite against a reference server.
pub(crate) fn whole_suite(server: &Running, profile: &str, limit: Duration) -> RunOptions {
    against(server, &SuiteFiles::embedded(), profile, limit)
}

/// The same under CARIN BB 2.2.0 with cases of the test beside its own.
pub(crate) fn whole_suite_and(
    server: &Running,
    limit: Duration,
    files: impl IntoIterator<Item = (String, String)>,
) -> RunOptions {
    let embedded = SuiteFiles::embedded();
    let texts =
        embedded.all().map(|source| (source.path().trim_start_matches("testcases/").to_owned(), source.text().to_owned()));
    against(server, &SuiteFiles::from_texts(texts.chain(files)), "carin-bb-2.2.0", limit)
}

fn against(server: &Running, files: &SuiteFiles, profile: &str, limit: Duration) -> RunOptions {
    let mut target = Target::new(server.base().clone(), server.base().to_string());
    target.plain_http = Some(server.plain_http().clone());
    target.allow_origins = vec![server.authorization_origin().clone()];
    target.browser_apps = true;
    let mut trust = Trust::nothing();
    trust.add_pem(server.ca_pem().as_bytes()).unwrap();
    build(files, target, profile, Settings { limit, trust, clock: OffsetClock::new() })
}

struct Settings {
    limit: Duration,
    trust: Trust,
    clock: OffsetClock,
}

fn build(files: &SuiteFiles, target: Target, profile: &str, settings: Settings) -> RunOptions {
    let problems = Problems::new();
    let catalogue = Catalogue::load(files, &problems);
    let suite = testcase::load(files.cases(), files.under("flows"), &problems);
    let shown: Vec<String> = problems.into_sorted().iter().map(|problem| problem.render(false)).collect();
    assert!(shown.is_empty(), "{}", shown.join("\n"));
    tokio::spawn(jump(settings.clock.clone()));
    let trust = Arc::new(settings.trust);
    let named = [&target.base].into_iter().chain(&target.plain_http).chain(&target.allow_origins);
    let limits = Limits::all(settings.limit);
    let world = WorldOptions {
        clock: Arc::new(settings.clock),
        target_origins: named.filter_map(Origin::of).collect(),
        http: HttpOptions { limits, trust: Arc::clone(&trust), in_flight: 16, ..HttpOptions::default() },
        ..WorldOptions::default()
    };
    RunOptions {
        suite: Arc::new(suite),
        catalogue: Arc::new(catalogue),
        suite_digest: String::new(),
        target: Arc::new(target),
        launch: std::sync::Arc::default(),
        browser: None,
        udap: None,
        udap_anchors: std::sync::Arc::default(),
        udap_version: None,
        world: World::new(world).unwrap(),
        tls: TlsSettings {
            trust,
            judged_against: "the root of the test".into(),
            limits: TlsLimits { deadline: settings.limit, ..TlsLimits::default() },
        },
        profiles: vec![ProfileId::parse(profile).unwrap()],
        smart: None,
        strict: false,
        statements: engine::Statements::default(),
        fail_on_warn: false,
        selection: Selection {
            no_anchors: Some("no anchor in this test".into()),
            slow: true,
            no_udap: Some("no certificate in this test".into()),
            ..Selection::default()
        },
        slots: 32,
        only_step: None,
        interrupt: Interrupt::new().1,
        settings: Vec::new(),
        notes: Vec::new(),
        client: None,
    }
}

/// Hears nothing.
pub(crate) struct Silent;

impl Listener for Silent {
    fn notice(&mut self, _: &Event<'_>) {}
}

/// Runs, and asks of every record what must hold of all of them.
pub(crate) async fn run(options: &RunOptions) -> Run {
    run_heard(options, &mut Silent).await
}

/// As [`run`], with a listener.
pub(crate) async fn run_heard(options: &RunOptions, listener: &mut dyn Listener) -> Run {
    let limit = Duration::from_secs(60);
    let run = tokio::time::timeout(limit, engine::run(options, listener)).await.expect("a run ends").expect("a run begins");
    let traffic = &run.traffic;
    assert!(traffic.sent_requests <= traffic.planned_requests && traffic.sent_probes <= traffic.planned_probes, "{traffic:?}");
    let open: u64 = run.claim.not_tested.iter().map(|(_, count)| count).sum();
    assert_eq!(run.claim.tested + open, run.claim.shall, "{:?}", run.claim);
    // As a file would hold it: what is judged again is what was written.
    let written = serde_json::to_string(&run).expect("a record is JSON");
    let read = carinbb::report::read(&written).expect("our own record is readable");
    assert_eq!(engine::replay(&read).differences, Vec::<String>::new());
    run
}

/// Runs these cases against a server that answers by path.
pub(crate) async fn run_cases(files: impl IntoIterator<Item = (String, String)>) -> Run {
    run(&options(&peer().await, files)).await
}

/// The result of this label.
pub(crate) fn result<'r>(run: &'r Run, label: &str) -> &'r CaseResult {
    run.cases.iter().find(|case| case.label() == label).unwrap_or_else(|| panic!("{label} is not in the record"))
}

/// The roll-up of a row of the guide.
pub(crate) fn requirement<'r>(run: &'r Run, row: &str) -> &'r RequirementResult {
    let id = format!("guide/{row}");
    run.requirements.iter().find(|own| own.id == id).unwrap_or_else(|| panic!("{id} is not in the record"))
}

/// The judged rows of a result, premises left out.
pub(crate) fn rows(case: &CaseResult) -> Vec<&AssertionResult> {
    case.steps.iter().flat_map(|step| &step.assertions).filter(|row| row.clause != Clause::Premise).collect()
}

/// The stable word of an outcome.
pub(crate) fn word(row: &AssertionResult) -> String {
    let value: Value = serde_json::to_value(&row.outcome).unwrap();
    value["is"].as_str().unwrap().to_owned()
}
