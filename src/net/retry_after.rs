//! Reads `Retry-After`, which a target may fill with anything.

use std::time::Duration;

use time::OffsetDateTime;
use time::macros::format_description;

/// The longest pause that one answer can cause.
const LONGEST: Duration = Duration::from_mins(2);
/// The pause when the header is missing or makes no sense.
const UNCLEAR: Duration = Duration::from_secs(1);

/// How long to wait: seconds or an HTTP date, clamped to 0..=120 s; one second when it is neither.
#[must_use]
pub fn retry_after(value: Option<&str>, now: OffsetDateTime) -> Duration {
    let Some(value) = value.map(str::trim) else { return UNCLEAR };
    seconds(value).or_else(|| until(value, now)).unwrap_or(UNCLEAR).min(LONGEST)
}

fn seconds(value: &str) -> Option<Duration> {
    let digits = value.strip_prefix('-').unwrap_or(value);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if digits.len() < value.len() {
        return Some(Duration::ZERO);
    }
    // More digits than a number holds are still a number, and a long one.
    Some(digits.parse().map_or(LONGEST, Duration::from_secs))
}

fn until(value: &str, now: OffsetDateTime) -> Option<Duration> {
    let format = format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
    let then = time::PrimitiveDateTime::parse(value, format).ok()?.assume_utc();
    Some(Duration::try_from(then - now).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn h35_every_odd_retry_after_is_clamped() {
        let now = datetime!(2026-01-01 00:00:00 UTC);
        let cases = [
            (Some("0"), 0),
            (Some("7"), 7),
            (Some(" 7 "), 7),
            (Some("-5"), 0),
            (Some("1000000000"), 120),
            (Some("99999999999999999999999999"), 120),
            (Some("1e9"), 1),
            (Some("soon"), 1),
            (Some(""), 1),
            (Some("3.5"), 1),
            (Some("Thu, 01 Jan 2026 00:00:30 GMT"), 30),
            (Some("Wed, 31 Dec 2025 00:00:00 GMT"), 0),
            (Some("Fri, 31 Dec 9999 23:59:59 GMT"), 120),
            (Some("Thu, 99 Jan 2026 00:00:30 GMT"), 1),
            (None, 1),
        ];
        for (value, expected) in cases {
            assert_eq!(retry_after(value, now).as_secs(), expected, "{value:?}");
        }
    }
}
