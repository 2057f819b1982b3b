//! The evidence bundle: whole, found out when one bit of it is another, and without a secret of the server that it is about.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use carinbb::report::bundle::{self, Files, Opened};
use serde_json::Value;

fn carinbb(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_carinbb"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARINBB_")) {
        command.env_remove(name);
    }
    command.args(arguments).output().expect("the binary under test can be started")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a temporary folder has a plain name")
}

/// A run of a few cases with a login among them, as a folder and as a zip file; made once for all tests here.
struct Sample {
    place: tempfile::TempDir,
}

impl Sample {
    fn get() -> &'static Self {
        static SAMPLE: OnceLock<Sample> = OnceLock::new();
        SAMPLE.get_or_init(|| {
            let place = tempfile::tempdir().expect("a temporary folder can be made");
            let (folder, zip) = (place.path().join("run"), place.path().join("run.zip"));
            let cases = ["tls.versions", "discovery.smart-configuration", "token.response", "access.bad-token"];
            let out = ["run", "--demo", "-q", "-o", text(&folder), "--bundle", text(&zip)];
            let output = carinbb(&[&out[..], &cases].concat());
            assert_eq!(output.status.code(), Some(0), "{output:?}");
            Self { place }
        })
    }

    fn folder(&self) -> PathBuf {
        self.place.path().join("run")
    }

    fn zip(&self) -> PathBuf {
        self.place.path().join("run.zip")
    }

    /// A bundle with a piece of everything that a whole one has, small enough to be looked through a thousand times.
    fn small(&self) -> Files {
        let record = String::from_utf8(self.files()["run.json"].clone()).expect("JSON is UTF-8");
        let mut run = carinbb::report::read(&record).expect("it is a record");
        run.requirements.truncate(3);
        run.not_selected.truncate(3);
        run.cases.truncate(2);
        run.certificates.truncate(2);
        let tls = run.evidence.iter().filter(|own| own.id.ends_with("tls")).take(2);
        let http = run.evidence.iter().filter(|own| own.id.ends_with("http")).take(2);
        run.evidence = tls.chain(http).cloned().collect();
        let files = bundle::contents(&run, &bundle::Surroundings::default()).expect("the evidence is ours");
        let files = bundle::sealed(&run, files).expect("it can be sealed");
        for part in ["run.json", "report.html", "exchanges.har", "environment.json", "evidence/", "tls/", "certificates/"] {
            assert!(files.keys().any(|path| path.starts_with(part)), "{part}");
        }
        files
    }

    fn files(&self) -> Files {
        let opened = bundle::open(&self.folder()).expect("the folder is there");
        assert!(opened.problems.is_empty(), "{:?}", opened.problems);
        opened.files
    }
}

/// How many bits are flipped, one at a time, in a folder and in a zip file.
const FLIPS: usize = 1_000;

/// Numbers that are the same in each run of the tests.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits fit") % limit
    }

    fn flip(&mut self, bytes: &mut [u8]) {
        let at = self.below(bytes.len());
        bytes[at] ^= 1 << self.below(8);
    }
}

fn problems(files: Files) -> Vec<String> {
    bundle::verify(Opened { files, problems: Vec::new() }).problems
}

#[test]
fn a_bundle_holds_in_both_forms_and_its_verdicts_follow_from_its_facts() {
    let sample = Sample::get();
    for path in [sample.folder(), sample.zip()] {
        let output = carinbb(&["verify", text(&path), "--rejudge"]);
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(0), "{printed}");
        for part in ["the evidence holds", "and give what the record says", "every verdict is the same"] {
            assert!(printed.contains(part), "{part}: {printed}");
        }
    }
    let zipped = bundle::open(&sample.zip()).expect("the zip file is there");
    assert_eq!(zipped.files, sample.files(), "both forms hold the same");
    for part in ["run.json", "report.html", "exchanges.har", "environment.json", "evidence/0001-http.json", "manifest.sha256"] {
        assert!(zipped.files.contains_key(part), "{part}");
    }
    for folder in ["tls/", "certificates/"] {
        assert!(zipped.files.keys().any(|path| path.starts_with(folder)), "{folder}");
    }
    assert_eq!(bundle::to_zip(&zipped.files).expect("it fits"), fs::read(sample.zip()).expect("it is there"));
}

