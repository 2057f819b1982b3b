//! The strategy `webdriver`: the same script of steps through a real browser, for pages made by JavaScript (W3C WebDriver).
//!
//! One browser per member, each with a profile of its own, kept for all authorizations. A secret is typed only while the page is at an
//! origin of the allow-list. The redirect URI is out of the browser's reach, so no app spends the code.

mod capabilities;
mod driver;
mod pictures;
mod process;
mod tab;
mod traffic;
mod walk;

pub(super) use driver::Driver;
pub(super) use tab::Tab;
