//! The person at the keyboard, as far as a login needs one: to be told, to open a browser, to answer a question.

use futures_util::future::BoxFuture;
use url::Url;

use super::arrival::PageOutline;
use crate::target::{CodeSource, MemberKey};
use crate::vocabulary::Secret;

/// Given by the command line; the other floors never print and never read.
pub trait Sitting: Send + Sync {
    /// Shows one line. It holds no secret; target text in it is escaped.
    fn tell(&self, line: &str);

    /// Sees each page of a login as it comes; nothing in it is secret, and target text is escaped.
    fn page(&self, _: &PageOutline) {}

    /// Opens the address in a browser; false when that is not possible.
    fn open(&self, url: &Url) -> bool;

    /// Asks for the address to which the browser was sent; nothing when nobody can answer.
    fn pasted(&self, question: &str) -> BoxFuture<'_, Option<Secret>>;

    /// A one-time code of this member from its source, or from a person where no source is named; nothing when none comes.
    fn code<'a>(&'a self, member: MemberKey, source: Option<&'a CodeSource>) -> BoxFuture<'a, Option<Secret>>;
}

/// Nobody is there.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nobody;

impl Sitting for Nobody {
    fn tell(&self, _: &str) {}

    fn open(&self, _: &Url) -> bool {
        false
    }

    fn pasted(&self, _: &str) -> BoxFuture<'_, Option<Secret>> {
        Box::pin(std::future::ready(None))
    }

    fn code<'a>(&'a self, _: MemberKey, _: Option<&'a CodeSource>) -> BoxFuture<'a, Option<Secret>> {
        Box::pin(std::future::ready(None))
    }
}
