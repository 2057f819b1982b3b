//! `carinbb tls`: the TLS of one host and port, without a run.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::Semaphore;
use url::Url;

use crate::cli::args::TlsArgs;
use crate::cli::environment::{Environment, PAGE};
use crate::cli::failure::Failure;
use crate::cli::{output, tls_findings, tls_page};
use crate::engine::exit;
use crate::net::tls::{Conclusion, Deep, Gate, Limits, MOST_AT_A_TIME, Place, Trust};
use crate::net::{HttpOptions, Origin, World, WorldOptions};

/// Looks, prints, and gives the exit code: 0 nothing found, 1 something found, 3 not reached.
///
/// # Errors
/// When the host cannot be read, or a file of roots cannot be used.
pub fn tls(arguments: &TlsArgs, environment: &Environment) -> Result<u8, Failure> {
    let address = address(&arguments.host)?;
    let origin = Origin::of(&address).ok_or_else(|| Failure::wrong(format!("'{}' names no host", arguments.host)))?;
    let trust = Arc::new(trust(arguments.ca_file.as_deref())?);
    let world = World::new(WorldOptions {
        target_origins: vec![origin.clone()],
        http: HttpOptions { trust: Arc::clone(&trust), ..HttpOptions::default() },
        ..WorldOptions::default()
    });
    let world = world.map_err(|error| Failure::wrong(error.to_string()))?;
    let limits = arguments.timeout.map_or_else(Limits::default, |deadline| Limits { deadline, ..Limits::default() });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::wrong(format!("cannot start: {error}")))?;
    let place = Place {
        connect: &*world.dialer,
        host: &origin.host,
        port: origin.port,
        server_name: &origin.host,
        limits,
        slots: Arc::new(Semaphore::new(MOST_AT_A_TIME)),
    };
    let (gate, deep) = runtime.block_on(async {
        let gate = Gate::look(&place, &trust, world.clock.now()).await;
        let full = arguments.tls.is_full() && !gate.versions().is_empty();
        let deep = if full { Some(Deep::look(&place, &gate, &trust, world.clock.now()).await) } else { None };
        (gate, deep)
    });
    let seen = tls_page::Seen { host: &origin.host, port: origin.port, gate: &gate, deep: deep.as_ref(), now: world.clock.now() };
    let findings = tls_findings::findings(&gate, deep.as_ref(), world.clock.now());
    if arguments.json {
        output::print(&serde_json::to_string_pretty(&tls_page::json(&seen, &findings)).unwrap_or_default());
    } else {
        let width = environment.width.filter(|_| environment.stdout_is_terminal).unwrap_or(PAGE).clamp(40, 80);
        output::print(&tls_page::page(&seen, &findings, width));
    }
    Ok(code(&gate, !findings.is_empty()))
}

fn code(gate: &Gate, found: bool) -> u8 {
    let reached = !gate.versions().is_empty();
    match &gate.failure {
        _ if found => exit::FAILED,
        Some(Conclusion::Unreachable { .. } | Conclusion::Undetermined { .. } | Conclusion::NotTls { .. }) if !reached => {
            exit::UNDETERMINED
        }
        Some(_) if !reached => exit::UNDETERMINED,
        _ if !gate.unsettled().is_empty() || gate.weak.open.is_some() => exit::UNDETERMINED,
        _ => exit::OK,
    }
}

/// `host`, `host:port`, `[::1]:port` or an https URL.
fn address(typed: &str) -> Result<Url, Failure> {
    let text = if typed.contains("://") { typed.to_owned() } else { format!("https://{typed}") };
    match Url::parse(&text) {
        Ok(url) if url.scheme() == "https" && url.host_str().is_some() => Ok(url),
        _ => Err(Failure::wrong(format!("'{typed}' is no host: write HOST, HOST:PORT or an https URL"))),
    }
}

fn trust(ca_file: Option<&Path>) -> Result<Trust, Failure> {
    let mut trust = Trust::system();
    if let Some(path) = ca_file {
        let pem = std::fs::read(path).map_err(|error| Failure::wrong(format!("cannot read {}: {error}", path.display())))?;
        trust.add_pem(&pem).map_err(|error| Failure::wrong(format!("{}: {error}", path.display())))?;
    }
    if trust.count() == 0 {
        let message = "this machine has no root certificates, so every certificate would look untrusted: install them (Debian: ca-certificates) or give --ca-file";
        return Err(Failure::wrong(message));
    }
    Ok(trust)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_read_in_every_usual_form_and_nothing_else_is() {
        for (typed, host, port) in [
            ("payer.example", "payer.example", 443),
            ("payer.example:8443", "payer.example", 8443),
            ("[::1]:8443", "::1", 8443),
            ("https://payer.example/fhir", "payer.example", 443),
        ] {
            let origin = Origin::of(&address(typed).unwrap()).unwrap();
            assert_eq!((origin.host.trim_matches(['[', ']']), origin.port), (host, port), "{typed}");
        }
        for typed in ["", "http://payer.example", "payer.example:port", "a b"] {
            assert!(address(typed).is_err(), "{typed}");
        }
    }
}
