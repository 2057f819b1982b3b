//! `carinbb serve`: the reference server, until ctrl-C.

use crate::cli::args::ServeArgs;
use crate::cli::failure::Failure;
use crate::cli::{credentials, demo, faults, output, target_out};
use crate::reference;

mod udap;

/// Serves until it is interrupted.
///
/// # Errors
/// When a fault is unknown, the port is taken, or the root cannot be written.
pub fn serve(arguments: ServeArgs) -> Result<u8, Failure> {
    let options = reference::Options {
        faults: faults::named(&arguments.fault)?,
        latency: arguments.latency,
        port: arguments.port,
        smart_version: arguments.smart,
        login: demo::variant(arguments.login),
        udap: udap::options(&arguments.udap_version, &arguments.udap_anchors, &arguments.udap_community)?,
        ..reference::Options::default()
    };
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::wrong(format!("cannot start: {error}")))?;
    runtime.block_on(async {
        let server = reference::start(options).await.map_err(|error| Failure::wrong(error.to_string()))?;
        if let Some(path) = &arguments.ca_out {
            write(path, server.ca_pem())?;
        }
        if let Some(path) = &arguments.udap_ca_out {
            write(path, &udap::roots(&server))?;
        }
        if let Some(path) = &arguments.credentials_out {
            credentials::write(path, &server)
                .map_err(|error| Failure::wrong(format!("cannot write {}: {error}", path.display())))?;
        }
        if let Some(path) = &arguments.target_out {
            target_out::write(path, &server, arguments.login)?;
        }
        output::print(&format!("FHIR base      {}", server.base()));
        output::print(&format!("authorization  {}", server.authorization_origin()));
        output::print(&format!("plain HTTP     {}", server.plain_http()));
        match &arguments.ca_out {
            Some(path) => output::print(&format!("root           {}", path.display())),
            None => output::print("root           not written: --ca-out ca.pem lets a client trust this server"),
        }
        match &arguments.credentials_out {
            Some(path) => output::print(&format!("credentials    {}", path.display())),
            None => output::print("credentials    not written: --credentials-out FILE tells who may sign in, and with which app"),
        }
        for community in server.udap_communities() {
            let named = if community.uri.is_empty() {
                "nobody can register: --udap-anchors FILE lets clients in"
            } else {
                &community.uri
            };
            output::print(&format!("UDAP {:<9} {named}", arguments.udap_version));
        }
        if let Some(path) = &arguments.target_out {
            output::print(&format!("target file    {}", path.display()));
        }
        output::print("ctrl-C ends it");
        let _ = tokio::signal::ctrl_c().await;
        server.stop().await;
        Ok(0)
    })
}

fn write(path: &std::path::Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|error| Failure::wrong(format!("cannot write {}: {error}", path.display())))
}
