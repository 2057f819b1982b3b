//! Tests of what a claim puts in force, on the embedded catalogue and on made-up rows.

use super::tests::{claim, embedded, profile, requirement_id};
use super::*;
use crate::vocabulary::Strength::{self, May, Shall, ShallNot, Should, ShouldNot};
use crate::vocabulary::document::Problems;

const CURRENT: &[&str] = &["carin-bb-2.2.0"];

/// The strength of a row under profiles, with SMART 1.0.0 found.
fn strength_under(catalogue: &Catalogue, profiles: &[&str], id: &str) -> Option<Strength> {
    let in_force = InForce::new(catalogue, &claim(catalogue, profiles, SmartVersion::V1_0_0, false, false));
    in_force.rule(&requirement_id(id)).map(|rule| rule.strength)
}

#[test]
fn tls_rows_decide_only_where_the_profile_names_them() {
    let catalogue = embedded();
    for (profile, id, expected) in [
        ("carin-bb-2.2.0", "carin-bb/exchange-1", Some(Shall)),
        ("carin-bb-2.2.0", "carin-bb/exchange-2", Some(Should)),
        ("carin-bb-2.2.0", "carin-bb/general-3", Some(Shall)),
        ("carin-bb-2.2.0", "us-core-security/tls-1", Some(Shall)),
        ("carin-bb-2.2.0", "us-core-security/tls-3", Some(Should)),
        ("carin-bb-2.2.0", "bcp195/versions-1", Some(ShouldNot)),
        ("carin-bb-2.2.0", "bcp195/versions-2", Some(Should)),
        ("carin-bb-2.2.0", "sp800-52r2/versions-1", Some(Should)),
        ("carin-bb-2.2.0", "oauth-oidc/rfc6749-22", Some(Should)),
        ("carin-bb-1.0.0", "carin-bb/exchange-1", None),
        ("carin-bb-1.0.0", "bcp195/versions-1", Some(ShouldNot)),
        ("carin-bb-1.0.0", "oauth-oidc/rfc6749-22", Some(Should)),
        ("carin-bb-1.2.0", "carin-bb/exchange-1", Some(Shall)),
        ("smart-app-launch-2.2.0", "bcp195/versions-1", Some(ShallNot)),
        ("smart-app-launch-2.2.0", "bcp195/versions-2", Some(Should)),
        ("udap-security-2.0.0", "bcp195/versions-1", Some(ShallNot)),
        ("nist-strict", "bcp195/versions-1", Some(ShallNot)),
        ("nist-strict", "bcp195/versions-2", Some(Shall)),
        ("nist-strict", "sp800-52r2/versions-1", Some(Shall)),
        ("nist-strict", "sp800-52r2/versions-2", Some(Shall)),
        ("nist-strict", "sp800-52r2/extensions-1", Some(Shall)),
        ("nist-strict", "sp800-52r2/compression-1", Some(Should)),
        ("nist-strict", "carin-bb/exchange-1", None),
    ] {
        assert_eq!(strength_under(&catalogue, &[profile], id), expected, "{id} under {profile}");
    }
}

#[test]
fn a_row_written_from_memory_never_counts_as_shall() {
    let catalogue = embedded();
    let ids: Vec<String> = catalogue.profiles().map(|profile| profile.id.to_string()).collect();
    let mut recalled = 0;
    for id in ids {
        for strict in [false, true] {
            let claim = claim(&catalogue, &[&id], SmartVersion::V2_0_0, false, strict);
            let in_force = InForce::new(&catalogue, &claim);
            for rule in in_force.rules().filter(|rule| rule.requirement.confidence == Confidence::Recalled) {
                assert!(!matches!(rule.strength, Shall | ShallNot), "{} under {id}", rule.requirement.id);
                recalled += usize::from(rule.caps.contains(&Cap::Recalled));
            }
        }
    }
    assert!(recalled > 0, "the cap was met and named");
}

#[test]
fn advice_is_should_at_most_and_keeps_its_sign() {
    let catalogue = embedded();
    let in_force = InForce::new(&catalogue, &claim(&catalogue, CURRENT, SmartVersion::V1_0_0, false, true));
    for rule in in_force.rules().filter(|rule| rule.role == Role::Advice) {
        assert!(!matches!(rule.strength, Shall | ShallNot), "{}", rule.requirement.id);
        assert_eq!(matches!(rule.level, ShallNot | ShouldNot), rule.strength == ShouldNot, "{}", rule.requirement.id);
    }
    let over_grant = in_force.rule(&requirement_id("advice/over-grant-1")).unwrap();
    assert_eq!((over_grant.strength, over_grant.caps.len()), (ShouldNot, 0));
}

