//! `--chaos`: what is broken on purpose, how much, and when.
//!
//! Which requests fail is not left to chance. With `errors=5%` it is five of any hundred, give or take
//! two, and always the same ones: so an alert fires after the same number of requests each time, and a
//! test can say after how many. Nor is it every twentieth, which would always be the same page for
//! whoever asks for pages in turns: the numbers of those that fail are spread by the golden ratio.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::spread;

/// The longest delay of a request, as that of the landing page.
const LONGEST_DELAY: Duration = Duration::from_secs(60);

/// The longest time until it begins, and until it ends.
const LONGEST_TIME: Duration = Duration::from_secs(24 * 3_600);

/// What `1%` is of: so errors may be given to a hundredth of a percent.
const ALL: u16 = 10_000;

const HELP: &str = "write one or more of latency=300ms, errors=5%, after=10s and for=60s, with commas \
                    between them";

/// What is broken on purpose: `latency=300ms,errors=5%,after=10s,for=60s`.
///
/// ```
/// use demo_app::Chaos;
///
/// let chaos: Chaos = "latency=300ms,errors=5%,for=1m".parse().unwrap();
/// assert_eq!(chaos.to_string(), "latency=300ms,errors=5%,for=1m");
/// assert!("errors=lots".parse::<Chaos>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Chaos {
    latency: Duration,
    /// So many of ten thousand.
    errors: u16,
    after: Duration,
    lasts: Option<Duration>,
}

impl Chaos {
    /// Whether nothing is broken, ever.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// How much longer each request takes.
    #[must_use]
    pub fn latency(&self) -> Duration {
        self.latency
    }

    /// Whether it reigns so long after the start.
    #[must_use]
    pub fn reigns(&self, since_start: Duration) -> bool {
        match since_start.checked_sub(self.after) {
            Some(since) => self.lasts.is_none_or(|lasts| since < lasts),
            None => false,
        }
    }

    /// Whether the request of this number fails.
    #[must_use]
    pub fn fails(&self, number: u64) -> bool {
        spread::picks(number, self.errors, ALL)
    }
}

impl FromStr for Chaos {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut chaos = Self::default();
        let mut seen = Vec::new();
        if text.trim().is_empty() {
            return Ok(chaos);
        }
        for part in text.split(',') {
            let (key, value) = part
                .split_once('=')
                .ok_or_else(|| format!("`{}` has no value; {HELP}", part.trim()))?;
            let (key, value) = (key.trim(), value.trim());
            // Two parts with something else between them: that is not a matter of the first one's value.
            if value.contains('=') {
                return Err(format!("there is no comma in `{key}={value}`; {HELP}"));
            }
            if seen.contains(&key) {
                return Err(format!("`{key}` stands there twice; {HELP}"));
            }
            seen.push(key);
            match key {
                "latency" => chaos.latency = time(key, value, LONGEST_DELAY)?,
                "errors" => chaos.errors = share(value)?,
                "after" => chaos.after = time(key, value, LONGEST_TIME)?,
                "for" => chaos.lasts = Some(time(key, value, LONGEST_TIME)?),
                _ => return Err(format!("there is no `{key}`; {HELP}")),
            }
        }
        match chaos.latency.is_zero() && chaos.errors == 0 {
            true => Err(format!("nothing would be broken; {HELP}")),
            false => Ok(chaos),
        }
    }
}

/// `300ms`, `10s`, `5m`, `1h`.
fn time(key: &str, text: &str, longest: Duration) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "ms" => Some(Duration::from_millis(1)),
        "s" => Some(Duration::from_secs(1)),
        "m" => Some(Duration::from_secs(60)),
        "h" => Some(Duration::from_secs(3_600)),
        _ => None,
    };
    let number = digits.parse().ok().filter(|number: &u32| *number > 0);
    unit.zip(number)
        .and_then(|(unit, number)| unit.checked_mul(number))
        .filter(|time| *time <= longest)
        .ok_or_else(|| {
            let longest = Written(longest);
            format!(
                "`{key}={text}` is no time: write a whole number and ms, s, m or h, up to {longest}"
            )
        })
}

/// `5%`, `0.25%`: so many of [`ALL`].
fn share(text: &str) -> Result<u16, String> {
    let share = || {
        let number = text.strip_suffix('%')?.trim_end();
        let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !is_number(whole) || !is_number(part) || part.len() > 2 {
            return None;
        }
        let hundredths: u16 = format!("{part:0<2}").parse().ok()?;
        let share = whole.parse::<u16>().ok()?.checked_mul(100)?;
        share.checked_add(hundredths).filter(|share| *share <= ALL)
    };
    share().ok_or_else(|| {
        format!("`errors={text}` is no share: write a number from 0 to 100, with at most two decimals, and %")
    })
}

