//! How much series have counted since they began.

use telemetry_metrics::history::{History, Latest};
use telemetry_metrics::{Amount, Kind};

use super::number::added;
use super::source::Source;

/// How much the series of a source had counted at a tick since they began, as stored: events or
/// numbers, or the total of a sum.
pub(super) fn latest(history: &History, source: &Source, tick: u64) -> f64 {
    let kind = source.definition().kind();
    let name = source.definition().name();
    let mut counted_until = 0.0;
    // The two answers should be of one sample.
    for _ in 0..3 {
        let newest = history.newest();
        let all = history.series_of(name).into_iter().chain(history.totals());
        let own = all.filter(|series| source.ids().contains(&series.id));
        let mut own: Vec<_> = own
            .map(|series| (series.id, counted(kind, &series.latest)))
            .collect();
        // The series of a definition without tags is its own total.
        own.sort_unstable_by_key(|(id, _)| *id);
        own.dedup_by_key(|(id, _)| *id);
        let now: f64 = own.into_iter().map(|(_, counted)| counted).sum();
        let since = added(&source.stats(history, tick, newest.number()));
        counted_until = now - since;
        if history.newest() == newest {
            break;
        }
    }
    counted_until
}

/// Of one series: events or numbers, or the total of a sum.
pub(super) fn counted(kind: Kind, latest: &Latest) -> f64 {
    match kind {
        Kind::Sum => latest.sum.map_or(0.0, Amount::as_f64),
        _ => latest.count as f64,
    }
}
