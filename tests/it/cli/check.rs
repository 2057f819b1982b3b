//! `carinbb check`: good files, bad files, and files that are not there.

use super::tool::Tool;

const TARGET: &str = "[target]\nbase = \"https://payer.example/r4\"\n\n[settings]\nrate = \"5/s\"\n";

#[test]
fn good_files_are_0_and_bad_files_1_with_the_place() {
    Tool::new().args(["check"]).exits(0).stdout_has("15 profiles").stdout_has("no problem found");
    Tool::new().file("t.toml", TARGET).args(["check", "t.toml"]).exits(0).stdout_has("checked t.toml: no problem found");
    let bad = TARGET.replace("base", "bsae");
    Tool::new()
        .file("t.toml", &bad)
        .args(["check", "t.toml"])
        .exits(1)
        .stderr_has("t.toml:2:1")
        .stderr_has("did you mean 'base'?");
    let bad = TARGET.replace("5/s", "fast");
    Tool::new().file("t.toml", &bad).args(["check", "t.toml"]).exits(1).stderr_has("t.toml: invalid value 'fast'");
    Tool::new().file("carinbb.toml", "strict = true\n").args(["check", "carinbb.toml"]).exits(0);
    Tool::new().file("carinbb.toml", "strict = 3\n").args(["check", "carinbb.toml"]).exits(1).stderr_has("takes true or false");
    Tool::new().args(["check", "nosuch.toml"]).exits(2).stderr_has("cannot read nosuch.toml");
}

#[test]
fn a_case_is_shown_under_the_path_that_was_typed() {
    let case = include_str!("../../../testcases/scopes/supported.toml").replace("title ", "titel ");
    let printed = Tool::new().file("mine/scopes/supported.toml", &case).args(["check", "mine/scopes/supported.toml"]).exits(1);
    printed.stderr_has("mine/scopes/supported.toml:2:1").stderr_has("did you mean 'title'?");
}

#[test]
fn a_folder_of_cases_alone_takes_the_catalogue_of_the_binary_and_says_so() {
    let case = include_str!("../../../testcases/scopes/supported.toml");
    let tool = |args: [&'static str; 3]| Tool::new().file("own/scopes/supported.toml", case).args(args);
    let checked = tool(["check", "--color=never", "own"]).exits(0).stdout_has("1 case: no problem found");
    checked.stderr_has("own has no requirements/ and profiles/: taken from the suite in the binary");
    tool(["run", "--demo", "--testcases=own"]).exits(0).stdout_has("PASS scopes.supported").stdout_lacks("tls.versions");
}
