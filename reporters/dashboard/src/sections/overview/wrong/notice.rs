//! [`Report`]: what was looked at, and what of it is wrong.

use std::time::Duration;

use crate::card::{Card, Status};
use crate::sections::words::many;

/// More sentences than this are only counted.
const MOST: usize = 30;
/// A sentence stays so long after its reason is gone: what comes and goes would flicker.
const LINGERS: Duration = Duration::from_secs(15);

/// One thing that is wrong, in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Notice {
    /// Which thing it is about, whatever the figures.
    pub(super) key: String,
    pub(super) status: Status,
    pub(super) text: String,
    pub(super) href: Option<String>,
}

impl Notice {
    pub(super) fn new(key: impl Into<String>, status: Status, text: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            status,
            text: text.into(),
            href: None,
        }
    }

    /// Where to read more.
    pub(super) fn link(self, href: impl Into<String>) -> Self {
        Self {
            href: Some(href.into()),
            ..self
        }
    }
}

/// What was looked at, and what of it is wrong.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) checked: u64,
    pub(super) notices: Vec<Notice>,
}

impl Report {
    /// One thing was looked at.
    pub(super) fn check(&mut self, found: Option<Notice>) {
        self.checked += 1;
        self.notices.extend(found);
    }
}

/// The sentences that are shown: those of now, and those that were true a moment ago.
#[derive(Debug, Default)]
pub(super) struct Shown(Vec<(Notice, Duration)>);

impl Shown {
    /// `now` is on a clock that only goes forward.
    pub(super) fn update(&mut self, notices: Vec<Notice>, now: Duration) {
        let before = std::mem::take(&mut self.0);
        self.0 = notices.into_iter().map(|notice| (notice, now)).collect();
        for (notice, seen) in before {
            let is_recent = now.saturating_sub(seen) < LINGERS;
            if is_recent && !self.0.iter().any(|(other, _)| other.key == notice.key) {
                self.0.push((notice, seen));
            }
        }
        // Stable: the rules are in the order of their weight.
        self.0
            .sort_by_key(|(notice, _)| matches!(notice.status, Status::Warn | Status::Good));
    }

    pub(super) fn card(&self, checked: u64) -> Card {
        let things = many(checked, "thing was", "things were");
        let good = format!("Nothing is wrong: {things} checked.");
        let mut card = Card::notices("wrong", &good).wide();
        for (notice, _) in self.0.iter().take(MOST) {
            card = card.notice(notice.status, &notice.text, notice.href.as_deref());
        }
        if let Some(more) = self.0.len().checked_sub(MOST).filter(|more| *more > 0) {
            let things = many(more as u64, "more thing is", "more things are");
            card = card.notice(Status::Warn, &format!("{things} wrong."), None);
        }
        card
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(shown: &Shown) -> Vec<String> {
        let card = shown.card(3).whole();
        let notices = card["notices"].as_array().unwrap();
        let text = |notice: &serde_json::Value| notice["text"].as_str().unwrap().to_owned();
        notices.iter().map(text).collect()
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn what_comes_and_goes_does_not_flicker() {
        let mut shown = Shown::default();
        let notice = |text: &str| Notice::new("rule", Status::Warn, text);
        shown.update(vec![notice("one")], at(100));
        shown.update(Vec::new(), at(101));
        assert_eq!(texts(&shown), ["one"]);
        shown.update(vec![notice("two")], at(102));
        assert_eq!(texts(&shown), ["two"], "not twice");
        shown.update(Vec::new(), at(116));
        assert_eq!(texts(&shown), ["two"]);
        shown.update(Vec::new(), at(117));
        assert_eq!(texts(&shown), [""; 0]);
    }

    #[test]
    fn the_worst_comes_first() {
        let mut shown = Shown::default();
        let notices = vec![
            Notice::new("a", Status::Warn, "warn"),
            Notice::new("b", Status::Bad, "bad"),
        ];
        shown.update(notices, at(0));
        assert_eq!(texts(&shown), ["bad", "warn"]);
    }

    #[test]
    fn there_are_not_more_sentences_than_anybody_reads() {
        let mut shown = Shown::default();
        let notice = |n: usize| Notice::new(n.to_string(), Status::Warn, n.to_string());
        shown.update((0..MOST + 2).map(notice).collect(), at(0));
        let texts = texts(&shown);
        assert_eq!(texts.len(), MOST + 1);
        assert_eq!(texts[MOST], "2 more things are wrong.");
    }

    #[test]
    fn without_any_it_says_how_much_was_looked_at() {
        let card = Shown::default().card(12).whole();
        assert_eq!(card["good"], "Nothing is wrong: 12 things were checked.");
    }
}
