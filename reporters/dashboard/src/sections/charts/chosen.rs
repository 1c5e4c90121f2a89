//! [`Chosen`]: which series a chart shows.

use std::cmp::Ordering;
use std::time::Duration;

use telemetry_metrics::Amount;
use telemetry_metrics::Kind;
use telemetry_metrics::history::{History, PastSeries, SeriesId};

use super::label::{Find, is_shared};
use super::latest::counted;
use super::source::is_same;
use super::spec::Of;

/// So many lines.
pub(super) const MOST: usize = 8;

/// How long a choice holds: a chart must not reshuffle all the time.
const HOLDS: Duration = Duration::from_secs(30);

/// How long it holds while there is room for more lines.
const HOLDS_WITH_ROOM: Duration = Duration::from_secs(2);

/// How long it holds where series are looked for: with another one, all that were found are asked again.
const HOLDS_FOUND: Duration = Duration::from_secs(10);

/// A series takes the place of one that is shown only if it is busier by half.
const BUSIER: f64 = 1.5;

/// The busiest series of a definition, those with a text in their label.
#[derive(Debug)]
pub(super) struct Chosen {
    find: Find,
    /// The busiest first.
    pub(super) shown: Vec<PastSeries>,
    /// All that were found.
    pub(super) found: Vec<SeriesId>,
    /// The places of the tags that all of them have in common.
    pub(super) shared: Vec<usize>,
    /// How many there are of the definition, whatever was looked for.
    pub(super) all: usize,
    decided: Option<(u64, usize)>,
}

impl Chosen {
    pub(super) fn new(find: &str) -> Self {
        Self {
            find: Find::of(find),
            shown: Vec::new(),
            found: Vec::new(),
            shared: Vec::new(),
            all: 0,
            decided: None,
        }
    }

    pub(super) fn is_of_all(&self) -> bool {
        self.find == Find::All
    }

    /// Decides again if it is time; tells whether it did. `turn` spreads the work of many charts
    /// that were opened at once. What is not there any more since `begin` is forgotten.
    pub(super) fn decide(
        &mut self,
        history: &History,
        of: &Of,
        tick: u64,
        begin: u64,
        turn: usize,
    ) -> bool {
        let status = history.status().series;
        if let Some((decided, count)) = self.decided {
            let interval = history.interval().as_nanos().max(1);
            let since = u128::from(tick.saturating_sub(decided)).saturating_mul(interval);
            let later = Duration::from_millis(100 * (turn as u64 % 100));
            let soon = match self.is_of_all() {
                true => HOLDS_WITH_ROOM,
                false => HOLDS_FOUND,
            };
            let has_room = self.shown.len() < MOST || !self.is_of_all();
            let is_news = has_room && count != status && since >= soon.as_nanos();
            if !is_news && since < (HOLDS + later).as_nanos() {
                return false;
            }
        }
        self.decided = Some((tick, status));
        let name = of.definition.name();
        let mut series = history.series_of(name);
        series.retain(|one| is_same(&one.definition, &of.definition));
        self.all = series.len();
        series.retain(|one| {
            let is_past = one.gone.is_some_and(|gone| gone.number() <= begin);
            !is_past && self.find.is_in(one)
        });
        self.found = series.iter().map(|one| one.id).collect();
        self.found.sort_unstable();
        let tags = 0..of.definition.tags().len();
        self.shared = tags.filter(|tag| is_shared(&series, *tag)).collect();
        let is_shown = |one: &PastSeries| self.shown.iter().any(|shown| shown.id == one.id);
        series.sort_by(|one, other| {
            let score = |series| busyness(series, if is_shown(series) { BUSIER } else { 1.0 });
            busier(score(one), score(other)).then(one.id.cmp(&other.id))
        });
        series.truncate(MOST);
        series.sort_by(|one, other| {
            busier(busyness(one, 1.0), busyness(other, 1.0)).then(one.id.cmp(&other.id))
        });
        let is_same_set = series.len() == self.shown.len() && series.iter().all(is_shown);
        if is_same_set {
            // In the order that they have.
            for shown in &mut self.shown {
                if let Some(now) = series.iter().find(|one| one.id == shown.id) {
                    shown.clone_from(now);
                }
            }
        } else {
            self.shown = series;
        }
        true
    }
}

/// How much happens lately; where that is the same, how much happened since the start.
fn busyness(series: &PastSeries, factor: f64) -> (f64, f64) {
    let kind = series.definition.kind();
    let size = match kind {
        Kind::LastValue => series.latest.value.map_or(0.0, Amount::as_f64),
        _ => counted(kind, &series.latest),
    };
    (series.activity * factor, size.abs())
}

fn busier(one: (f64, f64), other: (f64, f64)) -> Ordering {
    other.0.total_cmp(&one.0).then(other.1.total_cmp(&one.1))
}