impl fmt::Display for Chaos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if !self.latency.is_zero() {
            parts.push(format!("latency={}", Written(self.latency)));
        }
        match (self.errors / 100, self.errors % 100) {
            (0, 0) => {}
            (whole, 0) => parts.push(format!("errors={whole}%")),
            (whole, part) => parts.push(format!("errors={whole}.{part:02}%")),
        }
        if !self.after.is_zero() {
            parts.push(format!("after={}", Written(self.after)));
        }
        if let Some(lasts) = self.lasts {
            parts.push(format!("for={}", Written(lasts)));
        }
        f.write_str(&parts.join(","))
    }
}

/// A time as it may be given.
struct Written(Duration);

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = self.0.as_millis();
        let units = [(3_600_000, "h"), (60_000, "m"), (1_000, "s"), (1, "ms")];
        let fits = |(length, _): &(u128, &str)| milliseconds.is_multiple_of(*length);
        match units.into_iter().find(fits) {
            Some((length, unit)) => write!(f, "{}{unit}", milliseconds / length),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chaos(text: &str) -> Chaos {
        text.parse().unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn it_is_read_and_written() {
        for text in [
            "latency=300ms",
            "errors=5%",
            "errors=0.25%,after=10s",
            "latency=1m,errors=100%,after=2h,for=90s",
        ] {
            assert_eq!(chaos(text).to_string(), text);
        }
        assert_eq!(
            chaos(" errors = 5.5% , for = 1000ms ").to_string(),
            "errors=5.50%,for=1s"
        );
        assert!(chaos("").is_none() && !chaos("errors=1%").is_none());
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, said) in [
            ("latency", "`latency` has no value"),
            ("errors=5%,", "`` has no value"),
            ("errors=5%,errors=6%", "`errors` stands there twice"),
            (
                "latency=300ms errors=5%",
                "there is no comma in `latency=300ms errors=5%`",
            ),
            ("errors=5%;for=9s", "there is no comma"),
            ("latency=300ms,errors=5% for=9s", "in `errors=5% for=9s`"),
            ("delay=5s", "there is no `delay`"),
            ("latency=300", "`latency=300` is no time"),
            ("latency=0ms", "is no time"),
            ("latency=-5s", "is no time"),
            ("latency=1.5s", "is no time"),
            ("latency=61s", "up to 1m"),
            ("after=99999999999s", "up to 24h"),
            ("latency=5ü", "is no time"),
            ("errors=5", "`errors=5` is no share"),
            ("errors=101%", "from 0 to 100"),
            ("errors=100.01%", "from 0 to 100"),
            ("errors=0.125%", "two decimals"),
            ("errors=.5%", "is no share"),
            ("errors=+5%", "is no share"),
            ("errors=99999%", "is no share"),
            ("after=5s", "nothing would be broken"),
            ("errors=0%,for=5s", "nothing would be broken"),
        ] {
            let error = text.parse::<Chaos>().expect_err(text);
            assert!(error.contains(said), "{text}: {error}");
        }
    }

    #[test]
    fn it_reigns_from_its_beginning_to_its_end() {
        let at = |chaos: Chaos, seconds| chaos.reigns(Duration::from_secs(seconds));
        let bounded = chaos("errors=1%,after=10s,for=5s");
        let reigned: Vec<u64> = (0..30).filter(|second| at(bounded, *second)).collect();
        assert_eq!(reigned, [10, 11, 12, 13, 14]);
        let unbounded = chaos("errors=1%");
        assert!(at(unbounded, 0) && at(unbounded, 1_000_000));
    }

    #[test]
    fn so_many_fail_as_it_says_among_however_many() {
        for (text, of_a_thousand) in [("errors=5%", 50), ("errors=30%", 300), ("errors=0.5%", 5)] {
            let chaos = chaos(text);
            // Whichever is the first of them.
            for first in [0, 1, 17, 100_000, u64::MAX - 999] {
                let fail = (first..=first + 999).filter(|n| chaos.fails(*n)).count() as i64;
                assert!((fail - of_a_thousand).abs() <= 3, "{text}, {first}: {fail}");
            }
        }
        let (never, always) = (chaos("latency=1ms"), chaos("errors=100%"));
        assert!((0..1000).all(|n| !never.fails(n) && always.fails(n)));
    }

    #[test]
    fn no_page_is_spared_by_whoever_asks_in_turns() {
        let chaos = chaos("errors=5%");
        for pages in [2, 4, 5, 10, 20] {
            for page in 0..pages {
                let asked = (0..1000).map(|turn| turn * pages + page);
                let fail = asked.filter(|n| chaos.fails(*n)).count();
                assert!((40..=60).contains(&fail), "page {page} of {pages}: {fail}");
            }
        }
    }
}
