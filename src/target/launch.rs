//! What a launch needs: clients, members, the way they sign in, or tokens that the operator gives.
//!
//! Everything secret in it is a [`Secret`]; where it comes from is said by [`SecretSource`] until the command line
//! has read it.

use url::Url;

use super::audit::AuditAccess;
use super::withdrawal::Withdrawal;
use crate::vocabulary::Secret;

/// Which of the registered clients is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClientKey {
    /// Keeps a secret.
    Confidential,
    /// Another one that keeps a secret, for what must not cross from client to client.
    Second,
    /// Keeps none.
    Public,
    /// Signs with a private key.
    Asymmetric,
}

impl ClientKey {
    /// Every key by its word in the target file.
    pub const WORDS: [(&'static str, ClientKey); 4] = [
        ("confidential", Self::Confidential),
        ("second", Self::Second),
        ("public", Self::Public),
        ("asymmetric", Self::Asymmetric),
    ];

    /// The client of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(own, _)| *own == word).map(|(_, key)| *key)
    }

    /// The word.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, own)| *own == self).map_or("", |(word, _)| *word)
    }
}

/// A private key that signs client assertions.
#[derive(Debug, Clone)]
pub struct SigningKey {
    /// The key in PEM (PKCS#8).
    pub pem: Secret,
    /// Its id in the published JWK Set.
    pub key_id: String,
    /// `RS384` or `ES384`.
    pub algorithm: String,
}

/// A client that is registered with the target.
#[derive(Debug, Clone)]
pub struct Client {
    /// Which one.
    pub key: ClientKey,
    /// Its `client_id`.
    pub client_id: String,
    /// Its secret.
    pub secret: Option<Secret>,
    /// Its key.
    pub signing_key: Option<SigningKey>,
    /// Further keys that are registered for it, for the other algorithm.
    pub more_keys: Vec<SigningKey>,
    /// Its registered redirect URI.
    pub redirect_uri: Url,
    /// The name that members see.
    pub name: Option<String>,
}

impl Client {
    /// Its keys, in the order of the target file.
    pub fn keys(&self) -> impl Iterator<Item = &SigningKey> {
        self.signing_key.iter().chain(&self.more_keys)
    }
}

/// Which member is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MemberKey {
    /// The member whose consent is tested.
    First,
    /// A member who has nothing to do with the first.
    Second,
    /// A member whose data the first may see.
    Dependant,
}

impl MemberKey {
    /// Every key by its word in the target file.
    pub const WORDS: [(&'static str, MemberKey); 3] =
        [("first", Self::First), ("second", Self::Second), ("dependant", Self::Dependant)];

    /// The member of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(own, _)| *own == word).map(|(_, key)| *key)
    }

    /// The word.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, own)| *own == self).map_or("", |(word, _)| *word)
    }
}

/// A member with an account at the target.
#[derive(Debug, Clone)]
pub struct Member {
    /// Which one.
    pub key: MemberKey,
    /// The id of the Patient.
    pub patient: Option<String>,
    /// What is typed as the user name.
    pub username: Option<Secret>,
    /// What is typed as the password.
    pub password: Option<Secret>,
    /// The key of the one-time codes, base32.
    pub totp: Option<Secret>,
    /// Where one-time codes come from that are not made from a key.
    pub code: Option<CodeSource>,
    /// Known ids: type and id. Those of the second member are what must never be seen.
    pub resources: Vec<(String, String)>,
}

impl Member {
    /// True when there is a source of one-time codes.
    #[must_use]
    pub fn has_codes(&self) -> bool {
        self.totp.is_some() || self.code.is_some()
    }
}

/// Where a one-time code comes from, each time that one is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodeSource {
    /// The first line that a program prints.
    Command(Vec<String>),
    /// A person.
    Prompt,
}

/// How members sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strategy {
    /// Nobody signs in.
    #[default]
    None,
    /// HTML forms are filled in without a browser.
    Form,
    /// A real browser is driven.
    Webdriver,
    /// A person does it.
    Manual,
    /// The operator gives tokens.
    Token,
}

