//! What a visitor does: one thing after the other, at random.

use super::browser::Browser;
use super::pace::Stopped;
use super::{cancel, clicks};

/// Begins to walk through the site, and ends when it is time to go.
pub(super) async fn walk(mut browser: Browser) {
    while visit(&mut browser).await.is_ok() {}
}

/// What there is to do, and how often of [`ALL`] times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Visit {
    Landing,
    UsersFast,
    UsersSlow,
    Live,
    Fail,
    Missing,
    Leave,
}

const ALL: u32 = 100;

impl Visit {
    fn of(number: u32) -> Self {
        match number {
            0..25 => Self::Landing,
            25..45 => Self::UsersFast,
            45..65 => Self::UsersSlow,
            65..80 => Self::Live,
            80..87 => Self::Fail,
            87..94 => Self::Missing,
            _ => Self::Leave,
        }
    }
}

async fn visit(browser: &mut Browser) -> Result<(), Stopped> {
    match Visit::of(fastrand::u32(..ALL)) {
        Visit::Landing => {
            browser.get("/", "/").await?;
            browser.get("/style.css", "/style.css").await?;
        }
        Visit::UsersFast => drop(browser.get("/users-fast", "/users-fast").await?),
        Visit::UsersSlow => drop(browser.get("/users-slow", "/users-slow").await?),
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
    fn everything_is_visited() {
        let visits: Vec<Visit> = (0..ALL).map(Visit::of).collect();
        for visit in [
            Visit::Landing,
            Visit::UsersFast,
            Visit::UsersSlow,
            Visit::Live,
            Visit::Fail,
            Visit::Missing,
            Visit::Leave,
        ] {
            assert!(visits.contains(&visit), "{visit:?}");
        }
    }
}
