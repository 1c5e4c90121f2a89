//! One trace, as a waterfall.

use serde_json::{Value as Json, json};
use telemetry::{SpanContext, TraceId};
use telemetry_traces::{Finding, Query, Trace};

use super::spans::rows;
use super::{findings, n_plus_one, no_store, what};
use crate::card::{self, Card, Status, Table, milliseconds};
use crate::live::{Advance, Live};
use crate::moment::Moment;
use crate::sections::events::shown::print;
use crate::visible::Visible;

/// A trace that has ended may still get spans, of tasks that outlive it; it is looked at now and then.
const NOW_AND_THEN: u32 = 5;

/// Traces that follow from one are listed up to so many.
const FOLLOWING: usize = 20;

pub(super) struct Waterfall {
    asked: String,
    id: Option<TraceId>,
    cards: Vec<Card>,
    seen: Option<Seen>,
    ticks: u32,
}

/// What changes when the trace does.
#[derive(PartialEq, Clone, Copy)]
struct Seen {
    spans: usize,
    failures: u64,
    is_in_progress: bool,
    findings: usize,
    following: usize,
    is_here: bool,
}

impl Waterfall {
    pub(super) fn new(id: &str) -> Self {
        let id = id.trim();
        Self {
            asked: print(&id, 64),
            id: read(id),
            cards: Vec::new(),
            seen: None,
            ticks: 0,
        }
    }

    /// The cards as they should be, unless they are.
    fn look(&mut self, moment: &Moment<'_>) -> Option<Vec<Card>> {
        let sources = moment.sources;
        let is_first = self.cards.is_empty();
        let Some(traces) = &sources.traces else {
            return is_first.then(|| vec![no_store()]);
        };
        let Some(id) = self.id else {
            return is_first.then(|| vec![self.not_an_id()]);
        };
        self.ticks += 1;
        let is_settled = self.seen.is_some_and(|seen| !seen.is_in_progress);
        if is_settled && self.ticks % NOW_AND_THEN != 0 {
            return None;
        }
        let Some(trace) = traces.get(id) else {
            return self.gone(is_first);
        };
        let found = findings(sources).remove(&id).unwrap_or_default();
        let following = traces.list(&Query::new().linked_to(id).limit(FOLLOWING));
        let seen = Seen {
            spans: trace.spans().len(),
            failures: trace.summary().failures(),
            is_in_progress: trace.summary().is_in_progress(),
            findings: found.len(),
            following: following.len(),
            is_here: true,
        };
        if self.seen.replace(seen) == Some(seen) {
            return None;
        }
        let visible = &sources.visible;
        let mut cards = vec![card(&trace, &found, moment)];
        if !found.is_empty() {
            cards.insert(0, notices(&found, visible));
        }
        if !following.is_empty() {
            let mut table = Table::new(["What", "Began"]).numbers(["Duration"]);
            for trace in &following {
                let cells = [
                    what(trace.root(), visible).into(),
                    trace.started_at().into(),
                    trace.duration().into(),
                ];
                let href = format!("traces?id={}", trace.id());
                table.row_with(trace.id().to_string(), cells, None, Some(&href));
            }
            cards.push(Card::table("following", table).title("Traces that follow from it"));
        }
        Some(cards)
    }

    fn not_an_id(&self) -> Card {
        let text = format!(
            "`{}` is not the id of a trace: that is 32 hexadecimal digits.\n\n\
             To find traces by their route, search for a part of it.",
            self.asked.replace('`', "'")
        );
        Card::text("trace", &text)
    }

    /// Whoever looks at it may go on to do so.
    fn gone(&mut self, is_first: bool) -> Option<Vec<Card>> {
        let Some(seen) = self.seen else {
            return is_first.then(|| {
                vec![Card::text(
                    "trace",
                    "No span of this trace is here. It may not have come yet, or never was kept, or had \
                     to make room for others: those that are slow or failed stay longer.",
                )]
            });
        };
        self.seen = Some(Seen {
            is_here: false,
            is_in_progress: false,
            ..seen
        });
        seen.is_here.then(|| {
            let mut cards = self.cards.clone();
            cards.insert(
                0,
                Card::text("gone", "The store keeps this trace no longer."),
            );
            cards
        })
    }
}

impl Live for Waterfall {
    fn advance(&mut self, moment: &Moment<'_>) -> Advance {
        let is_first = self.cards.is_empty();
        let Some(mut cards) = self.look(moment) else {
            return Advance::Same;
        };
        card::tidy(&mut cards);
        let before = std::mem::replace(&mut self.cards, cards);
        if is_first {
            return Advance::Whole;
        }
        card::delta(&before, &self.cards).map_or(Advance::Same, Advance::Delta)
    }

    fn whole(&self) -> Json {
        let cards: Vec<_> = self.cards.iter().map(Card::whole).collect();
        json!({ "cards": cards })
    }
}

/// As it stands in a log or a header, whoever wrote that.
fn read(id: &str) -> Option<TraceId> {
    let id = id.to_ascii_lowercase();
    if let Ok(context) = SpanContext::from_traceparent(&id) {
        return Some(context.trace_id());
    }
    let groups: Vec<&str> = id.split('-').collect();
    let is_uuid = groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12]);
    match is_uuid {
        true => groups.concat().parse().ok(),
        false => id.parse().ok(),
    }
}

fn card(trace: &Trace, found: &[Finding], moment: &Moment<'_>) -> Card {
    let summary = trace.summary();
    let visible = &moment.sources.visible;
    let card = Card::new("trace", "trace")
        .title(&what(summary.root(), visible))
        .wide()
        .set("trace", json!(trace.id().to_string()))
        .set("started", json!(milliseconds(trace.started_at())))
        .set("duration", json!(trace.duration().as_secs_f64()))
        .set("outcome", json!(summary.root().outcome().as_str()))
        .set("rows", json!(rows(trace, found, visible)));
    match summary.is_in_progress() {
        true => card.set("in_progress", json!(true)),
        false => card,
    }
}

fn notices(found: &[Finding], visible: &Visible) -> Card {
    found
        .iter()
        .fold(Card::notices("n-plus-one", ""), |card, finding| {
            let text = n_plus_one::sentence(finding, visible);
            card.notice(Status::Warn, &text, None)
        })
}
