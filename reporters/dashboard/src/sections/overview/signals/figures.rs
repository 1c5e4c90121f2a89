//! The signals as figures.

use std::time::Duration;

use serde_json::{Value as Json, json};
use telemetry_metrics::history::Range as Past;

use super::{Roles, Times};
use crate::card::{Card, Status, Value};
use crate::moment::Moment;
use crate::sections::charts::Reach;
use crate::sections::overview::wrong::{FEW_ERRORS, JUDGED, MANY_ERRORS};
use crate::sections::past::{Book, Cached, last, rounded, value};
use crate::sections::{links, words};
use crate::view::Range;

/// What a rate is of: long enough not to jump about, short enough to be called now.
const NOW: Duration = Duration::from_secs(60);

/// What goes back further than a quarter of an hour changes little in so much time.
const EVERY: Duration = Duration::from_secs(5);

pub(super) struct Figures {
    range: Range,
    over_range: Cached<OverRange>,
}

/// What is known of the whole range.
#[derive(Debug, Clone, Copy)]
struct OverRange {
    /// How many failed, and of how many.
    failures: Option<(u64, u64)>,
    times: Option<Times>,
}

impl Figures {
    pub(super) fn new(range: Range) -> Self {
        let every = if range.0 > 900 { EVERY } else { Duration::ZERO };
        Self {
            range,
            over_range: Cached::new(every),
        }
    }

    pub(super) fn card(&mut self, moment: &Moment<'_>, book: &Book, roles: &Roles) -> Card {
        let made = |past: Past| OverRange {
            failures: roles.failures(moment, book, past),
            times: roles.times(moment, past),
        };
        let time = self.range.time();
        let is_judged = Reach::of(&moment.sources.history).is_start_within(JUDGED);
        let over_range = match is_judged && time >= JUDGED {
            // The same as the sentence above says, from the same samples: nobody trusts two figures.
            true => made(last(moment, JUDGED)),
            false => *self.over_range.get(moment, || made(Past::last(time))),
        };
        card(moment, book, roles, self.range, over_range)
    }
}

fn card(
    moment: &Moment<'_>,
    book: &Book,
    roles: &Roles,
    range: Range,
    over_range: OverRange,
) -> Card {
    let reach = Reach::of(&moment.sources.history);
    let over = reach.words(range);
    let link =
        |place: Option<&usize>| place.map(|place| links::chart_over(moment.sources, *place, range));
    let mut figures = Vec::new();
    let rate = roles.counted(moment, Past::last(NOW)).rate();
    figures.push(figure(
        "Requests",
        rate.map(rounded).map(Value::per_second),
        None,
        &reach.words(Range(60)),
        link(roles.all.first()),
    ));
    if let Some((failed, of)) = over_range.failures {
        let share = (of > 0).then(|| failed as f64 / of as f64);
        let status = share.and_then(status_of);
        let href = match &moment.sources.traces {
            Some(_) => Some(links::traces("failed", "")),
            None => link(roles.failed.first().map(|failed| &failed.place)),
        };
        figures.push(figure(
            "Errors",
            share.map(rounded).map(Value::ratio),
            status,
            &format!("{} {over}", words::count(failed)),
            href,
        ));
    }
    if let Some(times) = over_range.times {
        for (label, time) in [("p50", times.p50), ("p95", times.p95), ("p99", times.p99)] {
            let href = link(roles.duration.as_ref());
            figures.push(figure(
                label,
                time.map(rounded).map(Value::seconds),
                None,
                &over,
                href,
            ));
        }
    }
    if let Some(place) = &roles.in_flight {
        let definition = moment.sources.definitions.get(*place);
        let now = definition.and_then(|one| together(book.present(one).filter_map(value)));
        let href = link(Some(place));
        figures.push(figure(
            "In flight",
            now.map(Value::number),
            None,
            "now",
            href,
        ));
    }
    Card::figures("now")
        .set("figures", Json::Array(figures))
        .title("Requests")
        .hint(&format!("Of `{}`.", roles.span))
        .wide()
}

/// The values of several series are added up; nothing if there are none.
fn together(values: impl Iterator<Item = f64>) -> Option<f64> {
    values.reduce(|one, other| one + other)
}

/// By the same limits as the sentences at the top.
fn status_of(share: f64) -> Option<Status> {
    match share {
        share if share > MANY_ERRORS => Some(Status::Bad),
        share if share > FEW_ERRORS => Some(Status::Warn),
        _ => None,
    }
}

fn figure(
    label: &str,
    value: Option<Value>,
    status: Option<Status>,
    hint: &str,
    href: Option<String>,
) -> Json {
    let mut figure = json!({ "label": label, "value": Value::from(value).into_json() });
    figure["hint"] = json!(hint);
    if let Some(status) = status {
        figure["status"] = json!(status.as_str());
    }
    if let Some(href) = href {
        figure["href"] = json!(href);
    }
    figure
}
