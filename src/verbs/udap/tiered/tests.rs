//! The provider as a data holder meets it, without a network in between.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use time::OffsetDateTime;
use url::Url;
use uuid::Uuid;

use super::conduct::Conduct;
use super::provider::Provider;
use super::providers::{Opened, Providers};
use crate::crypto::lab::{Lab, LabKeys};
use crate::crypto::{Jwt, Key, Verification, verify, verify_x5c_jws};
use crate::net::tls::{Limits, Trust};
use crate::net::{World, WorldOptions};
use crate::peers::{Asked, Rooms, Said};
use crate::target::Target;
use crate::verbs::{Context, Source, TlsSettings, UdapIdentity};

const CALLBACK: &str = "https://dh.example/callback";

struct Scene {
    provider: Arc<Provider>,
    context: Context,
    _rooms: Arc<Rooms>,
}

async fn scene() -> Scene {
    let lab = Arc::new(Lab::new(LabKeys::well_known(), None, OffsetDateTime::now_utc()).unwrap());
    let rooms = Arc::new(Rooms::open(([127, 0, 0, 1], 0).into(), Some("https://idp.example"), None).await.unwrap());
    let site = Providers { rooms: Arc::clone(&rooms), is_shared: false, claims: serde_json::Map::new() };
    let provider = Opened::default().provider(&site, "main", Uuid::nil());
    assert_eq!(provider.base(), "https://idp.example/main");
    let identity = UdapIdentity {
        source: Source::Laboratory(lab),
        logo_uri: "https://client.example/logo.png".into(),
        redirect_uri: Url::parse("https://client.example/callback").unwrap(),
        contact: "mailto:ops@client.example".into(),
        providers: Some(site),
    };
    let base = Url::parse("https://dh.example/fhir").unwrap();
    let target = Arc::new(Target::new(base.clone(), base.as_str()));
    let tls = TlsSettings { trust: Arc::new(Trust::nothing()), judged_against: String::new(), limits: Limits::default() };
    let context = Context::new(World::new(WorldOptions::default()).unwrap(), target, tls).with_udap(Some(identity));
    Scene { provider, context, _rooms: rooms }
}

impl Scene {
    fn begin(&self, changes: &Value) {
        let conduct = Conduct::read(Some(changes), |_| unreachable!("no code is given")).unwrap();
        self.provider.begin(
            self.context.clone(),
            conduct,
            Some("of-the-client".into()),
            Some(Url::parse("https://auth.example/authorize").unwrap()),
        );
    }

    fn ask(&self, method: &str, path: &str, content_type: &str, body: &str) -> Said {
        self.provider.answer(&Asked {
            method: method.into(),
            path: path.into(),
            query: String::new(),
            content_type: content_type.into(),
            authorization: None,
            body: body.as_bytes().to_vec(),
        })
    }

    fn json(&self, method: &str, path: &str, content_type: &str, body: &str) -> Value {
        serde_json::from_str(&self.ask(method, path, content_type, body).body).unwrap()
    }

    /// Registers with a statement that nobody signed.
    fn register(&self) -> String {
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let claims = json!({ "redirect_uris": [CALLBACK], "scope": "openid udap" });
        let statement = format!("{}.{}.", part(json!({ "alg": "none" })), part(claims));
        let body = json!({ "software_statement": statement, "udap": "1" }).to_string();
        self.json("POST", "register", "application/json", &body)["client_id"].as_str().unwrap().to_owned()
    }

    fn sign_in(&self, client: &str, redirect_uri: &str) -> Option<Url> {
        let mut url = Url::parse("https://idp.example/main/authorize").unwrap();
        let pairs = [
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", redirect_uri),
            ("scope", "openid udap"),
            ("state", "of-the-data-holder"),
            ("nonce", "n-1"),
        ];
        url.query_pairs_mut().extend_pairs(pairs);
        self.provider.pass(&url, &[])
    }

    fn redeem(&self, code: &str) -> Said {
        let body = format!("grant_type=authorization_code&code={code}&redirect_uri={CALLBACK}");
        self.ask("POST", "token", "application/x-www-form-urlencoded", &body)
    }
}

