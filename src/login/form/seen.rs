//! What a cookie says about how it is kept, without its value.

use cookie_store::RawCookie;

use crate::login::arrival::SeenCookie;

/// The most cookies that are noted in one login.
const MOST: usize = 100;

/// Notes the cookies of an answer, each by its last setting. One that is taken back is not kept, so it is left out.
pub(super) fn note<'a>(cookies: &mut Vec<SeenCookie>, values: impl Iterator<Item = &'a str>) {
    for cookie in values.filter_map(|value| RawCookie::parse(value.to_owned()).ok()) {
        cookies.retain(|known| known.name != cookie.name());
        let is_taken_back = cookie.value().is_empty() || cookie.max_age().is_some_and(|age| age.whole_seconds() <= 0);
        if is_taken_back || cookies.len() >= MOST {
            continue;
        }
        cookies.push(SeenCookie {
            name: cookie.name().to_owned(),
            secure: cookie.secure() == Some(true),
            http_only: cookie.http_only() == Some(true),
            same_site: cookie.same_site().is_some(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_known_by_its_last_setting_and_one_that_is_taken_back_is_gone() {
        let mut cookies = Vec::new();
        note(
            &mut cookies,
            ["a=1; secure; HttpOnly; SameSite=lax", "b=2", "c=3; Max-Age=0", "d=; Secure", "no cookie"].into_iter(),
        );
        let seen: Vec<_> = cookies.iter().map(|one| (one.name.as_str(), one.secure, one.http_only, one.same_site)).collect();
        assert_eq!(seen, [("a", true, true, true), ("b", false, false, false)]);
        note(&mut cookies, ["b=; Max-Age=0", "a=4; SameSite=None; Secure"].into_iter());
        let seen: Vec<_> = cookies.iter().map(|one| (one.name.as_str(), one.secure, one.http_only, one.same_site)).collect();
        assert_eq!(seen, [("a", true, false, true)]);
    }

    proptest::proptest! {
        #[test]
        fn any_header_is_read_without_a_panic_and_never_by_its_value(value: String) {
            let mut cookies = Vec::new();
            note(&mut cookies, std::iter::once(value.as_str()));
            let set = format!("name=secret-value; {value}");
            note(&mut cookies, std::iter::once(set.as_str()));
            let shown = format!("{cookies:?}");
            proptest::prop_assert!(!shown.contains("secret-value"));
        }
    }
}
