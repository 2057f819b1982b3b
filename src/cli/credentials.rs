//! What `carinbb serve` has made up for its visitors, as a file that only its owner can read.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::reference::{ClientKind, MemberKind, RegisteredClient, RegisteredMember, Running};

/// Writes the clients and members of a server with all their secrets.
///
/// # Errors
/// When the file cannot be made, or not kept from others.
pub fn write(path: &Path, server: &Running) -> io::Result<()> {
    let mut file = own(path)?;
    // pretty, because people copy from it
    serde_json::to_writer_pretty(&mut file, &document(server))?;
    file.write_all(b"\n")
}

/// The file, empty and closed to others before anything stands in it.
fn own(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    // a file that was there keeps the mode that it had
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(file)
}

fn document(server: &Running) -> Value {
    json!({
        "base": server.base(),
        "authorization": server.authorization_origin(),
        "clients": server.clients().iter().map(|known| client(known, server)).collect::<Vec<_>>(),
        "members": server.members().iter().map(member).collect::<Vec<_>>(),
    })
}

fn client(client: &RegisteredClient, server: &Running) -> Value {
    let kind = match client.kind {
        ClientKind::Confidential => "confidential",
        ClientKind::Second => "second",
        ClientKind::Public => "public",
        ClientKind::Asymmetric => "asymmetric",
    };
    let mut value = json!({
        "kind": kind,
        "client_id": client.id,
        "redirect_uri": client.redirect_uri,
    });
    if let Some(secret) = &client.secret {
        value["client_secret"] = json!(secret.expose());
    }
    if client.kind == ClientKind::Asymmetric {
        let keys = server.client_keys().into_iter().map(|key| {
            json!({
                "algorithm": key.algorithm,
                "key_id": key.kid,
                "signing_key": key.pem.expose(),
            })
        });
        value["keys"] = keys.collect();
    }
    value
}

fn member(member: &RegisteredMember) -> Value {
    let kind = match member.kind {
        MemberKind::First => "first",
        MemberKind::Second => "second",
        MemberKind::Dependant => "dependant",
        MemberKind::Fourth => "fourth",
    };
    let mut resources: Map<String, Value> = Map::new();
    for (kind, id) in &member.resources {
        let ids = resources.entry(kind.clone()).or_insert_with(|| json!([]));
        if let Some(ids) = ids.as_array_mut() {
            ids.push(json!(id));
        }
    }
    json!({
        "kind": kind,
        "patient": member.patient,
        "username": member.username.expose(),
        "password": member.password.expose(),
        "totp": member.totp.expose(),
        "resources": resources,
    })
}
