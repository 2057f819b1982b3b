//! The page and the JSON of `carinbb tls`.

use std::fmt::Write as _;

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::layout::hang;
use super::tls_findings::Finding;
use crate::net::tls::{
    Conclusion, Deep, Gate, Handshake, HandshakeOutcome, KeyExchange, Version, group_name, kinds_of, scheme_name, suite_name,
};
use crate::vocabulary::{escape, escape_to_width};

/// What there is to show.
pub struct Seen<'a> {
    pub host: &'a str,
    pub port: u16,
    pub gate: &'a Gate,
    pub deep: Option<&'a Deep>,
    pub now: OffsetDateTime,
}

/// The versions in the order of the page.
const VERSIONS: [Version; 6] = [Version::Tls13, Version::Tls12, Version::Tls11, Version::Tls10, Version::Ssl3, Version::Ssl2];

/// The page, at most so many columns wide. Everything from the target is escaped.
#[must_use]
pub fn page(seen: &Seen<'_>, findings: &[Finding], width: usize) -> String {
    let mut text = String::new();
    let connections = seen.gate.connections() + seen.deep.map_or(0, |deep| deep.probes.len());
    // The host comes out of a parsed URL, and escaping would pull the colons of an address apart.
    let _ = writeln!(text, "{}:{}   {connections} connections", seen.host, seen.port);
    let spoken = seen.gate.versions();
    if let Some(failure) = seen.gate.failure.as_ref().filter(|_| spoken.is_empty()) {
        let _ = writeln!(text, "\n  {}", describe(failure));
        return hang(&text, width, None);
    }
    text.push_str("\nVersions\n");
    for version in VERSIONS {
        let _ = writeln!(text, "  {:<9}{}", version.title(), standing_of(seen.gate, version, &spoken));
    }
    suites(seen, &mut text);
    if let Some(handshake) = seen.gate.handshakes.last() {
        certificate(handshake, seen.now, &mut text);
    }
    extensions(seen, &mut text);
    let _ = writeln!(text, "\nFindings");
    if findings.is_empty() {
        text.push_str("  none\n");
    }
    for finding in findings {
        let _ = writeln!(text, "  -  {} ({})", escape(&finding.what), finding.rows.join(", "));
    }
    if seen.deep.is_none() {
        text.push_str("\n  This was the short look; --tls full asks for every suite, group and size.\n");
    }
    hang(&text, width, None)
}

fn standing_of(gate: &Gate, version: Version, spoken: &[Version]) -> String {
    if spoken.contains(&version) {
        return "yes".into();
    }
    gate.offer_of(&[version]).map_or_else(|| "not asked".into(), |offered| describe(&offered.conclusion))
}

fn describe(conclusion: &Conclusion) -> String {
    match conclusion {
        Conclusion::Negotiated(_) => "yes".into(),
        Conclusion::Refused { how, .. } => format!("no   {}", escape_to_width(how, 200)),
        Conclusion::Undetermined { why } => format!("?    not known: {}", escape_to_width(why, 200)),
        Conclusion::Unreachable { why, .. } => format!("not reached: {}", escape_to_width(why, 200)),
        Conclusion::NotTls { seen } => {
            format!("the port does not speak TLS: it says '{}'", escape_to_width(&String::from_utf8_lossy(seen), 64))
        }
        Conclusion::SpeaksButRefusesAll { how } => format!("speaks TLS and refuses every offer: {}", escape_to_width(how, 200)),
    }
}

fn suites(seen: &Seen<'_>, text: &mut String) {
    let Some(deep) = seen.deep else {
        text.push_str("\nWeak suites (without encryption, RC4, DES, export keys, no certificate)\n");
        for (version, suite) in &seen.gate.weak.found {
            let _ = writeln!(text, "  {:<9}{}", version.title(), suite_name(*suite));
        }
        match (&seen.gate.weak.open, seen.gate.weak.found.is_empty()) {
            (Some(open), _) => {
                let _ = writeln!(text, "  not known: {}", escape_to_width(open, 200));
            }
            (None, true) => text.push_str("  none accepted\n"),
            (None, false) => {}
        }
        return;
    };
    for of in &deep.suites {
        let order = match of.own_order {
            Some(true) => ", of which the server takes the first by an order of its own",
            Some(false) => ", of which the server takes the first of the client",
            None => "",
        };
        let _ = writeln!(text, "\nSuites of {}{order}", of.version.title());
        for suite in &of.accepted.chosen {
            let _ = writeln!(text, "  {:<14}{}", standing(*suite), suite_name(*suite));
        }
        if let Some(open) = &of.accepted.open {
            let _ = writeln!(text, "  not known whether there are more: {}", escape_to_width(open, 200));
        }
    }
}

