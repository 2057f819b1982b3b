//! Pictures of pages, for whoever writes the steps of a login. Taken before anything is typed, with every field blank.
//!
//! A page that shows a known secret or a known value of the member is not taken, and after the sign-in only pages of synthetic members are.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::tab::Tab;
use crate::login::form::Page;
use crate::login::request::AuthorizeRequest;
use crate::login::sessions::Account;
use crate::target::Screenshots;
use crate::vocabulary::Redactor;

/// The pictures of one login.
pub(super) struct Pictures {
    wanted: Option<Screenshots>,
    member: &'static str,
    state: String,
    number: u32,
}

impl Pictures {
    pub(super) fn new(wanted: Option<Screenshots>, request: &AuthorizeRequest) -> Self {
        // The state tells the logins of a run apart; eight letters of it are no secret and no name of a file elsewhere.
        let state =
            request.url.query_pairs().find(|(name, _)| name == "state").map(|(_, value)| value.into_owned()).unwrap_or_default();
        let state = state.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
        Self { wanted, member: request.member.word(), state, number: 0 }
    }

    /// Takes the page, where that may be done; says where the picture is, or why there is none.
    pub(super) async fn take(&mut self, tab: &Tab, page: &Page, account: &Account, redactor: &Redactor) -> Option<String> {
        let wanted = self.wanted.clone()?;
        self.number += 1;
        if let Some(why) = withheld(&wanted, tab.has_signed_in, page, account, redactor) {
            return Some(format!("no picture of page {}: {why}", self.number));
        }
        let file = wanted.folder.join(format!("{}-{}-{:02}.png", self.member, self.state, self.number));
        let written = self.written(tab, &wanted.folder, &file).await;
        Some(
            written.map_or_else(
                |why| format!("no picture of page {}: {why}", self.number),
                |()| format!("picture: {}", file.display()),
            ),
        )
    }

    async fn written(&self, tab: &Tab, folder: &PathBuf, file: &PathBuf) -> Result<(), String> {
        let picture = tab.picture().await.map_err(|error| super::tab::in_words(&error))?;
        let bytes = STANDARD.decode(picture).map_err(|_| "the browser's picture cannot be read".to_owned())?;
        tokio::fs::create_dir_all(folder).await.map_err(|error| format!("cannot write {}: {error}", folder.display()))?;
        tokio::fs::write(file, bytes).await.map_err(|error| format!("cannot write {}: {error}", file.display()))
    }
}

/// Why a page is not taken.
fn withheld(wanted: &Screenshots, signed_in: bool, page: &Page, account: &Account, redactor: &Redactor) -> Option<&'static str> {
    if signed_in && !wanted.synthetic {
        return Some("after the sign-in a page may show a member's data, and the environment is not staging");
    }
    let text = format!("{} {}", page.title, page.text);
    let member = &account.member;
    let values = member.username.iter().chain(&member.password).map(|secret| secret.expose().to_owned());
    let values = values.chain(member.patient.clone()).chain(member.resources.iter().map(|(_, id)| id.clone()));
    let shows = values.into_iter().any(|value| !value.is_empty() && text.contains(&value));
    (shows || redactor.redact(&text) != text).then_some("it shows a known secret or a known value of the member")
}
