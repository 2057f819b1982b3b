//! Documentation of `oauth.withdraw`.

use super::authorization::MEMBER;
use super::facts::{argument, facts};
use crate::verbs::{Effect, Kind, VerbHelp};

/// `oauth.withdraw`
pub static WITHDRAW: VerbHelp = VerbHelp {
    name: "oauth.withdraw",
    summary: "Opens the page of [login.withdrawal] in the member's session, does its steps, and watches whether the page then says that the app's access is gone.",
    effect: Effect::Change,
    arguments: &[
        argument!(
            "client",
            Kind::Word(&["confidential", "second", "public", "asymmetric"]),
            "whose access the steps of the target file withdraw; confidential without it"
        ),
        MEMBER,
    ],
    facts: facts! {
        "withdrawn": "true: every step was done, and the page then said what the target file says it says and had not said before; otherwise there is nothing to be seen, and why is the cause",
        "page_count": "how many pages there were on the way",
        "authorizations": "how many sign-ins were begun in this run so far",
    },
};