impl Strategy {
    /// Every strategy by its word.
    pub const WORDS: [(&'static str, Strategy); 5] = [
        ("none", Self::None),
        ("form", Self::Form),
        ("webdriver", Self::Webdriver),
        ("manual", Self::Manual),
        ("token", Self::Token),
    ];
}

/// The way in.
#[derive(Debug, Clone, Default)]
pub struct Login {
    /// How members sign in.
    pub strategy: Strategy,
    /// Origins, besides the target's own, on which credentials may be typed.
    pub origins: Vec<Url>,
    /// What to do on which page; empty means that the pages are plain enough to be understood.
    pub steps: Vec<LoginStep>,
    /// Whoever approves ticks every box, so a scope that is missing was taken away by the server.
    pub approves_all: bool,
    /// The member has rights at the level of a user.
    pub user_scopes: bool,
    /// The browser of the strategy `webdriver`.
    pub browser: BrowserSettings,
    /// Where a member takes an app's access back.
    pub withdrawal: Option<Withdrawal>,
}

/// How a browser is driven.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BrowserSettings {
    /// The driver that is started; without it `chromedriver`.
    pub driver: Option<String>,
    /// A driver that runs already.
    pub url: Option<Url>,
    /// The browser's program, where the driver does not find it.
    pub binary: Option<String>,
    /// Further arguments of the browser.
    pub arguments: Vec<String>,
    /// The proxy that the browser goes through.
    pub proxy: Option<String>,
    /// Run as root, where the browser's sandbox does not work.
    pub no_sandbox: bool,
    /// The operator trusts roots that the browser does not know: it takes any certificate, and this program verifies those of the
    /// origins on which a secret is typed.
    pub private_roots: bool,
    /// Where pictures of pages go; none are taken without it.
    pub screenshots: Option<Screenshots>,
}

/// Which pictures of pages are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Screenshots {
    /// The folder.
    pub folder: std::path::PathBuf,
    /// The members are synthetic, so that pages after the sign-in may be shown too.
    pub synthetic: bool,
}

/// What to do on one page.
#[derive(Debug, Clone, Default)]
pub struct LoginStep {
    /// On which page; absent means on the next that has a form.
    pub page: Option<PageMatch>,
    /// Which form, as a CSS selector.
    pub form: Option<String>,
    /// What to type where: a CSS selector or the name of a field, and the value.
    pub fill: Vec<(String, FillValue)>,
    /// Boxes to tick: CSS selectors, names or values.
    pub tick: Vec<String>,
    /// Boxes to untick.
    pub untick: Vec<String>,
    /// The button: a CSS selector, its name or its text.
    pub click: Option<String>,
}

/// How a page is recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageMatch {
    /// Its URL contains this.
    Url(String),
    /// Its text contains this.
    Text(String),
}

/// What is typed into a field.
#[derive(Debug, Clone)]
pub enum FillValue {
    /// The member's user name.
    Username,
    /// The member's password.
    Password,
    /// The member's one-time code of the moment.
    Totp,
    /// Something that may be shown.
    Text(String),
    /// Something that may not.
    Secret(Secret),
}

/// Tokens of one member that the operator gives (strategy `token`).
#[derive(Debug, Clone)]
pub struct GivenTokens {
    /// Whose they are.
    pub member: MemberKey,
    /// The client that they were issued to.
    pub client: ClientKey,
    /// The access token.
    pub access_token: Option<Secret>,
    /// The refresh token.
    pub refresh_token: Option<Secret>,
    /// The ID token.
    pub id_token: Option<Secret>,
    /// The scopes that were granted.
    pub scope: Option<String>,
    /// The patient context.
    pub patient: Option<String>,
}

/// Everything that a launch needs, as far as it is known.
#[derive(Debug, Clone, Default)]
pub struct Launch {
    /// The registered clients.
    pub clients: Vec<Client>,
    /// The members.
    pub members: Vec<Member>,
    /// The way in.
    pub login: Login,
    /// Tokens that were given, by member.
    pub tokens: Vec<GivenTokens>,
    /// Access to the audit log.
    pub audit: Option<AuditAccess>,
    /// The scopes to ask for, where the server refuses a whole request for one that it does not know.
    pub scopes: Option<Vec<String>>,
}

impl Launch {
    /// The client of this key.
    #[must_use]
    pub fn client(&self, key: ClientKey) -> Option<&Client> {
        self.clients.iter().find(|client| client.key == key)
    }

    /// The tokens that were given of a member.
    #[must_use]
    pub fn given(&self, member: MemberKey) -> Option<&GivenTokens> {
        self.tokens.iter().find(|tokens| tokens.member == member)
    }

    /// The member of this key.
    #[must_use]
    pub fn member(&self, key: MemberKey) -> Option<&Member> {
        self.members.iter().find(|member| member.key == key)
    }
}
