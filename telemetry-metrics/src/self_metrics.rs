//! What the aggregator says about itself, as families under the reserved prefix `telemetry.`.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

use once_cell::sync::Lazy;

use crate::amount::Amount;
use crate::definition::Definition;
use crate::metric::Kind;
use crate::shared::Shared;
use crate::skip::Skip;
use crate::snapshot::{Data, Family, Series};

static STARTED: Lazy<SystemTime> = Lazy::new(SystemTime::now);

/// To be called when the first aggregator starts, so that the families say since when they count.
pub(crate) fn begin() {
    Lazy::force(&STARTED);
}

/// The same for every aggregator.
static OWN: Lazy<SelfMetrics> = Lazy::new(SelfMetrics::new);

struct SelfMetrics {
    skipped: Arc<Definition>,
    tags_missing: Arc<Definition>,
    overflowed: Arc<Definition>,
    expired: Arc<Definition>,
    series: Arc<Definition>,
    let_go: Arc<Definition>,
    sent: Arc<Definition>,
    failed: Arc<Definition>,
    dropped: Arc<Definition>,
    thinned: Arc<Definition>,
}

impl SelfMetrics {
    fn new() -> Self {
        let own = |kind, name, tags: &[&str], description| {
            Arc::new(Definition::own(kind, name, tags, description))
        };
        use Kind::{Counter, LastValue};
        Self {
            skipped: own(
                Counter,
                "telemetry.metric.skipped",
                &["metric", "reason"],
                "Events that a metric did not count, by reason",
            ),
            tags_missing: own(
                Counter,
                "telemetry.metric.tags_missing",
                &["metric"],
                "Events counted although a tag was absent",
            ),
            overflowed: own(
                Counter,
                "telemetry.metric.overflowed",
                &["metric"],
                "Events counted in the overflow series, beyond the limit of series",
            ),
            expired: own(
                Counter,
                "telemetry.metric.expired",
                &["metric"],
                "Series that went away because nothing was counted in them any more",
            ),
            let_go: own(
                Counter,
                "telemetry.reader.let_go",
                &[],
                "Readers that stopped reading, and for which series that expire no longer wait",
            ),
            series: own(
                LastValue,
                "telemetry.metric.series",
                &["metric"],
                "Series of a metric",
            ),
            sent: own(
                Counter,
                "telemetry.reporter.sent",
                &["reporter"],
                "What a reporter has delivered: lines, or answers to scrapes",
            ),
            failed: own(
                Counter,
                "telemetry.reporter.failed",
                &["reporter"],
                "What a reporter could not deliver: lines, or scrapes cut short or refused for their token",
            ),
            dropped: own(
                Counter,
                "telemetry.reporter.dropped",
                &["reporter"],
                "What a reporter has given up",
            ),
            thinned: own(
                Counter,
                "telemetry.reporter.thinned",
                &["reporter"],
                "Numbers that a reporter did not send themselves, because others stand for them",
            ),
        }
    }
}

/// What they are called, and what they mean.
pub(crate) fn definitions() -> impl Iterator<Item = Arc<Definition>> {
    let own = &*OWN;
    let all = [
        &own.skipped,
        &own.tags_missing,
        &own.overflowed,
        &own.expired,
        &own.series,
        &own.let_go,
        &own.sent,
        &own.failed,
        &own.dropped,
        &own.thinned,
    ];
    all.into_iter().cloned()
}

/// Appends the families of the library itself.
pub(crate) fn append(shared: &Shared, families: &mut Vec<Family>) {
    let own = &*OWN;
    let (mut skipped, mut missing) = (Vec::new(), Vec::new());
    let (mut overflowed, mut expired) = (Vec::new(), Vec::new());
    let late = shared.late.all();
    let places = shared.definitions.iter().zip(&shared.places);
    let from_start = places.map(|(definition, (group, place))| {
        let account = &shared.groups[*group].accounts[*place];
        (definition, account)
    });
    let added = late
        .iter()
        .map(|one| (&one.group.metrics[0], &one.group.accounts[0]));
    for (definition, account) in from_start.chain(added) {
        let name = definition.name();
        for reason in Skip::ALL {
            let count = account.skipped(reason);
            if count > 0 {
                skipped.push((vec![name, reason.as_str()], count));
            }
        }
        for (list, count) in [
            (&mut missing, &account.tags_missing),
            (&mut overflowed, &account.overflowed),
            (&mut expired, &account.expired),
        ] {
            let count = count.load(Ordering::Relaxed);
            if count > 0 {
                list.push((vec![name], count));
            }
        }
    }
    let mut series: Vec<_> = families
        .iter()
        .filter(|family| !family.definition.tags().is_empty())
        .map(|family| {
            let within = family.series.iter().filter(|series| !series.is_overflow);
            (vec![family.definition.name()], within.count() as u64)
        })
        .collect();
    // Two definitions may share a name; a series may not stand twice.
    for list in [
        &mut skipped,
        &mut missing,
        &mut overflowed,
        &mut expired,
        &mut series,
    ] {
        merge(list);
    }
    // Where nothing expires, nobody is let go.
    let let_go = shared
        .expire_after
        .map(|_| (Vec::new(), shared.readers.let_go()));
    let let_go = let_go.into_iter().collect();
    let reports = shared.health.reports();
    let by_reporter = |get: fn(&crate::health::HealthReport) -> u64| {
        reports
            .iter()
            .map(|report| (vec![report.reporter.as_str()], get(report)))
            .collect()
    };
    let own = [
        family(&own.skipped, skipped),
        family(&own.tags_missing, missing),
        family(&own.overflowed, overflowed),
        family(&own.expired, expired),
        family(&own.series, series),
        family(&own.let_go, let_go),
        family(&own.sent, by_reporter(|report| report.sent)),
        family(&own.failed, by_reporter(|report| report.failed)),
        family(&own.dropped, by_reporter(|report| report.dropped)),
        family(&own.thinned, by_reporter(|report| report.thinned)),
    ];
    families.extend(own);
}

fn family(definition: &Arc<Definition>, rows: Vec<(Vec<&str>, u64)>) -> Family {
    let series = rows
        .into_iter()
        .map(|(tags, number)| Series {
            tags: tags.into_iter().map(Box::from).collect(),
            is_overflow: false,
            started: *STARTED,
            is_touched: true,
            data: match definition.kind() {
                Kind::LastValue => Data::LastValue(Amount::Real(number as f64)),
                _ => Data::Counter(number),
            },
        })
        .collect();
    Family {
        definition: definition.clone(),
        series,
    }
}

fn merge(rows: &mut Vec<(Vec<&str>, u64)>) {
    let mut merged: Vec<(Vec<&str>, u64)> = Vec::with_capacity(rows.len());
    for (tags, count) in rows.drain(..) {
        match merged.iter_mut().find(|(known, _)| *known == tags) {
            Some((_, total)) => *total += count,
            None => merged.push((tags, count)),
        }
    }
    *rows = merged;
}