#[test]
fn our_own_advice_is_written_as_should_or_may() {
    let catalogue = embedded();
    for row in catalogue.requirements().filter(|row| row.document() == "advice") {
        assert!(row.levels.iter().all(|(_, level)| matches!(level, Should | ShouldNot | May)), "{}", row.id);
        assert!(row.notes.is_some() && row.actor == Actor::Server && row.basis == Basis::Reading, "{}", row.id);
    }
}

/// Traps 16 to 18: rows of other SMART versions than the one that holds.
#[test]
fn traps_16_to_18_rows_of_another_smart_version_decide_nothing_while_none_is_declared() {
    let catalogue = embedded();
    use SmartVersion::{V1_0_0, V2_0_0, V2_1_0, V2_2_0};
    let only_1 = "smart-app-launch/discovery-9"; // SHALL, oauth-uris too
    let from_2 = "smart-app-launch/metadata-8"; // SHALL, S256 advertised
    let from_2_prohibited = "smart-app-launch/metadata-9"; // SHALL NOT, plain
    let only_2_2 = "smart-app-launch/discovery-12"; // SHALL
    let not_2_0 = "smart-app-launch/discovery-7"; // SHOULD in 1.0.0, SHALL in 2.1.0 and 2.2.0
    let always = "smart-app-launch/discovery-1"; // SHALL
    for (id, smart, declared, expected) in [
        (only_1, V1_0_0, false, Some(Shall)),
        (only_1, V2_0_0, false, Some(May)),
        (only_1, V1_0_0, true, Some(Shall)),
        (only_1, V2_0_0, true, None),
        (only_1, V2_2_0, true, None),
        (from_2, V1_0_0, false, Some(Should)),
        (from_2, V2_0_0, false, Some(Shall)),
        (from_2, V1_0_0, true, None),
        (from_2, V2_2_0, true, Some(Shall)),
        (from_2_prohibited, V1_0_0, false, Some(ShouldNot)),
        (from_2_prohibited, V2_0_0, false, Some(ShallNot)),
        (only_2_2, V1_0_0, false, Some(Should)),
        (only_2_2, V2_0_0, false, Some(Should)),
        (only_2_2, V2_1_0, true, None),
        (only_2_2, V2_2_0, true, Some(Shall)),
        (not_2_0, V1_0_0, false, Some(Should)),
        (not_2_0, V2_0_0, false, Some(Should)),
        (not_2_0, V2_0_0, true, None),
        (not_2_0, V2_1_0, true, Some(Shall)),
        (always, V1_0_0, false, Some(Shall)),
        (always, V2_0_0, false, Some(Shall)),
        (always, V2_2_0, true, Some(Shall)),
    ] {
        let in_force = InForce::new(&catalogue, &claim(&catalogue, CURRENT, smart, declared, false));
        let strength = in_force.rule(&requirement_id(id)).map(|rule| rule.strength);
        assert_eq!(strength, expected, "{id} with SMART {smart}, declared: {declared}");
    }
}

#[test]
fn a_row_of_another_smart_version_says_why_it_counts_less() {
    let catalogue = embedded();
    let rule = |smart, id: &str| {
        let in_force = InForce::new(&catalogue, &claim(&catalogue, CURRENT, smart, false, true));
        in_force.rule(&requirement_id(id)).unwrap().clone()
    };
    let newer = rule(SmartVersion::V1_0_0, "smart-app-launch/metadata-8");
    assert_eq!((newer.level, newer.strength), (Shall, Should), "strict raises nothing that has a ceiling");
    let why = newer.caps[0].to_string();
    assert!(why.contains("2.0.0, 2.1.0, 2.2.0") && why.contains("1.0.0 was found"), "{why}");
    let older = rule(SmartVersion::V2_0_0, "smart-app-launch/discovery-9");
    assert!(older.caps[0].to_string().contains("older SMART versions (1.0.0)"), "{:?}", older.caps);
}

