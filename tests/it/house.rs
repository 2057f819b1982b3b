//! Pages that name things which exist elsewhere agree with them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use toml::Table;

#[test]
fn every_crate_is_named_with_its_reason_and_no_other() {
    let manifest: Table = read("Cargo.toml").parse().expect("the manifest is TOML");
    let page = read("docs/dependencies.md");
    for (section, heading) in [("dependencies", "## What the program uses"), ("dev-dependencies", "## What only tests use")] {
        let declared: BTreeSet<String> = manifest[section].as_table().expect("a table").keys().cloned().collect();
        assert_eq!(first_cells(section_of(&page, heading)), declared, "{heading}");
    }
}

#[test]
fn the_action_downloads_the_version_of_the_manifest() {
    let version = env!("CARGO_PKG_VERSION");
    assert!(
        read("action.yml").contains(&format!("default: \"{version}\"")),
        "the default version of action.yml is not {version}"
    );
    let page = read("README.md");
    for pinned in [format!("@v{version} "), format!("version: \"{version}\""), format!("\nversion={version}\n")] {
        assert!(page.contains(&pinned), "README.md does not pin {pinned:?}");
    }
    let heading = format!("\n## [{version}] - ");
    assert!(read("CHANGELOG.md").contains(&heading), "CHANGELOG.md has no section for {version}");
}

#[test]
fn every_released_version_tells_its_verdict_and_contract_changes() {
    let page = read("CHANGELOG.md");
    let releases: Vec<&str> = page.split("\n## [").skip(1).filter(|part| !part.starts_with("Unreleased")).collect();
    assert!(!releases.is_empty(), "no release is described");
    for release in releases {
        for section in ["### Verdict changes", "### Contract changes"] {
            assert!(release.contains(section), "{section} is missing in [{}", release.lines().next().unwrap_or_default());
        }
    }
}

#[test]
fn every_page_is_in_the_index_and_every_link_leads_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let index = read("docs/README.md");
    for entry in fs::read_dir(root.join("docs")).expect("the folder can be read") {
        let name = entry.expect("the entry can be read").file_name().into_string().expect("a page has a plain name");
        assert!(name == "README.md" || index.contains(&format!("]({name})")), "docs/README.md does not name {name}");
    }
    let pages = [
        "README.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "CHANGELOG.md",
        "docs/README.md",
        "docs/guide.md",
        "docs/testcase-language.md",
    ];
    for page in pages {
        let folder = root.join(page).parent().expect("a page lies in a folder").to_owned();
        for link in links(&read(page)) {
            assert!(folder.join(&link).exists(), "{page} links to {link}, which is not there");
        }
    }
}

#[test]
fn the_generated_references_are_fresh() {
    let output = Command::new(env!("CARGO_BIN_EXE_carinbb"))
        .args(["docs", "--check"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("the binary under test can be started");
    assert!(output.status.success(), "run `cargo run -- docs`: {}", String::from_utf8_lossy(&output.stderr));
}

/// A reader copies them.
#[test]
fn the_examples_of_the_guide_and_of_the_language_pass_the_check() {
    for (page, name) in [("docs/guide.md", "target.toml"), ("docs/testcase-language.md", "tls/old.toml")] {
        let text = read(page);
        let example = text.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("the page has an example");
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().expect("the file lies in a folder")).expect("the folder is writable");
        fs::write(&file, example).expect("the folder is writable");
        let output =
            Command::new(env!("CARGO_BIN_EXE_carinbb")).arg("check").arg(&file).output().expect("the binary can be started");
        let printed = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{page}: {printed}");
        // A page that shows a broken example must be caught, or the check would say yes to anything.
        fs::write(&file, example.replacen(" = ", "_x = ", 1)).expect("the folder is writable");
        let broken =
            Command::new(env!("CARGO_BIN_EXE_carinbb")).arg("check").arg(&file).output().expect("the binary can be started");
        assert!(!broken.status.success(), "{page}: a broken example passes");
    }
}

fn read(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}")).replace("\r\n", "\n")
}

fn section_of<'a>(page: &'a str, heading: &str) -> &'a str {
    let (_, rest) = page.split_once(heading).unwrap_or_else(|| panic!("the section '{heading}' is missing"));
    rest.split("\n## ").next().unwrap_or_default()
}

/// The names in the first column of the table.
fn first_cells(section: &str) -> BTreeSet<String> {
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.split_once('`')).map(|(name, _)| name.to_owned()).collect()
}

/// The relative links of a page.
fn links(page: &str) -> Vec<String> {
    let targets = page.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    targets
        .filter(|target| !target.contains("://"))
        .map(|target| target.split('#').next().unwrap_or_default().to_owned())
        .collect()
}
