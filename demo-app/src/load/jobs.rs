//! What a visitor leaves to the job queue, and comes back to look at.

use super::browser::Browser;
use super::forms;
use super::pace::Stopped;

/// Fills in the form of the page, for a few jobs that do not panic: those would be told on standard
/// error.
pub(super) async fn order(browser: &mut Browser) -> Result<(), Stopped> {
    let page = browser.get("/jobs", "/jobs").await?;
    let jobs = fastrand::u8(1..=3).to_string();
    let fields = [("kind", kind(fastrand::u32(..10))), ("jobs", &*jobs)];
    let Some(form) = forms::fill(&page.html, "/jobs", &fields) else {
        return Ok(());
    };
    browser.pace.think(300..=1_000).await?;
    let answer = browser.post("/jobs", "/jobs", form).await?;
    if answer.status == 303 {
        browser.get("/jobs", "/jobs").await?;
        browser.pace.think(300..=1_000).await?;
        browser.get("/jobs/state", "/jobs/state").await?;
    }
    Ok(())
}

fn kind(number: u32) -> &'static str {
    match number {
        0..6 => "resize_image",
        6..9 => "flaky",
        _ => "send_report",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::Kind;

    #[test]
    fn there_are_such_jobs_and_none_of_them_panics() {
        for number in 0..10 {
            let kind = Kind::parse(kind(number));
            assert!(kind.is_some_and(|kind| kind != Kind::Crash), "{number}");
        }
    }
}