fn parameter(url: &Url, name: &str) -> String {
    url.query_pairs().find(|(own, _)| own == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

#[tokio::test]
async fn the_provider_is_believed_by_its_certificate_and_by_its_key_set() {
    let scene = scene().await;
    scene.begin(&json!({}));
    let client = scene.register();
    let back = scene.sign_in(&client, CALLBACK).unwrap();
    assert_eq!((back.path(), parameter(&back, "state").as_str()), ("/callback", "of-the-data-holder"));
    assert_eq!(parameter(&back, "iss"), scene.provider.base());
    let code = parameter(&back, "code");
    let tokens: Value = serde_json::from_str(&scene.redeem(&code).body).unwrap();
    assert!(tokens.get("refresh_token").is_none());
    let token = tokens["id_token"].as_str().unwrap();
    let jws = verify_x5c_jws(token);
    assert!(jws.is_sound(), "{:?}", jws.defects);
    assert!(jws.leaf.unwrap().uris.iter().any(|uri| uri == scene.provider.base()));
    let keys = Key::of_set(&scene.json("GET", "jwks", "", "")).unwrap();
    assert!(matches!(verify(&Jwt::parse(token), &keys), Verification::Valid));
    let claims = jws.jwt.claims.unwrap();
    assert_eq!((claims["iss"].as_str(), claims["aud"].as_str()), (Some(scene.provider.base()), Some(client.as_str())));
    assert_eq!((claims["nonce"].as_str(), claims["sub"].as_str()), (Some("n-1"), Some("carinbb-member")));
    let metadata = scene.json("GET", ".well-known/udap", "", "");
    let signed = verify_x5c_jws(metadata["signed_metadata"].as_str().unwrap());
    assert!(signed.is_sound(), "{:?}", signed.defects);
    assert_eq!(signed.jwt.claims.unwrap()["token_endpoint"], metadata["token_endpoint"]);
    assert_eq!(scene.redeem(&code).status, 400, "a code is good once");
    let (seen, made) = scene.provider.end(false);
    assert_eq!(made.unwrap().expose(), code);
    assert_eq!((seen["registrations"].as_u64(), seen["redemptions"].as_u64()), (Some(1), Some(2)));
    assert_eq!((&seen["request"]["own_state"], &seen["request"]["redirect_uri_registered"]), (&json!(true), &json!(true)));
    assert_eq!(seen["registration"]["sound"], json!(false), "nobody signed the statement");
    assert_eq!(scene.ask("GET", ".well-known/udap", "", "").status, 503, "between two sign-ins it says nothing");
}

#[tokio::test]
async fn a_browser_is_sent_nowhere_but_to_what_was_registered_or_to_the_target() {
    let scene = scene().await;
    scene.begin(&json!({}));
    let client = scene.register();
    assert!(scene.sign_in(&client, "https://elsewhere.example/callback").is_none());
    // A client of an earlier run is known to the data holder alone.
    assert!(scene.sign_in("carinbb-of-yesterday", "https://elsewhere.example/callback").is_none());
    assert!(scene.sign_in("carinbb-of-yesterday", CALLBACK).is_some());
    assert!(scene.sign_in(&client, "javascript:alert(1)").is_none());
    // An address of the data holder that it did not register is told of, and the sign-in goes on.
    assert!(scene.sign_in(&client, "https://auth.example/other").is_some());
    assert_eq!(scene.provider.end(false).0["request"]["redirect_uri_registered"], json!(false));
}

#[tokio::test]
async fn each_change_of_the_conduct_changes_that_and_nothing_else() {
    let scene = scene().await;
    let client = {
        scene.begin(&json!({}));
        scene.register()
    };
    scene.begin(&json!({ "state": "wrong" }));
    let wrong = scene.sign_in(&client, CALLBACK).unwrap();
    assert!(!parameter(&wrong, "code").is_empty() && parameter(&wrong, "state") != "of-the-data-holder");
    scene.begin(&json!({ "state": "missing", "error": "access_denied" }));
    let missing = scene.sign_in(&client, CALLBACK).unwrap();
    assert_eq!((parameter(&missing, "state").as_str(), parameter(&missing, "error").as_str()), ("", "access_denied"));
    assert!(parameter(&missing, "code").is_empty());
    scene.begin(&json!({ "hold": true }));
    assert!(scene.sign_in(&client, CALLBACK).is_none());
    assert!(scene.provider.end(true).1.is_some(), "the code was made");
    scene.begin(&json!({ "status": 404, "registration": 400 }));
    assert_eq!(scene.ask("GET", ".well-known/udap", "", "").status, 404);
    assert_eq!(scene.ask("POST", "register", "application/json", "{}").status, 400);
    scene.begin(&json!({ "token": "without-id-token", "plain_endpoints": "other" }));
    let metadata = scene.json("GET", ".well-known/udap", "", "");
    assert_eq!(metadata["token_endpoint"], json!("https://idp.example/main/unsigned/token"));
    let back = scene.sign_in(&client, CALLBACK).unwrap();
    let tokens: Value = serde_json::from_str(&scene.redeem(&parameter(&back, "code")).body).unwrap();
    assert!(tokens.get("id_token").is_none() && tokens.get("access_token").is_some());
    assert_eq!(scene.ask("POST", "unsigned/token", "", "").status, 404);
    assert_eq!(scene.provider.end(false).0["unsigned_endpoint_used"], json!(true));
}
