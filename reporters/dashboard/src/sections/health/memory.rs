//! What is kept in memory: the history, traces, and the detector of N+1 queries.

use telemetry_metrics::history::Status as Past;
use telemetry_traces::{NPlusOne, Pressure, Traces, TracesStats};

use super::super::past::time_between;
use super::super::words::{many, time};
use crate::card::{Card, Status, Value};
use crate::sources::Sources;

pub(super) fn cards(sources: &Sources) -> Vec<Card> {
    let past = sources.history.status();
    let length = time_between(past.begin, past.newest, &sources.history);
    let stats = sources.traces.as_deref().map(Traces::stats);
    let pressure = sources.n_plus_one.as_deref().map(NPlusOne::pressure);
    let fine = sources
        .history
        .interval()
        .saturating_mul(u32::try_from(past.fine_steps).unwrap_or(u32::MAX));
    let usage = usage(&past, stats.as_ref(), pressure.as_ref());
    let mut cards = vec![
        usage,
        history(&past, length.as_secs_f64(), fine.as_secs_f64()),
    ];
    cards.extend(stats.map(|stats| traces(&stats)));
    let found = sources.n_plus_one.as_deref().map(NPlusOne::found);
    cards.extend(
        found
            .zip(pressure)
            .map(|(found, pressure)| detector(found, pressure)),
    );
    cards
}

fn usage(past: &Past, traces: Option<&TracesStats>, detector: Option<&Pressure>) -> Card {
    let of = |bytes: usize| Some(bytes as f64);
    let is_left_out = past.left_out > 0;
    let mut card = Card::usage("memory").title("Memory").bar(
        "History",
        of(past.bytes),
        of(past.budget),
        "bytes",
        is_left_out.then_some(Status::Bad),
    );
    if let Some(stats) = traces {
        let status = (stats.spans_dropped > 0).then_some(Status::Warn);
        card = card.bar("Traces", of(stats.bytes), of(stats.memory), "bytes", status);
    }
    if let Some(pressure) = detector {
        let status = (pressure.evicted > 0).then_some(Status::Warn);
        card = card.bar("N+1 queries", of(pressure.bytes), None, "bytes", status);
    }
    card.hint(
        "Each keeps within a budget of its own. A full budget is normal: the oldest make room.",
    )
}

fn history(past: &Past, length: f64, fine: f64) -> Card {
    let lost = (past.left_out > 0).then_some(Status::Bad);
    let evicted = (past.evicted > 0).then_some(Status::Warn);
    Card::figures("history")
        .title("History")
        .figure("Goes back", Value::seconds(length), None)
        .figure("At full resolution", Value::seconds(fine.min(length)), None)
        .figure("Series", past.series, None)
        .figure("Of these coarser", past.coarse, None)
        .figure("Left out", past.left_out, lost)
        .figure("Forgotten", past.evicted, evicted)
        .hint(&match past.left_out {
            0 => format!(
                "The newest {} are as fine as they were sampled; what is older has longer steps. Counts and \
                 sums stay exact.",
                time(fine)
            ),
            n => format!(
                "{} no room: give the history more memory (`history_memory`), or tags fewer values.",
                many(n as u64, "series has", "series have")
            ),
        })
}

fn traces(stats: &TracesStats) -> Card {
    let (evicted, dropped) = (stats.evicted(), stats.spans_dropped);
    let left_out = stats.spans_left_out;
    Card::figures("traces")
        .title("Traces")
        .figure("Kept", stats.traces(), None)
        .figure("Their spans", stats.spans(), None)
        .figure("Taken since the start", stats.traces_taken, None)
        .figure("Given up for others", evicted.traces, None)
        .figure("Spans left out", left_out, (left_out > 0).then_some(Status::Warn))
        .figure("Spans dropped", dropped, (dropped > 0).then_some(Status::Warn))
        .hint(
            "Left out are spans for which their trace had no room; dropped, those for which there was none at \
             all.",
        )
}

fn detector(found: u64, pressure: Pressure) -> Card {
    let marked = |count: u64| (count > 0).then_some(Status::Warn);
    Card::figures("detector")
        .title("N+1 queries")
        .figure("Found", found, None)
        .figure("Spans given up", pressure.evicted, marked(pressure.evicted))
        .figure("Queries left out", pressure.left_out, marked(pressure.left_out))
        .hint("What is given up to make room was looked at by then; queries left out are not counted.")
}