#[test]
fn every_flipped_bit_in_any_file_of_a_folder_is_found_and_named() {
    let files = Sample::get().small();
    assert_eq!(problems(files.clone()), Vec::<String>::new());
    let mut numbers = Numbers(4711);
    let paths: Vec<&String> = files.keys().collect();
    // Every file once, the two seals often, the rest by chance.
    let seals = ["manifest.json".to_owned(), "manifest.sha256".to_owned()];
    let often = seals.iter().cycle().take(200);
    let rest = FLIPS - paths.len() - 200;
    let chance: Vec<usize> = (0..rest).map(|_| numbers.below(paths.len())).collect();
    let all: Vec<(&String, usize, u8)> = paths
        .iter()
        .copied()
        .chain(often)
        .chain(chance.into_iter().map(|at| paths[at]))
        .map(|path| (path, numbers.below(files[path].len()), 1 << numbers.below(8)))
        .collect();
    assert_eq!(all.len(), FLIPS);
    for (path, at, bit) in all {
        let mut changed = files.clone();
        changed.get_mut(path).expect("the path is one of them")[at] ^= bit;
        let found = problems(changed);
        assert!(found.iter().any(|problem| problem.contains(path.as_str())), "{path} {at} {bit}: {found:?}");
    }
}

#[test]
fn every_flipped_bit_of_a_zip_file_is_found() {
    let bytes = bundle::to_zip(&Sample::get().small()).expect("it fits");
    assert!(bundle::unzipped(&bytes).problems.is_empty());
    let mut numbers = Numbers(815);
    let tail = bytes.len() - 400;
    for round in 0..FLIPS {
        let mut changed = bytes.clone();
        // The directory and the comment at the end are small and get their share.
        let from = if round % 3 == 0 { tail } else { 0 };
        numbers.flip(&mut changed[from..]);
        assert!(!bundle::unzipped(&changed).problems.is_empty(), "round {round}");
    }
    for cut in [1, 64, 65, 100, bytes.len() / 2, bytes.len()] {
        assert!(!bundle::unzipped(&bytes[..bytes.len() - cut]).problems.is_empty(), "{cut} bytes less");
    }
}

#[test]
fn what_is_missing_too_much_or_no_bundle_at_all_is_named() {
    let files = Sample::get().files();
    for path in files.keys() {
        let mut less = files.clone();
        less.remove(path);
        let found = problems(less);
        assert!(found.iter().any(|problem| problem.contains(path.as_str())), "{path}: {found:?}");
    }
    let mut more = files;
    more.insert("evidence/9999-http.json".into(), b"{}".to_vec());
    assert!(problems(more).iter().any(|problem| problem.starts_with("evidence/9999-http.json: the manifest")));
    let nothing = tempfile::tempdir().expect("a temporary folder can be made");
    assert_eq!(carinbb(&["verify", text(nothing.path())]).status.code(), Some(1));
    assert_eq!(carinbb(&["verify", text(&nothing.path().join("none"))]).status.code(), Some(3));
}

#[test]
fn h32_a_link_or_a_strange_name_in_a_folder_is_not_followed() {
    let place = tempfile::tempdir().expect("a temporary folder can be made");
    fs::write(place.path().join("a b"), "x").expect("the folder is writable");
    #[cfg(unix)]
    std::os::unix::fs::symlink("/etc/passwd", place.path().join("run.json")).expect("a link can be made");
    let opened = bundle::open(place.path()).expect("the folder is there");
    assert!(opened.files.is_empty(), "{:?}", opened.files.keys());
    assert_eq!(opened.problems.len(), if cfg!(unix) { 2 } else { 1 }, "{:?}", opened.problems);
}