/// How the documents look at a suite: `forbidden` and `discouraged` by BCP 195, `not approved` by NIST.
fn standing(suite: u16) -> &'static str {
    let kinds = kinds_of(suite);
    let has = |words: &[&str]| words.iter().any(|word| kinds.contains(word));
    if has(&["null", "rc4", "export", "des", "anonymous", "rc2"]) {
        "forbidden"
    } else if has(&["3des", "idea", "static-rsa", "static-dh", "dhe"]) {
        "discouraged"
    } else if !has(&["aes"]) || has(&["md5", "psk", "srp", "krb5"]) {
        "not approved"
    } else if has(&["cbc"]) {
        "CBC"
    } else {
        "recommended"
    }
}

fn certificate(seen: &Handshake, now: OffsetDateTime, text: &mut String) {
    text.push_str("\nCertificate\n");
    let mut row = |name: &str, value: &str| {
        let _ = writeln!(text, "  {name:<13}{}", escape_to_width(value, 300));
    };
    match &seen.outcome {
        HandshakeOutcome::CannotHandshake { why } => row("not seen", why),
        HandshakeOutcome::Silent => row("not seen", "no answer until the deadline"),
        HandshakeOutcome::NotTls => row("not seen", "bytes that are not TLS"),
        HandshakeOutcome::Unreachable(failure) => row("not seen", &failure.to_string()),
        HandshakeOutcome::Stopped { why } => row("stopped", why),
        HandshakeOutcome::Completed => {}
    }
    let Some(leaf) = seen.chain.first() else { return };
    let date = |at: OffsetDateTime| at.format(&Rfc3339).unwrap_or_default();
    row("subject", leaf.title());
    row("issuer", &leaf.issuer);
    let shown: Vec<&str> = leaf.names.iter().take(8).map(String::as_str).collect();
    let more = leaf.names.len().saturating_sub(shown.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    row("names", &format!("{}{more}", shown.join(", ")));
    row(
        "valid",
        &format!("{} to {} ({} days left)", date(leaf.not_before), date(leaf.not_after), (leaf.not_after - now).whole_days()),
    );
    row("key", &format!("{} {}, signed with {}", leaf.key_type, leaf.key_bits, leaf.signature_algorithm));
    row("chain", &format!("{} sent", seen.chain.len()));
    row(
        "trusted",
        match (seen.trusted, seen.is_private) {
            (true, true) => "yes, by a root of --ca-file; by the public roots no",
            (true, false) => "yes",
            (false, _) => "no",
        },
    );
    row("status", seen.revocation.word());
}

fn extensions(seen: &Seen<'_>, text: &mut String) {
    let mut rows: Vec<(&str, String)> = Vec::new();
    let yes = |is_so: bool| if is_so { "yes".to_owned() } else { "no".to_owned() };
    if let Some(handshake) = seen.gate.handshakes.last() {
        rows.push(("protocol", handshake.alpn.clone().unwrap_or_else(|| "none".into())));
        if handshake.outcome == HandshakeOutcome::Completed {
            rows.push(("early data", yes(handshake.early_data)));
        }
        rows.push(("asks for a client certificate", yes(handshake.asks_for_certificate)));
    }
    if let Some((flight, _)) = seen.gate.flight.as_ref().filter(|(flight, _)| flight.version == Version::Tls12) {
        rows.push(("secure renegotiation", yes(flight.extension(0xff01).is_some())));
        rows.push(("extended master secret", yes(flight.extension(23).is_some())));
        rows.push(("compression", yes(flight.compression != 0)));
        rows.push(("session tickets", yes(flight.extension(35).is_some())));
        match flight.key_exchange {
            Some(KeyExchange::Dhe { bits }) => rows.push(("key exchange", format!("DHE {bits}"))),
            Some(KeyExchange::Ecdhe { group }) => rows.push(("key exchange", group_name(group))),
            Some(KeyExchange::Other) | None => {}
        }
    }
    if let Some(deep) = seen.deep {
        for (version, groups) in &deep.groups {
            let names: Vec<String> = groups.chosen.iter().map(|group| group_name(*group)).collect();
            rows.push((if *version == Version::Tls13 { "groups of TLS 1.3" } else { "groups of TLS 1.2" }, names.join(", ")));
        }
        if let Some(signatures) = &deep.signatures {
            let names: Vec<String> = signatures.chosen.iter().map(|scheme| scheme_name(*scheme)).collect();
            rows.push(("signatures of TLS 1.2", names.join(", ")));
        }
        rows.extend(deep.dh_bits.map(|bits| ("size of DHE", bits.to_string())));
        rows.extend(deep.encrypt_then_mac.map(|is_so| ("encrypt-then-mac", yes(is_so))));
        rows.extend(deep.habits.refuses_fallback.map(|is_so| ("refuses a fallback", yes(is_so))));
        let habits = &deep.habits;
        for (name, habit) in [
            ("without a name", &habits.without_name),
            ("with a strange name", &habits.strange_name),
            ("with a strange protocol", &habits.strange_protocol),
            ("hello of 300 bytes", &habits.odd_length),
            ("hello of 4000 bytes", &habits.long),
            ("hello in small records", &habits.in_pieces),
            ("version of the future", &habits.future_version),
        ] {
            rows.extend(habit.as_ref().map(|habit| (name, habit.describe())));
        }
    }
    text.push_str("\nExtensions and habits\n");
    for (name, value) in rows {
        let _ = writeln!(text, "  {name:<30}{}", escape_to_width(&value, 300));
    }
}

/// The same as JSON.
#[must_use]
pub fn json(seen: &Seen<'_>, findings: &[Finding]) -> Value {
    let gate = seen.gate;
    let spoken = gate.versions();
    let versions: serde_json::Map<String, Value> = VERSIONS
        .into_iter()
        .map(|version| (version.to_string(), Value::from(escape(&standing_of(gate, version, &spoken)))))
        .collect();
    let suites = seen.deep.map(|deep| {
        let of = |of: &crate::net::tls::SuitesOf| {
            let names: Vec<String> = of.accepted.chosen.iter().map(|suite| suite_name(*suite)).collect();
            (of.version.to_string(), json!({ "accepted": names, "own_order": of.own_order, "open": of.accepted.open }))
        };
        deep.suites.iter().map(of).collect::<serde_json::Map<String, Value>>()
    });
    let groups = seen.deep.map(|deep| {
        let of = |(version, of): (&Version, &crate::net::tls::Accepted)| {
            (version.to_string(), Value::from(of.chosen.iter().map(|group| group_name(*group)).collect::<Vec<String>>()))
        };
        deep.groups.iter().map(of).collect::<serde_json::Map<String, Value>>()
    });
    let weak: Vec<String> =
        gate.weak.found.iter().map(|(version, suite)| format!("{} {}", version.title(), suite_name(*suite))).collect();
    let certificate = gate.handshakes.last().and_then(|seen| Some((seen, seen.chain.first()?))).map(|(handshake, leaf)| {
        json!({
            "subject": leaf.subject, "issuer": leaf.issuer, "names": leaf.names,
            "not_before": leaf.not_before.format(&Rfc3339).ok(), "not_after": leaf.not_after.format(&Rfc3339).ok(),
            "key": format!("{} {}", leaf.key_type, leaf.key_bits), "signature": leaf.signature_algorithm, "sha256": leaf.sha256,
            "trusted": handshake.trusted, "named_root": handshake.is_private, "revocation": handshake.revocation.word(),
            "defects": handshake.defects.iter().map(ToString::to_string).collect::<Vec<String>>(),
        })
    });
    let flight = gate.flight.as_ref().filter(|(flight, _)| flight.version == Version::Tls12).map(|(flight, _)| {
        json!({
            "secure_renegotiation": flight.extension(0xff01).is_some(),
            "extended_master_secret": flight.extension(23).is_some(),
            "compression": flight.compression != 0,
            "stapled": flight.stapled.is_some(),
        })
    });
    json!({
        "host": seen.host,
        "port": seen.port,
        "connections": gate.connections() + seen.deep.map_or(0, |deep| deep.probes.len()),
        "speaks": !spoken.is_empty(),
        "failure": gate.failure.as_ref().filter(|_| spoken.is_empty()).map(describe),
        "versions": versions,
        "negotiated": spoken.iter().map(ToString::to_string).collect::<Vec<String>>(),
        "weak": weak,
        "suites": suites,
        "groups": groups,
        "flight": flight,
        "certificate": certificate,
        "dh_bits": seen.deep.and_then(|deep| deep.dh_bits),
        "findings": findings.iter().map(|finding| json!({ "what": finding.what, "rows": finding.rows })).collect::<Vec<Value>>(),
    })
}
