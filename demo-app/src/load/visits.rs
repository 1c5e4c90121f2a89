//! What a visitor does: one thing after the other, at random.

use super::account::Account;
use super::browser::Browser;
use super::pace::Stopped;
use super::{cancel, clicks, jobs};

/// Begins to walk through the site, and ends when it is time to go.
pub(super) async fn walk(mut browser: Browser) {
    let mut account = Account::new();
    while visit(&mut browser, &mut account).await.is_ok() {}
}

/// What there is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Visit {
    Landing,
    UsersFast,
    UsersSlow,
    Account,
    Activity,
    Jobs,
    Quote,
    Live,
    Fail,
    Missing,
    Leave,
}

/// How often of [`ALL`] times.
const OFTEN: [(Visit, u32); 11] = [
    (Visit::Landing, 16),
    (Visit::UsersFast, 12),
    (Visit::UsersSlow, 12),
    (Visit::Account, 18),
    (Visit::Activity, 4),
    (Visit::Jobs, 5),
    (Visit::Quote, 5),
    (Visit::Live, 12),
    (Visit::Fail, 5),
    (Visit::Missing, 5),
    (Visit::Leave, 6),
];

const ALL: u32 = 100;

impl Visit {
    fn of(number: u32) -> Self {
        let mut left = number;
        for (visit, often) in OFTEN {
            if left < often {
                return visit;
            }
            left -= often;
        }
        Self::Landing
    }
}

async fn visit(browser: &mut Browser, account: &mut Account) -> Result<(), Stopped> {
    match Visit::of(fastrand::u32(..ALL)) {
        Visit::Landing => {
            browser.get("/", "/").await?;
            browser.get("/style.css", "/style.css").await?;
        }
        Visit::UsersFast => drop(browser.get("/users-fast", "/users-fast").await?),
        Visit::UsersSlow => drop(browser.get("/users-slow", "/users-slow").await?),
        Visit::Account => account.visit(browser).await?,
        Visit::Activity => drop(browser.get("/activity", "/activity").await?),
        Visit::Jobs => jobs::order(browser).await?,
        Visit::Quote => drop(browser.get("/quote", "/quote").await?),
        Visit::Live => {
            browser.get("/live", "/live").await?;
            let number = fastrand::usize(1..=4);
            let events: Vec<&str> = (0..number).map(|_| button(fastrand::u32(..10))).collect();
            clicks::click(browser, &events).await?;
        }
        Visit::Fail => drop(browser.get("/fail", "/fail").await?),
        Visit::Missing => {
            let path = format!("/nothing-{}", fastrand::u16(..));
            browser.get(&path, "unmatched").await?;
        }
        Visit::Leave => cancel::leave(browser, "/slow", "/slow").await?,
    }
    browser.pace.think(200..=1_500).await
}

fn button(number: u32) -> &'static str {
    match number {
        0..6 => "quick",
        6..9 => "steady",
        _ => "slow",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_visited_as_often_as_it_says() {
        assert_eq!(OFTEN.iter().map(|(_, often)| often).sum::<u32>(), ALL);
        for (visit, often) in OFTEN {
            let visits = (0..ALL).filter(|number| Visit::of(*number) == visit);
            assert_eq!(visits.count(), often as usize, "{visit:?}");
        }
    }
}
