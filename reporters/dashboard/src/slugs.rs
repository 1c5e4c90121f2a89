//! The addresses of the host's pages.

use crate::problem::{DashboardError, SlugFault};
use crate::view::PAGES;
use crate::web::TAKEN;

/// In bytes.
const LONGEST_SLUG: usize = 32;

/// Each page of the host has an address of its own.
pub(crate) fn check_slugs<'p>(slugs: impl Iterator<Item = &'p str>) -> Result<(), DashboardError> {
    let mut taken: Vec<&str> = Vec::new();
    for slug in slugs {
        let fits = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        let is_slug = (1..=LONGEST_SLUG).contains(&slug.len()) && slug.bytes().all(fits);
        let is_own = TAKEN.contains(&slug) || PAGES.iter().any(|(own, _)| *own == slug);
        let fault = if !is_slug || slug.starts_with('-') || slug.ends_with('-') {
            SlugFault::Form
        } else if is_own {
            SlugFault::Reserved
        } else if taken.contains(&slug) {
            SlugFault::Twice
        } else {
            taken.push(slug);
            continue;
        };
        let slug = slug.to_owned();
        return Err(DashboardError::Slug { slug, fault });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_have_addresses_of_their_own() {
        let longest = "x".repeat(LONGEST_SLUG);
        let longer = "x".repeat(LONGEST_SLUG + 1);
        assert!(check_slugs(["stock", "stock-2", "0", &longest].into_iter()).is_ok());
        let fault = |slugs: &[&str]| match check_slugs(slugs.iter().copied()) {
            Err(DashboardError::Slug { slug, fault }) => {
                assert_eq!(Some(&&*slug), slugs.last());
                fault
            }
            other => panic!("{slugs:?}: {other:?}"),
        };
        for slug in [
            "",
            "Stock",
            "stock/2",
            "a b",
            "..",
            "st\u{f6}ck",
            "a_b",
            "{x}",
            "-",
            "-stock",
            "stock-",
            &longer,
        ] {
            assert_eq!(fault(&[slug]), SlugFault::Form, "{slug}");
        }
        for slug in [
            "overview", "health", "api", "stream", "assets", "login", "logout",
        ] {
            assert_eq!(fault(&[slug]), SlugFault::Reserved, "{slug}");
        }
        assert_eq!(fault(&["stock", "stock"]), SlugFault::Twice);
    }

    #[test]
    fn an_address_that_is_refused_is_told_with_what_is_wrong_with_it() {
        let says = |slugs: &[&str]| {
            let refused = check_slugs(slugs.iter().copied());
            refused.unwrap_err().to_string()
        };
        assert_eq!(
            says(&["orders", "orders"]),
            "two pages have the address `orders`"
        );
        let own = says(&["api"]);
        assert!(
            own.ends_with("`api`, which is an address of the dashboard itself"),
            "{own}"
        );
        let form = says(&["Or ders"]);
        assert!(
            form.contains("`Or ders`: lower-case letters, digits"),
            "{form}"
        );
        let long = says(&[&"x".repeat(10_000)]);
        assert!(
            long.len() < 200 && long.contains(&format!("`{}…`", "x".repeat(40))),
            "{long}"
        );
    }
}
