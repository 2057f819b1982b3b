//! `carinbb serve`: the reference server, until ctrl-C.

use std::sync::Arc;

use crate::cli::args::{Global, ServeArgs};
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::{credentials, demo, faults, output, target_out};
use crate::reference::{self, Running};

mod observe;
mod udap;

/// Serves until it is interrupted, or until a client was observed.
///
/// # Errors
/// When a fault is unknown, the port is taken, or a file cannot be written.
pub fn serve(global: &Global, arguments: &ServeArgs, environment: &Environment) -> Result<u8, Failure> {
    let observes = arguments.observation.observe;
    let prepared = observes.then(|| observe::prepare(global, arguments, environment)).transpose()?;
    let options = reference::Options {
        faults: faults::named(&arguments.fault)?,
        latency: arguments.latency,
        port: arguments.port,
        smart_version: arguments.smart.clone(),
        login: demo::variant(arguments.login),
        udap: udap::options(&arguments.udap_version, &arguments.udap_anchors, &arguments.udap_community)?,
        observe: observes,
        redirect_uri: arguments.redirect_uri.clone(),
        ..reference::Options::default()
    };
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::wrong(format!("cannot start: {error}")))?;
    runtime.block_on(async {
        let server = reference::start(options).await.map_err(|error| Failure::wrong(error.to_string()))?;
        write_files(&server, arguments)?;
        if let Some(prepared) = prepared {
            // stdout belongs to the result
            lines(&server, arguments).iter().for_each(|line| output::complain(line));
            let server = Arc::new(server);
            let code = observe::observe(&server, prepared, global, arguments, environment).await?;
            if let Ok(server) = Arc::try_unwrap(server) {
                server.stop().await;
            }
            return Ok(code);
        }
        lines(&server, arguments).iter().for_each(|line| output::print(line));
        output::print("ctrl-C ends it");
        let _ = tokio::signal::ctrl_c().await;
        server.stop().await;
        Ok(0)
    })
}

fn write_files(server: &Running, arguments: &ServeArgs) -> Result<(), Failure> {
    if let Some(path) = &arguments.ca_out {
        write(path, server.ca_pem())?;
    }
    if let Some(path) = &arguments.udap_ca_out {
        write(path, &udap::roots(server))?;
    }
    if let Some(path) = &arguments.credentials_out {
        credentials::write(path, server).map_err(|error| Failure::wrong(format!("cannot write {}: {error}", path.display())))?;
    }
    if let Some(path) = &arguments.target_out {
        target_out::write(path, server, arguments.login)?;
    }
    Ok(())
}

/// Where it listens, and what it has written.
fn lines(server: &Running, arguments: &ServeArgs) -> Vec<String> {
    let mut lines = vec![
        format!("FHIR base      {}", server.base()),
        format!("authorization  {}", server.authorization_origin()),
        format!("plain HTTP     {}", server.plain_http()),
    ];
    lines.push(match &arguments.ca_out {
        Some(path) => format!("root           {}", path.display()),
        None => "root           not written: --ca-out ca.pem lets a client trust this server".to_owned(),
    });
    lines.push(match &arguments.credentials_out {
        Some(path) => format!("credentials    {}", path.display()),
        None => "credentials    not written: --credentials-out FILE tells who may sign in, and with which app".to_owned(),
    });
    for community in server.udap_communities() {
        let named =
            if community.uri.is_empty() { "nobody can register: --udap-anchors FILE lets clients in" } else { &community.uri };
        lines.push(format!("UDAP {:<9} {named}", arguments.udap_version));
    }
    lines.extend(arguments.target_out.as_ref().map(|path| format!("target file    {}", path.display())));
    lines
}

fn write(path: &std::path::Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|error| Failure::wrong(format!("cannot write {}: {error}", path.display())))
}
