//! Who we are towards a UDAP server: the laboratory or the certificate that the target file names, or the well-known laboratory
//! for the reference server.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use time::OffsetDateTime;
use tokio::sync::{OnceCell, oneshot};
use url::Url;

use super::environment::Environment;
use super::failure::Failure;
use super::secrets::Secrets;
use crate::crypto::lab::{Lab, LabKeys, from_pkcs12, read_folder};
use crate::peers::{Host, Rooms, Seat, laboratory_files, laboratory_responder};
use crate::reference::Community;
use crate::target::{Client, ClientKey, IdentityProviderFile, Launch, ProviderTls, SecretReader as _, UdapClientFile};
use crate::verbs::{Providers, Source, UdapIdentity};
use crate::vocabulary::Secret;

/// Where our listener is when the target file does not say.
const BIND: &str = "0.0.0.0:0";
/// Under which host the clients of a laboratory appear.
const CLIENT: &str = "https://client.carinbb.example";
const CONTACT: &str = "mailto:conformance@carinbb.example";

/// A laboratory with the host of its lists.
pub struct Laboratory {
    /// The laboratory.
    pub lab: Arc<Lab>,
    host: Host,
    providers: Providers,
}

/// Who we are, and the listener that has to live as long as the run.
#[derive(Default)]
pub struct Ourselves {
    /// Who we are; absent when the operator gave no certificate.
    pub identity: Option<UdapIdentity>,
    /// Tags of cases that cannot run as we are, with the reason.
    pub no_tags: Vec<(&'static str, String)>,
    /// Serves lists of revoked certificates while the run goes on.
    host: Option<Host>,
}

impl Ourselves {
    /// Ends the listener.
    pub fn close(self) {
        drop(self.host);
    }
}

/// The laboratory for reference servers on loopback, made once: its keys are known to everybody, so nothing else may trust it.
///
/// # Errors
/// When it cannot be made, in words.
pub async fn on_loopback() -> Result<&'static Laboratory, String> {
    static MADE: OnceCell<Laboratory> = OnceCell::const_new();
    MADE.get_or_try_init(|| async {
        let (tell, told) = oneshot::channel();
        // It answers for the whole process, also after the runtime of whoever asked first has ended.
        std::thread::spawn(move || match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime.block_on(async {
                if tell.send(open_on_loopback().await).is_ok() {
                    std::future::pending::<()>().await;
                }
            }),
            Err(error) => drop(tell.send(Err(error.to_string()))),
        });
        told.await.map_err(|_| "the laboratory ended before it began".to_owned())?
    })
    .await
}

async fn open_on_loopback() -> Result<Laboratory, String> {
    let seat = Seat::take(([127, 0, 0, 1], 0).into()).await.map_err(|error| error.to_string())?;
    let addresses = format!("http://localhost:{}", seat.address().port());
    let lab = Lab::new(LabKeys::well_known(), Some(addresses), OffsetDateTime::now_utc()).map_err(|error| error.to_string())?;
    let lab = Arc::new(lab);
    let host = seat.serve(laboratory_files(&lab).map_err(|error| error.to_string())?, Some(laboratory_responder(&lab)));
    let rooms = Rooms::open(([127, 0, 0, 1], 0).into(), None, Some(&lab)).await.map_err(|error| error.to_string())?;
    let providers = Providers { rooms: Arc::new(rooms), is_shared: true, claims: serde_json::Map::new() };
    Ok(Laboratory { lab, host, providers })
}

impl Laboratory {
    /// Who we are in it, with nothing to listen on but its own host.
    #[must_use]
    pub fn ourselves(&self, launch: &Launch) -> Ourselves {
        Ourselves { identity: Some(self.identity(launch)), ..Ourselves::default() }
    }

    /// The two communities of it, as a reference server takes part in them.
    #[must_use]
    pub fn communities(&self) -> Vec<Community> {
        let community =
            |name: &str, root: &[u8]| Community { uri: format!("urn:carinbb:laboratory:{name}"), anchors: vec![root.to_vec()] };
        vec![community("a", self.lab.root()), community("b", self.lab.second_root())]
    }

    /// Who we are in it.
    #[must_use]
    pub fn identity(&self, launch: &Launch) -> UdapIdentity {
        debug_assert!(self.host.address().ip().is_loopback());
        let providers = Some(self.providers.clone());
        UdapIdentity { providers, ..identity(Source::Laboratory(Arc::clone(&self.lab)), &UdapClientFile::default(), launch) }
    }
}

