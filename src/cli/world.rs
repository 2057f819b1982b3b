//! From flags to a world: trust, addresses, proxy, limits, randomness.

use std::path::Path;
use std::sync::Arc;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::args::{Global, RunArgs};
use super::demo;
use super::environment::Environment;
use super::failure::Failure;
use super::secrets::for_us_alone;
use crate::net::tls::{Limits as TlsLimits, Trust};
use crate::net::{
    ClientIdentity, DialOptions, HttpOptions, Limits, Network, Origin, Override, Proxy, Random, SeededRandom, SystemRandom,
    World, WorldOptions,
};
use crate::target::Target;
use crate::verbs::TlsSettings;
use crate::{reference, report};
use url::Url;

/// A world and what the header should say of it.
pub struct Built {
    /// The world.
    pub world: World,
    /// How certificates are judged.
    pub tls: TlsSettings,
    /// Sentences for the header.
    pub notes: Vec<String>,
}

/// Builds it.
///
/// # Errors
/// When a file cannot be read or a flag does not fit.
pub fn build(
    arguments: &RunArgs,
    global: &Global,
    target: &Target,
    login_origins: &[Url],
    demo: Option<&reference::Running>,
    environment: &Environment,
) -> Result<Built, Failure> {
    let mut notes = Vec::new();
    let trust = Arc::new(trust(arguments, demo, environment, &mut notes)?);
    let random: Arc<dyn Random> = match global.seed {
        Some(seed) => Arc::new(SeededRandom::new(seed)),
        None => Arc::new(SystemRandom),
    };
    let named = [&target.base]
        .into_iter()
        .chain(&target.plain_http)
        .chain(&target.endpoints)
        .chain(&target.allow_origins)
        .chain(login_origins);
    let limits = arguments.timeout.map_or_else(Limits::default, |whole| Limits { whole, ..Limits::default() });
    let proxy = arguments.proxy.as_deref().map(|text| parsed("--proxy", text, Proxy::parse)).transpose()?;
    let is_through_proxy = proxy.is_some();
    if is_through_proxy {
        notes.push("Seen through a proxy: what is said of TLS holds for what the proxy shows.".into());
    }
    let defaults = HttpOptions::default();
    let user_agent = arguments.user_agent.clone().inspect(|own| {
        notes.push(format!(
            "The User-Agent is '{own}' and does not name this program, by which a server could tell it from an app."
        ));
    });
    if let Some(leeway) = arguments.clock_leeway {
        notes.push(format!("Clocks may be {} s apart before an ID token counts as expired or of the future.", leeway.as_secs()));
    }
    let options = WorldOptions {
        random,
        target_origins: named.filter_map(Origin::of).collect(),
        allow_net: arguments
            .allow_net
            .iter()
            .map(|text| parsed("--allow-net", text, str::parse::<Network>))
            .collect::<Result<_, _>>()?,
        dial: DialOptions {
            overrides: arguments
                .resolve
                .iter()
                .map(|text| parsed("--resolve", text, str::parse::<Override>))
                .collect::<Result<_, _>>()?,
            proxy,
            ..DialOptions::default()
        },
        http: HttpOptions {
            limits,
            trust: Arc::clone(&trust),
            identity: identity(arguments)?,
            in_flight: usize::from(arguments.in_flight),
            rate: arguments.rate,
            ambient_proxy: environment.ambient_proxy(),
            user_agent: user_agent.unwrap_or(defaults.user_agent),
            ..HttpOptions::default()
        },
        max_auth_failures: arguments.max_auth_failures,
        clock_leeway: arguments.clock_leeway.unwrap_or(WorldOptions::default().clock_leeway),
        ..WorldOptions::default()
    };
    let world = World::new(options).map_err(|error| Failure::wrong(error.to_string()))?;
    world.redactor.publish(&report::own_words());
    let through = if is_through_proxy { ", seen through a proxy" } else { "" };
    let judged_against = match (demo, &arguments.ca_file) {
        (Some(_), _) => format!("the root of the reference server{through}"),
        (None, Some(path)) => format!("the public roots and those in {}{through}", path.display()),
        (None, None) => format!("the public roots{through}"),
    };
    let limits = arguments.timeout.map_or_else(TlsLimits::default, |whole| TlsLimits {
        deadline: whole.min(TlsLimits::default().deadline),
        ..TlsLimits::default()
    });
    Ok(Built { world, tls: TlsSettings { trust, judged_against, limits }, notes })
}

fn parsed<T, E: std::fmt::Display>(flag: &str, text: &str, parse: impl Fn(&str) -> Result<T, E>) -> Result<T, Failure> {
    parse(text).map_err(|error| Failure::wrong(format!("{flag}: {error}")))
}

/// The roots of the system and of `--ca-file`; for the demo its own root alone.
fn trust(
    arguments: &RunArgs,
    demo: Option<&reference::Running>,
    environment: &Environment,
    notes: &mut Vec<String>,
) -> Result<Trust, Failure> {
    let mut trust = if demo.is_some() { Trust::nothing() } else { Trust::system() };
    if let Some(server) = demo {
        trust = demo::trust(server).map_err(|error| Failure::wrong(error.to_string()))?;
    }
    // The loader of the system's roots obeys these, so a finding on a certificate may rest on them.
    let named = ["SSL_CERT_FILE", "SSL_CERT_DIR"].into_iter().filter(|name| demo.is_none() && environment.get(name).is_some());
    let named: Vec<&str> = named.collect();
    match named.as_slice() {
        [] => {}
        [one] => notes.push(format!("{one} is set: the roots that certificates are judged by are those that it names.")),
        more => {
            let names = more.join(" and ");
            notes.push(format!("{names} are set: the roots that certificates are judged by are those that they name."));
        }
    }
    if let Some(path) = &arguments.ca_file {
        let pem = read(path)?;
        trust.add_pem(&pem).map_err(|error| Failure::wrong(format!("{}: {error}", path.display())))?;
        notes.push(format!(
            "Certificates are trusted by the roots in {} too: a private root is not what an app of the public trusts.",
            path.display()
        ));
    }
    if trust.count() == 0 {
        let message = "this machine has no root certificates, so every certificate would look untrusted: install them (Debian: ca-certificates) or give --ca-file";
        return Err(Failure::wrong(message));
    }
    Ok(trust)
}

fn identity(arguments: &RunArgs) -> Result<Option<ClientIdentity>, Failure> {
    let (Some(chain_path), Some(key_path)) = (&arguments.client_cert, &arguments.client_key) else { return Ok(None) };
    for_us_alone("client key", key_path).map_err(Failure::wrong)?;
    let unreadable =
        |path: &Path, error: &dyn std::fmt::Display| Failure::wrong(format!("{}: not readable as PEM: {error}", path.display()));
    let chain: Result<Vec<CertificateDer<'static>>, _> = CertificateDer::pem_slice_iter(&read(chain_path)?).collect();
    let chain = chain.map_err(|error| unreadable(chain_path, &error))?;
    let key = PrivateKeyDer::from_pem_slice(&read(key_path)?).map_err(|error| unreadable(key_path, &error))?;
    Ok(Some(ClientIdentity { chain, key }))
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| Failure::wrong(format!("cannot read {}: {error}", path.display())))
}
