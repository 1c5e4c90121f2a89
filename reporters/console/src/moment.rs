//! Times of day, as RFC 3339 in UTC: `2026-11-21T09:55:12.123456Z`.

use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

/// The last second that has a year of four digits.
const LAST: u64 = 253_402_300_799;

/// Appends a time with so many digits (0, 3 or 6) of the second. One before 1970 is shown as 1970,
/// one after 9999 as its last second.
pub(crate) fn push(out: &mut String, time: SystemTime, digits: u32) {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = since.as_secs().min(LAST);
    let (year, month, day) = date(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    // Digit by digit, which takes a third of the time of formatting six numbers.
    two(out, year / 100);
    two(out, year % 100);
    for (before, part) in [
        ('-', month),
        ('-', day),
        ('T', hour),
        (':', minute),
        (':', second),
    ] {
        out.push(before);
        two(out, part);
    }
    if digits > 0 {
        let part = since.subsec_nanos() / 10u32.pow(9 - digits.min(9));
        let width = digits as usize;
        let _ = write!(out, ".{part:0width$}");
    }
    out.push('Z');
}

fn two(out: &mut String, number: u64) {
    for digit in [number / 10 % 10, number % 10] {
        out.push(char::from(b'0' + digit as u8));
    }
}

/// The date so many days after 1970-01-01.
fn date(days: u64) -> (u64, u64, u64) {
    // Counted from 0000-03-01, so that the leap day is the last of its year, and of its 4, 100 and
    // 400 years. Of those, the last day belongs to the last part, which is a day longer: `min`.
    let days = days + 719_468;
    let (eras, day) = (days / 146_097, days % 146_097);
    let centuries = (day / 36_524).min(3);
    let day = day - centuries * 36_524;
    let (fours, day) = (day / 1_461, day % 1_461);
    let years = (day / 365).min(3);
    let mut day = day - years * 365;
    let mut year = eras * 400 + centuries * 100 + fours * 4 + years;
    let mut month = 3;
    for length in [31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 29] {
        if day < length {
            break;
        }
        day -= length;
        month += 1;
    }
    if month > 12 {
        month -= 12;
        year += 1;
    }
    (year, month, day + 1)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn text(seconds: u64, nanos: u32, digits: u32) -> String {
        let mut out = String::new();
        push(&mut out, UNIX_EPOCH + Duration::new(seconds, nanos), digits);
        out
    }

    #[test]
    fn known_moments() {
        assert_eq!(text(0, 0, 3), "1970-01-01T00:00:00.000Z");
        assert_eq!(text(59, 999_999_999, 0), "1970-01-01T00:00:59Z");
        assert_eq!(
            text(951_827_696, 789_999_999, 3),
            "2000-02-29T12:34:56.789Z"
        );
        assert_eq!(text(4_107_542_399, 1_000, 6), "2100-02-28T23:59:59.000001Z");
        assert_eq!(text(4_107_542_400, 0, 6), "2100-03-01T00:00:00.000000Z");
        assert_eq!(text(LAST, 0, 3), "9999-12-31T23:59:59.000Z");
    }

    #[test]
    fn what_has_no_such_text_is_shown_as_the_nearest() {
        let mut out = String::new();
        push(&mut out, UNIX_EPOCH - Duration::from_secs(1), 3);
        assert_eq!(out, "1970-01-01T00:00:00.000Z");
        assert!(text(u64::MAX >> 2, 0, 3).starts_with("9999-12-31T23:59:59"));
    }

    #[test]
    fn every_day_of_900_years_follows_the_one_before() {
        let is_leap = |year: u64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let (mut year, mut month, mut day) = (1970, 1, 1);
        for number in 0..330_000 {
            assert_eq!(date(number), (year, month, day), "{number}");
            let length = match month {
                2 if is_leap(year) => 29,
                2 => 28,
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            day += 1;
            if day > length {
                (day, month) = (1, month + 1);
            }
            if month > 12 {
                (month, year) = (1, year + 1);
            }
        }
    }
}
