//! How the databases do: queries, how long they take and wait, the pool, transactions.

use telemetry_metrics::signals::SpanSignals;

use crate::family::{Family, Type};
use crate::grafana::definitions::named;
use crate::grafana::panel::Panel;
use crate::grafana::promql::{count_sample, labels, legend, or_zero, sum_by};
use crate::grafana::role::Role;
use crate::grafana::rows::runtime::panel_of;
use crate::grafana::rows::{Source, side_by_side};
use crate::grafana::signals::{Golden, names, span_of};
use crate::grafana::unit;

/// A database, by what its events begin with: `shop.repo` of `shop.repo.query`.
#[derive(Debug, Clone, Copy)]
struct Database<'f> {
    query: &'f str,
    prefix: &'f str,
}

/// A row for each database, with its title.
pub(crate) fn databases(source: &Source<'_, '_>) -> Vec<(String, Vec<Panel>)> {
    let rows = found(source.own).into_iter().enumerate();
    let rows = rows.map(|(at, database)| {
        let panels = panels(database, at == 0, source);
        (format!("Database: {}", database.prefix), panels)
    });
    rows.filter(|(_, panels)| !panels.is_empty()).collect()
}

/// Whether a span is on the row of a database.
pub(crate) fn is_about_database(span: &str, own: &[&Family]) -> bool {
    let mut databases = found(own).into_iter();
    databases.any(|database| {
        let rest = span.strip_prefix(database.prefix);
        matches!(rest, Some(".query" | ".transaction"))
    })
}

/// Those whose queries are counted or measured.
fn found<'f>(own: &[&'f Family]) -> Vec<Database<'f>> {
    let mut found: Vec<Database<'_>> = Vec::new();
    for family in own {
        let [query] = family.definition.events() else {
            continue;
        };
        let Some(prefix) = query.strip_suffix(".query") else {
            continue;
        };
        let is_known = found.iter().any(|known| known.query == query);
        let says = count_sample(family).is_some();
        if says && !is_known {
            found.push(Database { query, prefix });
        }
    }
    found
}

/// What was named is about the first database.
fn panels(database: Database<'_>, is_first: bool, source: &Source<'_, '_>) -> Vec<Panel> {
    let scope = source.scope;
    let get = |role: Role, event: &str| {
        let event = format!("{}.{event}", database.prefix);
        let named = source.named(role).filter(|_| is_first);
        named.or_else(|| role.find(source.own, Some(&event)))
    };
    let queries = get(Role::Queries, "query").map(|family| {
        counted(
            source,
            "Queries",
            "Queries per second, by command",
            family,
            Role::Queries,
        )
    });
    let definitions: Vec<_> = source
        .own
        .iter()
        .map(|family| &*family.definition)
        .collect();
    let signals = SpanSignals::of(&definitions, database.query);
    let errors = signals.and_then(|signals| {
        let golden = Golden::of(&signals, source.own);
        golden.errors_panel("Failed queries", scope)
    });
    let time = get(Role::QueryTime, "query").map(|family| {
        quantile(
            source,
            "Query time",
            "How long queries take, by source",
            family,
            true,
        )
    });
    let waited = get(Role::QueueTime, "query").map(|family| {
        let what = "How long a query waits for a connection";
        quantile(source, "Waiting for a connection", what, family, false)
    });
    let pool: Vec<(&Family, &str)> = [
        (Role::PoolInUse, "in use"),
        (Role::PoolMax, "at most"),
        (Role::PoolWaiting, "waiting"),
    ]
    .into_iter()
    .filter_map(|(role, name)| get(role, "pool").map(|family| (family, name)))
    .collect();
    let what = "Connections in use, how many there can be, and who waits for one";
    let pool = panel_of(source, "Pool", what, &pool);
    let transactions = transactions(database, source.own);
    let transactions = source
        .named(Role::Transactions)
        .filter(|_| is_first)
        .or(transactions);
    let transactions = transactions.map(|family| {
        let what = "Transactions per second, by how they ended";
        counted(source, "Transactions", what, family, Role::Transactions)
    });
    let all = [queries, errors, time, waited, pool, transactions];
    side_by_side(all.into_iter().flatten().collect())
}

/// Transactions may be a span, with two ends.
fn transactions<'f>(database: Database<'_>, own: &[&'f Family]) -> Option<&'f Family> {
    let span = format!("{}.transaction", database.prefix);
    let stop = format!("{span}.stop");
    let role = Role::Transactions;
    role.find(own, Some(&span))
        .or_else(|| role.find(own, Some(&stop)))
        .or_else(|| {
            let is_it = |family: &&&Family| {
                let mut events = family.definition.events().iter();
                count_sample(family).is_some() && events.all(|event| span_of(event) == span)
            };
            own.iter().find(is_it).copied()
        })
}

/// How often per second, by the tag that says most for the role.
fn counted(source: &Source<'_, '_>, title: &str, what: &str, family: &Family, role: Role) -> Panel {
    let labels = labels(family);
    let mut tags = role.tags().iter().map(|tag| (*tag).to_owned());
    let by: Vec<String> = tags.find(|tag| labels.contains(tag)).into_iter().collect();
    let sample = count_sample(family).unwrap_or_else(|| family.name.clone());
    let expr = sum_by(&by, &source.scope.rate(&sample, ""));
    Panel::time_series(title)
        .description(format!("{what}, from {}", names(&[family])))
        .unit(unit::COUNTS)
        .min(0.0)
        .query(or_zero(&by, &expr), legend(&by, "all"))
}

/// The p95; by source, if there is that tag.
fn quantile(
    source: &Source<'_, '_>,
    title: &str,
    what: &str,
    family: &Family,
    by_source: bool,
) -> Panel {
    let mut labels = labels(family);
    labels.retain(|label| by_source && label == "source");
    let (name, expr) = source.scope.p95(family, &labels);
    let panel = Panel::time_series(format!("{title} ({name})"))
        .description(format!("{what}: {name} of {}", names(&[family])))
        .unit(unit::of(family.unit))
        .min(0.0)
        .query(
            expr,
            named(if labels.is_empty() { &name } else { "" }, &labels).trim(),
        );
    match family.kind {
        Type::Histogram => panel.exemplars(),
        _ => panel,
    }
}
