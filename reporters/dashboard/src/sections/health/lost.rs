//! What was lost since the start, in a sentence each: whoever asks need not add up tables.

use telemetry_traces::Traces;

use super::super::past::Book;
use super::super::words::{count, many, short};
use super::SKIPPED;
use crate::card::{Card, Status};
use crate::moment::Moment;

const OVERFLOWED: &str = "telemetry.metric.overflowed";
/// More reporters than this are not named.
const MOST: usize = 20;

pub(super) struct Lost {
    book: Book,
}

impl Lost {
    pub(super) fn new() -> Self {
        Self {
            book: Book::of([SKIPPED, OVERFLOWED]),
        }
    }

    pub(super) fn card(&mut self, moment: &Moment<'_>) -> Card {
        self.book.update(moment);
        let sources = moment.sources;
        let mut card = Card::notices(
            "lost",
            "Nothing was dropped, skipped or overflowed since the start.",
        )
        .wide();
        let dropping = moment.health().iter().filter(|report| report.dropped > 0);
        for report in dropping.take(MOST) {
            let (reporter, dropped) = (short(&report.reporter), count(report.dropped));
            let text = format!("`{reporter}` dropped {dropped} since the start.");
            card = card.notice(Status::Bad, &text, None);
        }
        let all = |name: &str| -> u64 {
            let counts = self.book.named(name).iter().map(|one| one.latest.count);
            counts.fold(0, u64::saturating_add)
        };
        let overflowed = all(OVERFLOWED);
        if overflowed > 0 {
            let events = many(overflowed, "event", "events");
            let text = format!("{events} overflowed: a metric had no room for another series.");
            card = card.notice(Status::Bad, &text, None);
        }
        let left_out = sources.history.status().left_out as u64;
        if left_out > 0 {
            let series = many(left_out, "series has", "series have");
            let text = format!("{series} no room in the history.");
            card = card.notice(Status::Bad, &text, None);
        }
        let skipped = all(SKIPPED);
        if skipped > 0 {
            let times = many(skipped, "time", "times");
            let text = format!("Metrics skipped an event {times}.");
            card = card.notice(Status::Warn, &text, None);
        }
        let spans = sources.traces.as_deref().map(Traces::stats);
        let spans = spans.map_or(0, |stats| stats.spans_dropped);
        if spans > 0 {
            let spans = many(spans, "span", "spans");
            let text = format!("The store of traces dropped {spans}.");
            card = card.notice(Status::Warn, &text, None);
        }
        card
    }
}
