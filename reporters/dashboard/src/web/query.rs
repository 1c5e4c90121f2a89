//! Queries, as pairs.

use axum::http::StatusCode;

use super::answer::Problem;

/// Longer ones are not read: sixty charts take half of it.
pub(super) const LONGEST: usize = 4_096;

/// What a query says, in its order. What is not UTF-8 gets replacement characters, which no name has.
pub(super) fn read(query: Option<&str>) -> Result<Vec<(String, String)>, Problem> {
    let query = query.unwrap_or_default();
    if query.len() > LONGEST {
        return Err(Problem::new(
            StatusCode::URI_TOO_LONG,
            "the query is longer than 4,096 bytes: show fewer charts at once",
        ));
    }
    let pairs = form_urlencoded::parse(query.as_bytes());
    let pairs = pairs.map(|(key, value)| (key.into_owned(), value.into_owned()));
    Ok(pairs.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_in_its_order() {
        let pairs = read(Some("show=1;stat%3Dp95&show=2&find=a+b%C3%BC%ff&x")).unwrap();
        let pairs: Vec<_> = pairs.iter().map(|(k, v)| (&**k, &**v)).collect();
        assert_eq!(
            pairs,
            [
                ("show", "1;stat=p95"),
                ("show", "2"),
                ("find", "a bü\u{fffd}"),
                ("x", "")
            ]
        );
        assert!(read(None).unwrap().is_empty());
    }

    #[test]
    fn a_query_that_is_too_long_is_not_read() {
        assert!(read(Some(&"x".repeat(LONGEST))).is_ok());
        let refused = read(Some(&"x".repeat(LONGEST + 1))).unwrap_err();
        assert_eq!(refused.status, StatusCode::URI_TOO_LONG);
    }
}