/// Who changes a verdict and makes all digests anew is found out by the replay.
#[test]
fn a_verdict_that_does_not_follow_from_its_facts_is_named_although_every_digest_fits() {
    let files = Sample::get().files();
    let record = String::from_utf8(files["run.json"].clone()).expect("JSON is UTF-8");
    let run = carinbb::report::read(&record).expect("it is a record");
    assert!(carinbb::engine::replay(&run).differences.is_empty());
    let value = serde_json::to_value(&run).expect("a record is JSON");
    let judged = value["cases"].as_array().expect("cases").iter().position(|case| case["case"] == "access.bad-token");
    let case = judged.expect("the case was run");
    let steps = value["cases"][case]["steps"].as_array().expect("steps");
    let with_judgement = |step: &Value| {
        let rows = step["assertions"].as_array().cloned().unwrap_or_default();
        rows.iter().position(|row| row["judgements"].as_array().is_some_and(|own| !own.is_empty()))
    };
    let step = steps.iter().position(|step| with_judgement(step).is_some()).expect("something was judged");
    let row = with_judgement(&steps[step]).expect("something was judged");
    type Change<'a> = (&'a str, &'a dyn Fn(&mut Value));
    let changes: [Change<'_>; 7] = [
        ("the fact", &|value| value["cases"][case]["steps"][step]["assertions"][row]["seen"] = 299.into()),
        ("the expectation", &|value| value["cases"][case]["steps"][step]["assertions"][row]["comparison"]["with"] = "x".into()),
        ("no comparison", &|value| {
            let row = &mut value["cases"][case]["steps"][step]["assertions"][row];
            row.as_object_mut().expect("a row").remove("comparison");
        }),
        ("the verdict", &|value| {
            value["cases"][case]["steps"][step]["assertions"][row]["judgements"][0]["verdict"] = "warn".into();
        }),
        ("the strength", &|value| {
            value["cases"][case]["steps"][step]["assertions"][row]["judgements"][0]["strength"] = "MAY".into();
        }),
        ("the result", &|value| value["cases"][case]["verdict"] = "fail".into()),
        ("the claim", &|value| value["claim"]["conformant"] = true.into()),
    ];
    for (what, change) in changes {
        let mut value = value.clone();
        change(&mut value);
        let run = carinbb::report::read(&value.to_string()).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert!(!carinbb::engine::replay(&run).differences.is_empty(), "{what} can be changed unnoticed");
    }
}

#[test]
fn the_exchanges_are_har_1_2_and_say_which_case_caused_them() {
    let files = Sample::get().files();
    let har: Value = serde_json::from_slice(&files["exchanges.har"]).expect("HAR is JSON");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/har/har-schema-2.0.0.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(path).expect("the fixture is there")).expect("it is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is a schema");
    let errors: Vec<String> = validator.iter_errors(&har).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let entries = har["log"]["entries"].as_array().expect("entries");
    assert!(entries.iter().any(|entry| entry["_caseId"].as_str().is_some_and(|id| id.starts_with("access.bad-token"))
        && entry["_tls"]["trusted"] == true));
    let mut damaged = har.clone();
    damaged["log"]["entries"][0].as_object_mut().expect("an entry").remove("response");
    assert!(!validator.is_valid(&damaged));
}

/// Bundles that earlier versions wrote, one for every schema that was released: whoever kept one can still check it.
#[test]
fn golden_bundles_hold_and_can_be_rendered_by_this_version() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/bundles");
    let mut schemas = Vec::new();
    for entry in fs::read_dir(folder).expect("the fixtures are there") {
        let path = entry.expect("it can be read").path();
        if path.extension().is_none_or(|kind| kind != "zip") {
            continue;
        }
        let public = path.with_extension("pub.pem");
        let output = carinbb(&["verify", text(&path), "--key", text(&public)]);
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(0), "{}: {printed}", path.display());
        for part in ["the evidence holds", "and give what the record says", "signed by the key with the SHA-256"] {
            assert!(printed.contains(part), "{part}: {printed}");
        }
        let files = bundle::open(&path).expect("the fixture is there").files;
        let run = carinbb::report::read(&String::from_utf8_lossy(&files["run.json"])).expect("this version reads it");
        assert!(run.cases.len() > 3 && !run.certificates.is_empty() && run.waivers.len() + run.attestations.len() > 1);
        let manifest: Value = serde_json::from_slice(&files["manifest.json"]).expect("JSON");
        schemas.push((run.header.schema.clone(), manifest["schema"].as_str().expect("a text").to_owned()));
        for format in carinbb::report::FORMATS {
            let mut out = Vec::new();
            let report = carinbb::report::by_name(format, &carinbb::report::Options::default()).expect("the format exists");
            report.write(&run, &mut out).unwrap_or_else(|error| panic!("{format}: {error}"));
            assert!(out.len() > 100, "{format}");
        }
    }
    assert!(schemas.contains(&("carinbb-run/1".into(), bundle::BUNDLE_SCHEMA.into())), "{schemas:?}");
}

#[test]
fn evidence_does_not_go_where_something_lies_already() {
    let place = tempfile::tempdir().expect("a temporary folder can be made");
    fs::write(place.path().join("old"), "x").expect("the folder is writable");
    let output = carinbb(&["run", "--demo", "-o", text(place.path()), "tls.versions"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("is not empty"), "{output:?}");
    let output = carinbb(&["run", "--demo", "--bundle", text(&place.path().join("no/such.zip")), "tls.versions"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}
