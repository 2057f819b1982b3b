//! A server in memory with one community, its clock, and what a client sends it.

use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use openssl::pkey::PKey;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::lab::{Holder, NOW, URI, Wish, authority, change, p256, root};
use crate::reference::door::Door;
use crate::reference::exchange::{Answer, Asked};
use crate::reference::site::Site;
use crate::reference::{Community, Options, UdapOptions, front};
use crate::vocabulary::FaultName;

pub(super) const REGISTER: &str = "https://localhost:1002/register";
pub(super) const TOKEN: &str = "https://localhost:1002/token";
pub(super) const BASE: &str = "https://localhost:1001/fhir/r4";

/// The CA that the server trusts, and one that it does not.
pub(super) struct Lab {
    pub(super) root: Holder,
    pub(super) issuing: Holder,
    pub(super) foreign: Holder,
    /// A client with an EC key.
    pub(super) client: Holder,
    /// Another client.
    pub(super) other: Holder,
}

pub(super) const OTHER_URI: &str = "https://client.harness.test/app-02";

pub(super) static LAB: LazyLock<Lab> = LazyLock::new(|| {
    let root = root("Lab root");
    let issuing = root.issue(&authority("Lab issuing CA", 0), p256());
    let client = issuing.issue(&Wish::default(), p256());
    let other = issuing.issue(&Wish { uris: &[OTHER_URI], ..Wish::default() }, p256());
    Lab { foreign: super::lab::root("Foreign root"), root, issuing, client, other }
});

/// A reply as far as it says something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) status: u16,
    pub(super) body: Value,
    pub(super) headers: Vec<(String, String)>,
    pub(super) text: String,
}

impl Said {
    pub(super) fn error(&self) -> (u16, &str) {
        (self.status, self.body["error"].as_str().unwrap_or_default())
    }
}

pub(super) struct Server {
    pub(super) site: Site,
    clock: Arc<AtomicI64>,
    numbers: AtomicUsize,
}

impl Server {
    pub(super) fn new(faults: &[&str], version: &str) -> Self {
        let clock = Arc::new(AtomicI64::new(NOW));
        let hands = Arc::clone(&clock);
        let now = Arc::new(move || OffsetDateTime::from_unix_timestamp(hands.load(Ordering::Relaxed)).unwrap());
        let anchors = vec![LAB.root.certificate.to_der().unwrap()];
        let communities = vec![
            Community { uri: "urn:harness:community:a".into(), anchors },
            Community { uri: "urn:harness:community:b".into(), anchors: Vec::new() },
        ];
        let udap = UdapOptions { version: version.to_owned(), communities, ..UdapOptions::default() };
        let faults = faults.iter().map(|name| FaultName::parse(name).unwrap()).collect();
        let site = Site::new(&Options { now, udap, faults, ..Options::default() }, [1001, 1002, 1003]).unwrap();
        Self { site, clock, numbers: AtomicUsize::new(0) }
    }