fn identity(source: Source, file: &UdapClientFile, launch: &Launch) -> UdapIdentity {
    let logo = file.public_url.as_ref().filter(|url| url.scheme() == "https").map(|url| below(url, "logo.png"));
    let registered: Option<&Client> = launch.client(ClientKey::Confidential).or_else(|| launch.clients.first());
    let callback = || Url::parse(&format!("{CLIENT}/callback")).expect("the literal is a URL");
    UdapIdentity {
        source,
        logo_uri: file.logo_uri.as_ref().map(Url::to_string).or(logo).unwrap_or_else(|| format!("{CLIENT}/logo.png")),
        redirect_uri: file
            .redirect_uri
            .clone()
            .or_else(|| registered.map(|client| client.redirect_uri.clone()))
            .unwrap_or_else(callback),
        contact: file.contact.clone().unwrap_or_else(|| CONTACT.to_owned()),
        providers: None,
    }
}

fn below(url: &Url, name: &str) -> String {
    format!("{}/{name}", url.as_str().trim_end_matches('/'))
}

/// What the target file says.
///
/// # Errors
/// When a file cannot be read, a password is missing, or the listener's address is taken.
pub async fn ourselves(file: &UdapClientFile, launch: &Launch, environment: &Environment) -> Result<Ourselves, Failure> {
    if let Some(folder) = &file.pki {
        return laboratory(folder, file, launch).await;
    }
    let Some(archive) = &file.pkcs12 else { return Ok(Ourselves::default()) };
    let password = match &archive.password {
        Some(source) => Secrets::new(environment).read("pkcs12_password", source).map_err(Failure::wrong)?,
        None => Secret::new("pkcs12_password", ""),
    };
    let shown = archive.file.display();
    let bytes = std::fs::read(&archive.file).map_err(|error| Failure::wrong(format!("cannot read {shown}: {error}")))?;
    let (credential, uris) = from_pkcs12(&bytes, &password).map_err(|error| Failure::wrong(format!("{shown}: {error}")))?;
    Ok(Ourselves {
        identity: Some(identity(Source::Community(Arc::new(credential), uris), file, launch)),
        no_tags: vec![
            ("laboratory", "it needs certificates of a CA of ours, and the target file gives one of a real community".into()),
            ("listener", "it needs certificates of a CA of ours, and the target file gives one of a real community".into()),
            (
                "identity-provider",
                "it needs certificates of a CA of ours, and the target file gives one of a real community".into(),
            ),
        ],
        host: None,
    })
}

async fn laboratory(folder: &Path, file: &UdapClientFile, launch: &Launch) -> Result<Ourselves, Failure> {
    let wrong = |error: &dyn std::fmt::Display| Failure::wrong(error.to_string());
    let addresses = file.public_url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned());
    let lab = Arc::new(read_folder(folder, addresses, OffsetDateTime::now_utc()).map_err(|error| wrong(&error))?);
    // Without a public address no certificate names one, and nobody will ask us for anything.
    let host = match &file.public_url {
        None => None,
        Some(_) => {
            let text = file.bind.as_deref().unwrap_or(BIND);
            let address: SocketAddr = text
                .parse()
                .map_err(|_| Failure::wrong(format!("[listener] bind: '{text}' is no address such as 0.0.0.0:8080")))?;
            let seat =
                Seat::take(address).await.map_err(|error| Failure::wrong(format!("cannot listen on {address}: {error}")))?;
            Some(seat.serve(laboratory_files(&lab).map_err(|error| wrong(&error))?, Some(laboratory_responder(&lab))))
        }
    };
    let providers = match &file.identity_provider {
        Some(provider) => Some(providers(provider, &lab).await?),
        None => None,
    };
    let source = Source::Laboratory(lab);
    let unreached = "the target has to fetch something of us, and the target file has no [listener] public_url";
    let mut no_tags = if host.is_none() { vec![("listener", unreached.to_owned())] } else { Vec::new() };
    if providers.is_none() {
        let nowhere = "the target has to reach an identity provider of ours, and the target file has no [identity_provider] url";
        no_tags.push(("identity-provider", nowhere.to_owned()));
    }
    let identity = UdapIdentity { providers, ..identity(source, file, launch) };
    Ok(Ourselves { identity: Some(identity), no_tags, host })
}

/// The identity provider that the target file describes.
async fn providers(file: &IdentityProviderFile, lab: &Lab) -> Result<Providers, Failure> {
    let text = file.bind.as_deref().unwrap_or(BIND);
    let address: SocketAddr = text
        .parse()
        .map_err(|_| Failure::wrong(format!("[identity_provider] bind: '{text}' is no address such as 0.0.0.0:8443")))?;
    let tls = (file.tls == ProviderTls::Laboratory).then_some(lab);
    let rooms = Rooms::open(address, Some(file.url.as_str()), tls).await;
    let rooms = rooms.map_err(|error| Failure::wrong(format!("[identity_provider] cannot listen on {address}: {error}")))?;
    Ok(Providers { rooms: Arc::new(rooms), is_shared: false, claims: file.member.clone() })
}
