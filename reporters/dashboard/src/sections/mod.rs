//! The sections of the dashboard's own pages.

mod charts;
mod custom;
mod events;
mod fills;
mod handlers;
mod health;
mod links;
mod objectives;
mod overview;
mod past;
mod runtime;
mod traces;
mod words;

pub(crate) use charts::{Known, Totals, check_chart, group_of, group_or_first};
pub(crate) use custom::Hosted;
pub(crate) use events::Tails;
pub(crate) use overview::Rises;
pub(crate) use traces::Own;

use std::time::Duration;

use crate::live::Live;
use crate::sources::Sources;
use crate::view::Key;

/// What counts as lately where something went wrong.
const RECENTLY: Duration = Duration::from_secs(600);

/// Begins to show a section.
pub(crate) fn open(key: &Key, sources: &Sources) -> Box<dyn Live> {
    match key {
        Key::Wrong => overview::wrong(sources),
        Key::Signals(range) => overview::signals(*range, sources),
        Key::Saturation(range) => overview::saturation(*range, sources),
        Key::Objectives => objectives::objectives(),
        Key::Alarms => objectives::alarms(),
        Key::Extra(range) => custom::extra(*range),
        Key::Page(at, range) => custom::page(*at, *range),
        Key::Index { group, range } => charts::index(group.as_deref(), *range),
        Key::Chart(chart) => charts::chart(chart, sources),
        Key::NoChart { name, .. } => charts::no_chart(name),
        Key::Catalogue => events::catalogue(),
        Key::Tail { pattern } => events::tail(pattern, sources),
        Key::NPlusOne => traces::n_plus_one(),
        Key::TraceList(list) => traces::list(list),
        Key::Trace { id } => traces::trace(id),
        Key::Process => runtime::process(),
        Key::Gauges(range) => runtime::gauges(*range, sources),
        Key::Handlers => handlers::handlers(),
        Key::Reporters => health::reporters(),
        Key::Series => health::series(),
        Key::Skipped => health::skipped(),
        Key::Definitions => health::definitions(),
        Key::Past => health::past(),
        Key::Viewers => health::viewers(),
    }
}
