//! Who looks at the dashboard, and what that costs.

use crate::card::{Card, Status, Value};
use crate::hub::HubStatus;
use crate::moment::Moment;

pub(super) fn card(moment: &Moment<'_>) -> Card {
    let HubStatus {
        viewers,
        viewers_limit,
        sections,
        sections_limit,
        refused,
        ended,
        newest_tick,
        slowest_tick,
        panics,
        messages,
        bytes,
        ..
    } = moment.hub();
    let marked = |count: u64, status| (count > 0).then_some(status);
    Card::figures("viewers")
        .title("This dashboard")
        .figure("Viewers", of(viewers, viewers_limit), None)
        .figure("Sections watched", of(sections, sections_limit), None)
        .figure("Time of a tick", newest_tick, None)
        .figure("Longest", slowest_tick, None)
        .figure("Messages sent", messages, None)
        .figure("Sent", Value::bytes(bytes as f64), None)
        .figure("Refused", refused, marked(refused, Status::Warn))
        .figure("Ended as too slow", ended, marked(ended, Status::Warn))
        .figure("Panics", panics, marked(panics, Status::Bad))
        .hint(
            "Once a second, while anybody looks, each section is brought up to date once for all who watch it: \
             that is a tick.",
        )
        .wide()
}

fn of(number: usize, limit: usize) -> String {
    format!("{number} of {limit}")
}
