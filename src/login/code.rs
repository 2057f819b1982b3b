//! One-time codes by time (RFC 6238): a window of 30 seconds is used once, so the next login waits for the next window.

use std::time::Duration;

use totp_rs::{Builder, Secret as Seed};

use super::sitting::Sitting;
use crate::net::Clock;
use crate::target::{CodeSource, MemberKey};
use crate::vocabulary::Secret;

/// The length of a window, in seconds.
pub(super) const WINDOW: u64 = 30;

/// A code that is about to lapse would be late at the server.
const LAST_SECONDS: u64 = 2;

/// The codes of one member.
#[derive(Debug, Default)]
pub(super) struct OneTimeCodes {
    used: Option<u64>,
    /// The last code that came from elsewhere.
    last: Option<Secret>,
}

impl OneTimeCodes {
    /// A code from a window that was not used yet; waits for it on the clock and says so.
    pub(super) async fn next(
        &mut self,
        seed: &Secret,
        member: MemberKey,
        clock: &dyn Clock,
        sitting: &dyn Sitting,
    ) -> Result<Secret, String> {
        let seed: String = seed.expose().chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '=')).collect();
        let seed = Seed::try_from_base32(seed.to_ascii_uppercase());
        let seed = seed.map_err(|_| "the secret of the one-time codes is not base32".to_owned())?;
        // Without the check of the length: some servers give 80 bits, which the RFC advises against.
        let codes = Builder::new().with_secret(seed).build_noncompliant();
        if let Some(wait) = self.wait(seconds(clock)) {
            sitting.tell(&format!("waiting {} s for the next one-time code of member {}", wait.as_secs(), member.word()));
            clock.sleep(wait).await;
        }
        let now = seconds(clock);
        self.used = Some(now / WINDOW);
        Ok(Secret::new("one_time_code", codes.generate(now).to_string()))
    }

    /// A code from a program or a person. One that came before was used, so the next is asked for in the next window.
    pub(super) async fn asked(
        &mut self,
        member: MemberKey,
        source: Option<&CodeSource>,
        clock: &dyn Clock,
        sitting: &dyn Sitting,
    ) -> Option<Secret> {
        for is_last in [false, true] {
            let code = sitting.code(member, source).await?;
            let is_new = self.last.as_ref().is_none_or(|last| last.expose() != code.expose());
            if is_new || is_last {
                self.last = Some(code.clone());
                return is_new.then_some(code);
            }
            let wait = WINDOW - seconds(clock) % WINDOW;
            sitting.tell(&format!(
                "waiting {wait} s: the one-time code of member {} is the one that was used before",
                member.word()
            ));
            clock.sleep(Duration::from_secs(wait)).await;
        }
        None
    }

    /// How long until a window that may be used.
    fn wait(&self, now: u64) -> Option<Duration> {
        let lapsing = now % WINDOW >= WINDOW - LAST_SECONDS;
        let first = self.used.map_or(0, |used| used + 1).max(now / WINDOW + u64::from(lapsing));
        let wait = (first * WINDOW).saturating_sub(now);
        (wait > 0).then(|| Duration::from_secs(wait))
    }
}