#[test]
fn a_profile_of_one_smart_version_declares_it_also_for_the_profiles_beside_it() {
    let catalogue = embedded();
    let profiles = ["carin-bb-2.2.0", "smart-app-launch-2.2.0"];
    let in_force = InForce::new(&catalogue, &claim(&catalogue, &profiles, SmartVersion::V1_0_0, false, false));
    assert!(in_force.rule(&requirement_id("smart-app-launch/discovery-9")).is_none(), "a rule of 1.0.0 alone");
    assert_eq!(in_force.rule(&requirement_id("smart-app-launch/discovery-12")).unwrap().strength, Shall);
    let alone = InForce::new(&catalogue, &claim(&catalogue, &["smart-app-launch-1.0.0"], SmartVersion::V2_0_0, true, false));
    assert!(alone.rule(&requirement_id("smart-app-launch/metadata-8")).is_none());
    assert_eq!(alone.rule(&requirement_id("smart-app-launch/discovery-9")).unwrap().strength, Shall);
}

#[test]
fn strict_raises_recommendations_of_required_and_base_documents_only() {
    let catalogue = embedded();
    let claim = |strict| claim(&catalogue, CURRENT, SmartVersion::V2_0_0, true, strict);
    let (plain, strict) = (InForce::new(&catalogue, &claim(false)), InForce::new(&catalogue, &claim(true)));
    let mut raised = 0;
    for rule in strict.rules() {
        let before = plain.rule(&rule.requirement.id).unwrap().strength;
        if before == rule.strength {
            continue;
        }
        raised += 1;
        assert!(matches!((before, rule.strength), (Should, Shall) | (ShouldNot, ShallNot)), "{}", rule.requirement.id);
        assert!(matches!(rule.role, Role::Required | Role::Base), "{}", rule.requirement.id);
        assert_eq!(rule.caps, [Cap::Strict], "{}", rule.requirement.id);
    }
    assert!(raised > 0);
    let strength = |id: &str| strict.rule(&requirement_id(id)).map(|rule| rule.strength);
    assert_eq!(strength("carin-bb/exchange-2"), Some(Shall));
    assert_eq!(strength("bcp195/versions-1"), Some(ShouldNot));
    assert_eq!(strength("us-core-security/tls-3"), Some(Should), "capped because another row decides");
    assert_eq!(strength("advice/pkce-1"), Some(Should));
}

#[test]
fn of_several_profiles_the_stronger_counts_and_says_so() {
    let catalogue = embedded();
    let in_force =
        InForce::new(&catalogue, &claim(&catalogue, &["carin-bb-2.2.0", "nist-strict"], SmartVersion::V1_0_0, false, false));
    let rule = in_force.rule(&requirement_id("bcp195/versions-1")).unwrap();
    assert_eq!((rule.strength, rule.profile.as_str()), (ShallNot, "nist-strict"));
    let expected = Cap::StrongerElsewhere { profile: profile(&catalogue, "carin-bb-2.2.0").id.clone(), strength: ShouldNot };
    assert_eq!(rule.caps, [expected]);
    assert_eq!(in_force.rule(&requirement_id("carin-bb/exchange-1")).unwrap().caps, []);
    let reversed =
        InForce::new(&catalogue, &claim(&catalogue, &["nist-strict", "carin-bb-2.2.0"], SmartVersion::V1_0_0, false, false));
    for (a, b) in in_force.rules().zip(reversed.rules()) {
        assert_eq!((&a.requirement.id, a.strength), (&b.requirement.id, b.strength), "the order does not matter");
    }
}

#[test]
fn a_conditional_document_and_the_row_itself_each_add_a_condition() {
    let catalogue = embedded();
    let in_force = InForce::new(&catalogue, &claim(&catalogue, CURRENT, SmartVersion::V1_0_0, false, false));
    let condition = |id: &str| {
        let rule = in_force.rule(&requirement_id(id)).unwrap_or_else(|| panic!("{id}"));
        rule.condition
            .iter()
            .map(|names| names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join("|"))
            .collect::<Vec<_>>()
    };
    assert_eq!(condition("carin-bb/exchange-1"), Vec::<String>::new());
    assert_eq!(condition("udap-security/discovery-1"), ["udap"]);
    assert_eq!(condition("oauth-oidc/rfc8414-6"), ["oauth.server-metadata|udap", "oauth.server-metadata"]);
    assert_eq!(condition("oauth-oidc/rfc7636-2"), ["oauth.pkce", "oauth.pkce"]);
    assert_eq!(condition("oauth-oidc/rfc7591-1"), ["udap|oauth.dynamic-registration"]);
    // required under the UDAP profile: no longer a question of what the target shows
    let both = InForce::new(
        &catalogue,
        &claim(&catalogue, &["carin-bb-2.2.0", "udap-security-1.1.0"], SmartVersion::V1_0_0, false, false),
    );
    let rule = both.rule(&requirement_id("udap-security/discovery-1")).unwrap();
    assert_eq!((rule.condition.len(), rule.role), (0, Role::Required));
}

