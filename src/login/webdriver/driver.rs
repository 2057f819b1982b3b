//! The driver of a run: started when the first member signs in, ended with the run, with every browser that it started.

use tokio::sync::Mutex;

use super::process::Process;
use super::tab::Tab;
use super::walk::walk;
use crate::login::arrival::{Arrival, Stuck, StuckReason, Visit};
use crate::login::form::Rules;
use crate::login::request::AuthorizeRequest;
use crate::login::sessions::Account;
use crate::net::DriverClient;

/// The program of Chromium's driver.
const CHROMEDRIVER: &str = "chromedriver";

/// The driver, once it is needed.
#[derive(Debug, Default)]
pub(in crate::login) struct Driver {
    process: Mutex<Option<Process>>,
}

impl Driver {
    /// Signs in through the member's browser.
    pub(in crate::login) async fn authorize(
        &self,
        rules: &Rules<'_>,
        account: &mut Account,
        request: &AuthorizeRequest,
    ) -> Visit {
        if rules.origins.allows(&request.redirect_uri) {
            let why = "the redirect URI lies at an origin of the login, from which a browser cannot be kept: the app there would get the code";
            return Visit::unsent(Arrival::Unavailable(why.to_owned()));
        }
        let mut tab = match self.tab(rules, account, request).await {
            Ok(tab) => tab,
            Err(why) => return Visit::unsent(Arrival::Stuck(Box::new(Stuck::new(StuckReason::NoBrowser, why)))),
        };
        // A walk that is broken off leaves no browser behind: the next begins with a new one.
        let visit = walk(rules, account, &mut tab, request).await;
        match &visit.arrival {
            Arrival::Broken(cause) if cause.kind == "browser" => tab.close().await,
            _ => account.tab = Some(tab),
        }
        visit
    }

    /// The member's browser: the one that there is, unless a new one is wanted or it could reach this redirect URI.
    async fn tab(&self, rules: &Rules<'_>, account: &mut Account, request: &AuthorizeRequest) -> Result<Tab, String> {
        if let Some(tab) = account.tab.take() {
            if !request.fresh && tab.cannot_reach(&request.redirect_uri) {
                return Ok(tab);
            }
            tab.close().await;
        }
        let settings = &rules.login.browser;
        let address = match &settings.url {
            Some(url) => url.clone(),
            None => {
                let mut process = self.process.lock().await;
                if process.is_none() {
                    *process = Some(Process::start(settings.driver.as_deref().unwrap_or(CHROMEDRIVER)).await?);
                }
                process.as_ref().map(|process| process.url.clone()).ok_or("the driver is not there")?
            }
        };
        let client = DriverClient::new(address).map_err(|error| super::tab::in_words(&error))?;
        let opened = Tab::open(client, settings, &request.redirect_uri).await;
        if opened.is_err() {
            // One that cannot start a browser now may be dead; the next login starts another.
            self.process.lock().await.take();
        }
        opened
    }
}
