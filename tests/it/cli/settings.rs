//! Where a setting comes from: flag, environment, target file, project file, user file, default; and that the record says so.

use super::tool::Tool;

/// The value and the origin of `rate` in the record.
fn rate(tool: Tool) -> (String, String) {
    let record = tool.args(["--format", "json"]).exits(3).json();
    let settings = record["header"]["settings"].as_array().expect("the header has settings");
    let rate = settings.iter().find(|setting| setting["name"] == "rate");
    rate.map_or_else(Default::default, |rate| {
        (rate["value"].as_str().unwrap_or_default().to_owned(), rate["origin"].as_str().unwrap_or_default().to_owned())
    })
}

#[test]
fn each_place_outranks_the_ones_after_it_and_the_record_names_it() {
    // Nothing listens there: a quick run without a verdict.
    let target = "[target]\nbase = \"https://127.0.0.1:1/x\"\n[settings]\nrate = 30\n";
    let bare = || Tool::new().args(["run", "tls.certificate"]);
    let user = |tool: Tool| tool.file("home/carinbb/config.toml", "rate = 50\n");
    let project = |tool: Tool| user(tool).file("carinbb.toml", "rate = 40\n");
    let in_target = |tool: Tool| project(tool).file("t.toml", target).args(["--target", "t.toml"]);
    let url = |tool: Tool| tool.args(["--target", "https://127.0.0.1:1/x"]);
    assert_eq!(rate(url(bare())), (String::new(), String::new()));
    let (value, origin) = rate(user(url(bare())));
    assert!(value == "50" && origin.ends_with("config.toml"), "{value} {origin}");
    assert_eq!(rate(project(url(bare()))), ("40".into(), "carinbb.toml".into()));
    assert_eq!(rate(in_target(bare())), ("30".into(), "target file t.toml".into()));
    assert_eq!(rate(in_target(bare()).env("CARINBB_RATE", "20")), ("20".into(), "environment".into()));
    assert_eq!(rate(in_target(bare()).env("CARINBB_RATE", "20").args(["--rate", "10"])), ("10".into(), "flag".into()));
}

/// CI systems pass on what nobody set as an empty text.
#[test]
fn a_variable_that_is_set_to_nothing_says_nothing() {
    let names = ["PROFILE", "SELECT", "SKIP", "CA_FILE", "STRICT", "RATE", "SEED", "SMART", "AIA", "REPORT", "OUTPUT", "COLOR"];
    let tool = names.iter().fold(Tool::new(), |tool, name| tool.env(&format!("CARINBB_{name}"), ""));
    let record = tool.args(["run", "--demo", "tls.plain-http", "--format", "json"]).exits(0).json();
    let settings = record["header"]["settings"].as_array().expect("the header has settings");
    assert!(settings.iter().all(|setting| setting["origin"] == "flag"), "{settings:?}");
    Tool::new().args(["run", "--demo", "tls.plain-http"]).env("CARINBB_AIA", "yes").exits(0);
}

#[test]
fn a_switch_in_the_environment_is_on_for_the_usual_words() {
    for (word, code) in [("1", 0), ("true", 0), ("yes", 0), ("0", 0), ("false", 0), ("perhaps", 2)] {
        Tool::new().args(["run", "--demo", "discovery.clock"]).env("CARINBB_STRICT", word).exits(code);
    }
}

#[test]
fn a_target_that_is_typed_outranks_the_one_of_the_environment() {
    let other = "https://127.0.0.1:2/other";
    let run =
        |args: &[&str]| Tool::new().env("CARINBB_TARGET", other).args(["run", "tls.certificate"]).args(args.iter().copied());
    run(&[]).exits(3).stdout_has(other);
    run(&["https://127.0.0.1:1/x"]).exits(3).stdout_has("target https://127.0.0.1:1/x").stdout_lacks(other);
    run(&["--demo"]).exits(0).stdout_lacks(other);
}

#[test]
fn every_setting_of_a_file_is_a_flag_of_this_version() {
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../../schemas/target.schema.json")).expect("the schema is JSON");
    let text = schema.to_string();
    for name in carinbb::target::SETTINGS {
        assert!(text.contains(&format!("\"{name}\"")), "{name} is not in the schema");
        let help = Tool::new().args(["run", "--help"]).exits(0).stdout;
        assert!(help.contains(&format!("--{name}")), "{name} is no flag");
        assert!(help.contains(&format!("CARINBB_{}", name.replace('-', "_").to_uppercase())), "{name} has no variable");
    }
}

#[cfg(unix)]
#[test]
fn a_client_key_that_others_can_read_is_refused_as_every_secret_is() {
    let tool = Tool::new().file("chain.pem", "").file("key.pem", "");
    let printed = tool.args(["run", "https://127.0.0.1:1/x", "--client-cert", "chain.pem", "--client-key", "key.pem"]).exits(2);
    printed.stderr_has("the client key in key.pem can be read by other users of this machine: chmod 600 key.pem");
}