/// Traps 19 and 20: US Core is pinned by the profile, and its scopes page and CapabilityStatement stay out.
#[test]
fn traps_19_and_20_us_core_is_pinned_and_its_other_pages_stay_out() {
    let catalogue = embedded();
    for (id, version) in
        [("carin-bb-1.2.0", "3.1.1"), ("carin-bb-2.0.0", "3.1.1"), ("carin-bb-2.1.0", "6.1.0"), ("carin-bb-2.2.0", "7.0.0")]
    {
        let in_force = InForce::new(&catalogue, &claim(&catalogue, &[id], SmartVersion::V1_0_0, false, false));
        let rules: Vec<&Rule> = in_force.rules().filter(|rule| rule.requirement.document() == "us-core-security").collect();
        assert!(!rules.is_empty());
        for rule in rules {
            assert_eq!(rule.versions, [version], "{id}");
            let row = rule.requirement.id.as_str();
            assert!(!row.contains("/scopes-") && !row.contains("/capability-statement-"), "{row} under {id}");
        }
    }
}

#[test]
fn trap_21_the_statuses_of_a_refusal_differ_by_version() {
    let catalogue = embedded();
    let json = |id: &str| profile(&catalogue, id).json();
    for id in ["carin-bb-1.0.0", "carin-bb-1.1.0", "carin-bb-1.2.0"] {
        assert_eq!(json(id)["unauthorized_statuses"], serde_json::json!([401]), "{id}");
        assert!(json(id)["refused_statuses"].as_array().unwrap().contains(&403.into()), "{id}");
    }
    for id in ["carin-bb-2.0.0", "carin-bb-2.1.0", "carin-bb-2.2.0"] {
        assert_eq!(json(id)["unauthorized_statuses"], serde_json::json!([401, 403, 404]), "{id}");
        assert_eq!(json(id)["refused_statuses"], json(id)["unauthorized_statuses"], "{id}");
    }
}

#[test]
fn trap_1_the_demanded_scopes_are_thirteen_and_the_capabilities_eight() {
    let catalogue = embedded();
    for id in ["carin-bb-1.2.0", "carin-bb-2.0.0", "carin-bb-2.1.0", "carin-bb-2.2.0"] {
        let profile = profile(&catalogue, id);
        assert_eq!((profile.required_scopes.len(), profile.required_capabilities.len()), (13, 8), "{id}");
    }
    assert_eq!(profile(&catalogue, "carin-bb-1.1.0").required_scopes.len(), 0);
}

#[test]
fn the_templates_see_every_key_of_the_profile() {
    let catalogue = embedded();
    let json = profile(&catalogue, "carin-bb-2.2.0").json();
    assert_eq!(json["tls"]["forbidden"], serde_json::json!(["1.1", "1.0", "ssl3", "ssl2"]));
    assert_eq!(json["tls"]["required_any"], serde_json::json!(["1.3", "1.2"]));
    assert_eq!(json["smart_default"], "auto");
    assert_eq!(json["audit_level"], "SHALL");
    assert_eq!(json["required_capabilities"][1], "client-public");
    assert_eq!(json["udap"]["minimum"], "1.0.0");
    for source in SuiteFiles::embedded().under("profiles") {
        let table = crate::vocabulary::document::parse(source, &Problems::new()).to_json();
        let id = table["id"].as_str().unwrap();
        let json = profile(&catalogue, id).json();
        for (key, value) in table.as_object().unwrap().iter().filter(|(key, _)| *key != "documents" && *key != "tls") {
            assert_eq!(&json[key], value, "{id} {key}");
        }
        for (key, value) in table["tls"].as_object().unwrap() {
            assert_eq!(&json["tls"][key], value, "{id} tls.{key}");
        }
    }
}

#[test]
fn every_actor_is_kept_and_the_server_is_told_apart() {
    let catalogue = embedded();
    let in_force = InForce::new(&catalogue, &claim(&catalogue, CURRENT, SmartVersion::V1_0_0, false, false));
    assert!(in_force.for_actor(Actor::Client).count() > 0);
    assert!(in_force.server_rules().all(|rule| rule.requirement.actor == Actor::Server));
    assert_eq!(Actor::ALL.iter().map(|actor| in_force.for_actor(*actor).count()).sum::<usize>(), in_force.rules().count());
}