fn seconds(clock: &dyn Clock) -> u64 {
    u64::try_from(clock.now().unix_timestamp()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use futures_util::future::BoxFuture;
    use time::OffsetDateTime;
    use url::Url;

    use super::*;

    /// A clock that stands until it is slept on.
    struct Standing(Mutex<i64>);

    impl Clock for Standing {
        fn now(&self) -> OffsetDateTime {
            OffsetDateTime::from_unix_timestamp(*self.0.lock().unwrap()).unwrap()
        }

        fn elapsed(&self) -> Duration {
            Duration::ZERO
        }

        fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
            *self.0.lock().unwrap() += i64::try_from(duration.as_secs()).unwrap();
            Box::pin(std::future::ready(()))
        }
    }

    #[derive(Default)]
    struct Listening(Mutex<Vec<String>>);

    impl Sitting for Listening {
        fn tell(&self, line: &str) {
            self.0.lock().unwrap().push(line.to_owned());
        }

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

    /// The seed of RFC 6238, appendix B: the bytes of `12345678901234567890`.
    fn seed() -> Secret {
        Secret::new("totp", "gezd gnbv-gy3tqojqgezdgnbvgy3tqojq")
    }

    #[tokio::test]
    async fn t63_a_window_is_used_once_and_the_wait_for_the_next_is_announced() {
        let (clock, sitting) = (Standing(Mutex::new(59)), Listening::default());
        let mut codes = OneTimeCodes::default();
        *clock.0.lock().unwrap() = 40;
        // RFC 6238 gives 94287082 for the window of second 59; these are its last six digits.
        let first = codes.next(&seed(), MemberKey::First, &clock, &sitting).await.unwrap();
        assert_eq!(first.expose(), "287082");
        assert!(sitting.0.lock().unwrap().is_empty());
        let second = codes.next(&seed(), MemberKey::First, &clock, &sitting).await.unwrap();
        assert_ne!(second.expose(), first.expose());
        assert_eq!(*clock.0.lock().unwrap(), 60);
        assert_eq!(*sitting.0.lock().unwrap(), ["waiting 20 s for the next one-time code of member first"]);
    }

    /// A program whose codes change with the window.
    struct Program<'a>(&'a Standing, Listening);

    impl Sitting for Program<'_> {
        fn tell(&self, line: &str) {
            self.1.tell(line);
        }

        fn open(&self, _: &Url) -> bool {
            false
        }

        fn pasted(&self, _: &str) -> BoxFuture<'_, Option<Secret>> {
            Box::pin(std::future::ready(None))
        }

        fn code<'a>(&'a self, _: MemberKey, _: Option<&'a CodeSource>) -> BoxFuture<'a, Option<Secret>> {
            Box::pin(std::future::ready(Some(Secret::new("code", (seconds(self.0) / WINDOW).to_string()))))
        }
    }

    #[tokio::test]
    async fn a_code_of_a_program_is_not_used_twice_and_one_that_never_changes_is_given_up() {
        let clock = Standing(Mutex::new(40));
        let program = Program(&clock, Listening::default());
        let source = CodeSource::Command(vec!["x".into()]);
        let mut codes = OneTimeCodes::default();
        let mut next =
            async || codes.asked(MemberKey::First, Some(&source), &clock, &program).await.map(|code| code.expose().to_owned());
        assert_eq!((next().await.as_deref(), next().await.as_deref()), (Some("1"), Some("2")));
        assert_eq!(*clock.0.lock().unwrap(), 60);
        let same = Standing(Mutex::new(0));
        let program = Program(&same, Listening::default());
        let elsewhere = Standing(Mutex::new(0));
        let mut codes = OneTimeCodes::default();
        assert!(codes.asked(MemberKey::First, None, &elsewhere, &program).await.is_some());
        assert!(codes.asked(MemberKey::First, None, &elsewhere, &program).await.is_none());
    }

    #[tokio::test]
    async fn a_code_that_is_about_to_lapse_is_not_used() {
        let (clock, sitting) = (Standing(Mutex::new(89)), Listening::default());
        OneTimeCodes::default().next(&seed(), MemberKey::First, &clock, &sitting).await.unwrap();
        assert_eq!(*clock.0.lock().unwrap(), 90);
    }

    #[tokio::test]
    async fn a_seed_that_is_not_base32_is_named_without_being_shown() {
        let seed = Secret::new("totp", "1!1!1!");
        let error = OneTimeCodes::default().next(&seed, MemberKey::First, &Standing(Mutex::new(0)), &Listening::default()).await;
        assert!(!error.unwrap_err().contains("1!"));
    }
}
