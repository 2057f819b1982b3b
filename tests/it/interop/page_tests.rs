//! The HTML report in headless Chromium: what it could run, what it asks for, how it reads on a telephone, on paper and by ear.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::clients::scripts;
use super::reports::{records, told, write};
use super::{programs, reports};
use crate::formats::rendered;

/// Where the pictures go, for a person to look at.
fn pictures(name: &str) -> std::path::PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages").join(name);
    fs::create_dir_all(&folder).expect("the folder can be made");
    folder
}

fn looked_at(name: &str, page: &Path) -> Option<Value> {
    let [chromium, node] = programs::find(["chromium", "node"])?;
    let packages = programs::node_packages(&node, "puppeteer-core")?;
    let mut command = Command::new(node);
    command.arg(scripts().join("look_at_page.cjs")).arg(chromium).arg(page).arg(pictures(name)).env("NODE_PATH", packages);
    Some(told(&mut command))
}

#[test]
fn a_browser_runs_nothing_asks_for_nothing_and_complains_of_nothing_and_everybody_can_read_the_page() {
    for (name, run) in records().into_iter().chain([("dressed", reports::dressed())]) {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let page = folder.path().join("report.html");
        write(&run, "html", &page);
        let Some(seen) = looked_at(name, &page) else { return };
        for list in ["console", "requests", "active"] {
            assert_eq!(seen[list], json!([]), "{name}: {list}");
        }
        assert_eq!(seen["dialogs"], 0, "{name}");
        for look in ["light", "dark", "narrow"] {
            assert_eq!(seen["axe"][look], json!([]), "{name}: accessibility, {look}");
        }
        // A page as wide as the screen needs no sideways scrolling.
        assert_eq!((&seen["narrow"]["width"], &seen["narrow"]["screen"]), (&360.into(), &360.into()), "{name}");
        assert_eq!(seen["print"]["controls"], 0, "{name}: nothing to click on paper");
        assert_eq!(seen["print"]["exchanges"], 0, "{name}: what is folded is unfolded on paper");
        assert_eq!(seen["print"]["background"], "rgb(255, 255, 255)", "{name}");
        for (filter, counts) in seen["rows"].as_object().expect("filters") {
            assert_eq!(counts[0], counts[1], "{name}: the filter {filter} shows its rows and no others");
        }
        assert_eq!(seen["rows"]["all"][1], run.requirements.len(), "{name}");
    }
}

#[test]
fn a_page_with_every_section_is_among_those_that_are_looked_at() {
    let page = rendered("html", &reports::dressed());
    for part in ["id=\"joined\"", "id=\"audit\"", "id=\"waivers\"", "id=\"attested\"", "vendor ticket 1234", "Ann Bo"] {
        assert!(page.contains(part), "{part}");
    }
}

/// Otherwise the first test could not fail.
#[test]
fn a_page_that_runs_loads_or_cannot_be_read_is_noticed() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let page = folder.path().join("report.html");
    let good = rendered("html", &crate::sample_run::sample());
    let bad = good.replace(
        "<main>",
        "<main><script>alert(1)</script><img src=\"https://127.0.0.1:1/x.png\" onerror=\"alert(1)\"><p>&nbsp;</p><div style=\"width:900px\">x</div>",
    );
    fs::write(&page, &bad).expect("the folder is writable");
    let Some(seen) = looked_at("bad", &page) else { return };
    let active = seen["active"].to_string();
    assert!(active.contains("\"script\"") && active.contains("img onerror") && active.contains("div style"), "{active}");
    assert!(seen["console"].to_string().contains("Content Security Policy"), "{}", seen["console"]);
    assert!(seen["axe"]["light"].to_string().contains("image-alt"), "{}", seen["axe"]["light"]);
    assert_eq!(seen["dialogs"], 0, "the policy of the page holds even then");
    // Without our policy and style the picture is asked for, nothing is hidden by the filter, and the page is too wide.
    let (head, rest) = bad.split_once("<meta http-equiv").expect("the policy");
    let (_, rest) = rest.split_once("<style>").expect("the style");
    let (_, rest) = rest.split_once("</style>").expect("the style");
    fs::write(&page, format!("{head}<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">{rest}"))
        .expect("the folder is writable");
    let Some(seen) = looked_at("bare", &page) else { return };
    assert!(seen["dialogs"].as_u64() > Some(0) && seen["requests"].to_string().contains("x.png"), "{seen}");
    assert!(seen["narrow"]["width"].as_u64() > Some(360) && seen["rows"]["vf"][0] != seen["rows"]["vf"][1], "{seen}");
}
