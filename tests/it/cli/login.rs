//! `carinbb login` against the reference server: pages without values, and exit codes that tell a wrong file from a login that does not pass.

use std::fs;

use super::tool::{Served, Tool};

/// A reference server with these pages, and the target file that it wrote.
fn served(pages: &str, folder: &tempfile::TempDir) -> (Served, String) {
    let file = folder.path().join("reference.toml");
    let path = file.to_str().expect("the temporary folder has a plain name").to_owned();
    (Served::new(["--login", pages, "--target-out", &path]), path)
}

fn login<'a>(served: &'a Served, file: &'a str) -> [&'a str; 4] {
    ["login", file, "--ca-file", &served.ca_text]
}

#[test]
fn each_page_is_shown_with_its_forms_and_fields_and_without_a_value() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let (server, file) = served("multi-step", &folder);
    let printed = Tool::new().args(login(&server, &file)).exits(0);
    let secrets = folder.path().join("reference.toml-secrets");
    for name in ["first-username", "first-password", "confidential-secret"] {
        let secret = fs::read_to_string(secrets.join(name)).expect("the secret is written");
        assert!(!printed.stdout.contains(&secret) && !printed.stderr.contains(&secret), "{name} is shown");
    }
    printed
        .stdout_has("'Choose a language' a step on the way")
        .stdout_has("fields transaction (hidden), csrf (hidden), username (text)")
        .stdout_has("password (password) buttons Sign in")
        .stdout_has("asks for consent")
        .stdout_has("the login works");
}

#[test]
fn every_way_to_sign_in_that_needs_no_browser_is_passed_and_the_second_member_too() {
    for pages in ["plain", "saml", "totp"] {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let (server, file) = served(pages, &folder);
        Tool::new().args(login(&server, &file)).args(["--member", "second"]).exits(0).stdout_has("The second member");
        Tool::new().args(["check", &file]).exits(0);
        let plan = Tool::new().args(["run", &file, "--plan", "--format", "json"]).exits(0).json();
        let authorizations = plan["traffic"]["planned_authorizations"].as_u64().expect("the plan counts");
        let windows = if pages == "totp" { authorizations } else { 0 };
        assert!(authorizations > 5, "{pages}");
        assert_eq!(plan["one_time_code_wait"], windows * 30, "{pages}");
    }
    Tool::new().args(["login", "--demo", "--login", "saml"]).exits(0).stdout_has("passes hidden fields on");
}

#[test]
fn a_page_that_cannot_be_passed_is_3_with_its_title_forms_and_fields() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let (server, file) = served("javascript", &folder);
    let text = fs::read_to_string(&file).expect("the target file is written");
    let forms = text.replace("strategy = \"webdriver\"", "strategy = \"form\"");
    assert_ne!(text, forms);
    fs::write(&file, &forms).expect("the folder is writable");
    Tool::new()
        .args(login(&server, &file))
        .exits(3)
        .stdout_has("use the strategy webdriver or manual")
        .stdout_has("the page 'Sign in'");
    let steps = "\n[[login.steps]]\nurl = \"/login\"\nfill = { nobody = { text = \"x\" } }\n";
    fs::write(&file, forms + steps).expect("the folder is writable");
    Tool::new().args(login(&server, &file)).exits(3).stdout_has("no form and no field");
}

#[test]
fn a_wrong_file_is_2_and_a_server_that_is_not_there_is_3() {
    Tool::new().args(["login", "no-such.toml"]).exits(2).stderr_has("cannot read");
    let bare = "[target]\nbase = \"https://localhost:1/r4\"\n";
    Tool::new().file("t.toml", bare).args(["login", "t.toml"]).exits(2).stderr_has("names no way to sign in");
    let login = "[login]\nstrategy = \"form\"\n";
    Tool::new().file("t.toml", &format!("{bare}{login}")).args(["login", "t.toml"]).exits(2).stderr_has("no such client");
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let (server, file) = served("plain", &folder);
    let password = folder.path().join("reference.toml-secrets/first-password");
    fs::write(&password, "wrong").expect("the folder is writable");
    Tool::new().args(self::login(&server, &file)).exits(3).stdout_has("was not accepted");
    fs::remove_file(password).expect("the folder is writable");
    Tool::new().args(self::login(&server, &file)).exits(2).stderr_has("the password cannot be read");
    Tool::new().args(self::login(&server, &file)).args(["--member", "dependant"]).exits(2);
    let ca = fs::read(server.ca()).expect("the root is written");
    fs::write(folder.path().join("ca.pem"), ca).expect("the folder is writable");
    fs::write(folder.path().join("reference.toml-secrets/first-password"), "x").expect("the folder is writable");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let file = folder.path().join("reference.toml-secrets/first-password");
        fs::set_permissions(file, fs::Permissions::from_mode(0o600)).expect("the folder is writable");
    }
    drop(server);
    let ca = folder.path().join("ca.pem");
    Tool::new().args(["login", &file, "--ca-file", ca.to_str().expect("a plain name")]).exits(3);
}