    pub(super) fn wait(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::Relaxed);
    }

    pub(super) fn now(&self) -> i64 {
        self.clock.load(Ordering::Relaxed)
    }

    /// A `jti` that was not used yet.
    pub(super) fn jti(&self) -> String {
        format!("jti-{}", self.numbers.fetch_add(1, Ordering::Relaxed))
    }

    pub(super) fn ask(&self, door: Door, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Said {
        self.ask_by(0, door, method, path, headers, body)
    }

    pub(super) fn ask_by(
        &self,
        connection: usize,
        door: Door,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Said {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let (path, query) = (path.to_owned(), query.to_owned());
        let asked = Asked { door, method: method.to_owned(), path, query, headers, body: body.as_bytes().to_vec(), connection };
        let Answer::Reply(reply) = front::answer(&self.site, &asked) else { panic!("no reply") };
        let text = String::from_utf8_lossy(&reply.body).into_owned();
        let body = serde_json::from_slice(&reply.body).unwrap_or_default();
        Said { status: reply.status, body, headers: reply.headers, text }
    }

    /// Registers with this body.
    pub(super) fn post(&self, body: &Value) -> Said {
        self.post_by(0, body)
    }

    pub(super) fn post_by(&self, connection: usize, body: &Value) -> Said {
        let headers = [("content-type", "application/json")];
        self.ask_by(connection, Door::Authorization, "POST", "/register", &headers, &body.to_string())
    }

    /// Registers with this statement.
    pub(super) fn submit(&self, statement: &str) -> Said {
        self.post(&json!({"software_statement": statement, "udap": "1"}))
    }

    /// The claims of a good statement for the code flow, with changes.
    pub(super) fn code_claims(&self, uri: &str, changes: &Value) -> Value {
        let mut claims = json!({
            "iss": uri, "sub": uri, "aud": REGISTER, "iat": self.now() - 2, "exp": self.now() + 240, "jti": self.jti(),
            "client_name": "Harness code client", "redirect_uris": ["https://client.harness.test/cb"],
            "contacts": ["mailto:ops@harness.test"], "logo_uri": "https://client.harness.test/logo.png",
            "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
            "token_endpoint_auth_method": "private_key_jwt",
            "scope": "openid launch/patient offline_access patient/Patient.read",
        });
        change(&mut claims, changes);
        claims
    }

    /// The same for a client without members.
    pub(super) fn system_claims(&self, uri: &str, changes: &Value) -> Value {
        let mut claims = self.code_claims(
            uri,
            &json!({"grant_types": ["client_credentials"], "redirect_uris": null, "logo_uri": null, "response_types": null, "scope": "system/Patient.read system/Coverage.rs"}),
        );
        change(&mut claims, changes);
        claims
    }

    /// Registers a client without members. The result is its id.
    pub(super) fn system_client(&self, holder: &Holder, uri: &str) -> String {
        let said = self.submit(&holder.sign(&self.system_claims(uri, &json!({}))));
        assert_eq!(said.status, 201, "{said:?}");
        said.body["client_id"].as_str().unwrap().to_owned()
    }

    /// The claims of a good assertion, with changes.
    pub(super) fn assertion_claims(&self, id: &str, changes: &Value) -> Value {
        let mut claims =
            json!({"iss": id, "sub": id, "aud": TOKEN, "iat": self.now() - 2, "exp": self.now() + 240, "jti": self.jti()});
        change(&mut claims, changes);
        claims
    }

    /// A token request with this form.
    pub(super) fn form(&self, parameters: &[(&str, &str)]) -> Said {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        self.ask(Door::Authorization, "POST", "/token", &[("content-type", "application/x-www-form-urlencoded")], &body)
    }

    /// `client_credentials` with this assertion.
    pub(super) fn credentials(&self, assertion: &str) -> Said {
        self.form(&credentials(assertion))
    }
}

/// The form of `client_credentials`.
pub(super) fn credentials(assertion: &str) -> [(&str, &str); 5] {
    [
        ("grant_type", "client_credentials"),
        ("scope", "system/Patient.read"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion),
        ("udap", "1"),
    ]
}

/// A key that is not that of the certificate.
pub(super) fn with_other_key(holder: &Holder) -> Holder {
    let key: PKey<openssl::pkey::Private> = p256();
    Holder { key, ..holder.clone() }
}

/// A client of the laboratory with this wish.
pub(super) fn client(wish: &Wish<'_>) -> Holder {
    LAB.issuing.issue(wish, p256())
}

/// The client's URI.
pub(super) const CLIENT: &str = URI;

/// Some requests and what a server says to them, as lines.
pub(super) type Group = Box<dyn Fn(&Server) -> Vec<String>>;

/// Those of the faults that change nothing in any group in which an honest server asks about them.
pub(super) fn silent<'a>(names: &[&'a str], version: &str, groups: &[Group]) -> Vec<&'a str> {
    let mut left = names.to_vec();
    for group in groups {
        let server = Server::new(&[], version);
        let honest = group(&server);
        let asked = server.site.faults.asked();
        let again = group(&Server::new(&[], version));
        assert!(honest == again, "the honest server answers alike each time");
        left.retain(|name| {
            let is_asked = asked.iter().any(|asked| asked.as_str() == *name);
            !is_asked || honest == group(&Server::new(&[name], version))
        });
    }
    left
}
