//! Names: how a definition becomes a family's name, and a tag's key a label's.

use telemetry_metrics::{Definition, Unit};

use crate::family::Type;

/// Endings that say what a sample is, and so may not end a gauge's name.
const ENDINGS: [&str; 4] = ["_total", "_count", "_sum", "_bucket"];

/// `text` as a name in Prometheus: letters, digits and `_`, no digit first. Each other character
/// becomes a `_`.
pub(crate) fn sanitise(text: &str) -> String {
    let mut name = String::with_capacity(text.len() + 1);
    if text.starts_with(|first: char| first.is_ascii_digit()) {
        name.push('_');
    }
    let valid = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    name.extend(text.chars().map(valid));
    name
}

/// The unit in which the numbers of a definition are shown: the base unit, unless names are
/// verbatim and the definition says its own.
pub(crate) fn unit(definition: &Definition, verbatim: bool) -> Unit {
    match definition.unit() {
        unit if verbatim && definition.unit_is_explicit() => unit,
        unit @ Unit::Other(_) => unit,
        _ => definition.dimension().base_unit(),
    }
}

/// A unit as a part of a name; empty if there is none, or nothing of it can be written.
pub(crate) fn unit_text(unit: Unit) -> String {
    sanitise(unit.as_str()).trim_matches('_').to_owned()
}

/// What OpenMetrics calls the family of a counter with samples of this name; `None` if that is no
/// name for a counter's samples.
pub(crate) fn without_total(name: &str) -> Option<&str> {
    name.strip_suffix("_total").filter(|rest| !rest.is_empty())
}

/// The name of a family.
pub(crate) fn family(definition: &Definition, kind: Type, unit: Unit) -> String {
    let mut name = sanitise(definition.name());
    let unit = unit_text(unit);
    if !unit.is_empty() && !says_unit(&name, kind, &unit) {
        name.push('_');
        name.push_str(&unit);
    }
    match kind {
        Type::Counter if !name.ends_with("_total") => name.push_str("_total"),
        Type::Counter => {}
        Type::Gauge => strip(&mut name, &ENDINGS),
        // Only a counter may end in `_total`; `_count` and the like tell of a histogram or a
        // summary anyway.
        Type::Histogram | Type::Summary => strip(&mut name, &ENDINGS[..1]),
    }
    name
}

/// Whether the name ends in its unit; a counter's `_total` may follow it.
fn says_unit(name: &str, kind: Type, unit: &str) -> bool {
    let name = match kind {
        Type::Counter => without_total(name).unwrap_or(name),
        _ => name,
    };
    name.strip_suffix(unit)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('_'))
}

/// Takes endings off, as long as something is left.
fn strip(name: &mut String, endings: &[&str]) {
    let ending = |name: &str| {
        let rest = endings.iter().find_map(|end| name.strip_suffix(end));
        rest.map(str::len).filter(|left| *left > 0)
    };
    while let Some(left) = ending(name) {
        name.truncate(left);
    }
}

#[cfg(test)]
mod tests {
    use telemetry_metrics::{Aggregator, Metric, counter, distribution, last_value, sum, summary};

    use super::*;

    fn name_of(metric: Metric) -> String {
        let event = "prometheus_name_test.event";
        let aggregator = Aggregator::builder()
            .metrics([metric.event(event).unchecked()])
            .start()
            .unwrap();
        let definition = &aggregator.definitions()[0];
        let kind = Type::of(definition);
        family(definition, kind, unit(definition, false))
    }

    #[test]
    fn the_unit_and_the_ending_follow_the_type() {
        for (metric, name) in [
            (
                counter("demo.endpoint.stop.count"),
                "demo_endpoint_stop_count_total",
            ),
            (counter("http.request.total"), "http_request_total"),
            (
                sum("shop.stop.duration"),
                "shop_stop_duration_seconds_total",
            ),
            (sum("shop.stop.bytes").bytes(), "shop_stop_bytes_total"),
            (
                sum("shop.stop.bytes_total").bytes(),
                "shop_stop_bytes_total",
            ),
            (sum("shop.open").up_down(), "shop_open"),
            (
                last_value("vm.memory.total").bytes(),
                "vm_memory_total_bytes",
            ),
            (
                last_value("vm.total_run_queue_lengths.total"),
                "vm_total_run_queue_lengths",
            ),
            (
                last_value("vm.system_counts.threads"),
                "vm_system_counts_threads",
            ),
            (last_value("a.b.total.count"), "a_b"),
            (last_value("a.b_bucket_sum"), "a_b"),
            (last_value("a.account"), "a_account"),
            (
                summary("demo.repo.query.total_time"),
                "demo_repo_query_total_time_seconds",
            ),
            (
                distribution("shop.endpoint.duration"),
                "shop_endpoint_duration_seconds",
            ),
            (distribution("shop.items.total").buckets([1]), "shop_items"),
            (summary("shop.items.count"), "shop_items_count"),
        ] {
            let given = format!("{metric:?}");
            assert_eq!(name_of(metric), name, "{given}");
        }
    }

    #[test]
    fn a_unit_of_ones_own_is_appended_too() {
        let queued = |unit| name_of(last_value("shop.queued").unit(Unit::Other(unit)));
        assert_eq!(queued("requests"), "shop_queued_requests");
        assert_eq!(queued("req/s"), "shop_queued_req_s");
        assert_eq!(queued("queued"), "shop_queued");
        assert_eq!(queued("%"), "shop_queued");
        assert_eq!(queued(""), "shop_queued");
    }

    #[test]
    fn milliseconds_are_shown_in_seconds() {
        let metric = summary("shop.duration").unit(Unit::Millisecond);
        assert_eq!(name_of(metric), "shop_duration_seconds");
    }

    #[test]
    fn what_a_name_cannot_contain_becomes_an_underscore() {
        assert_eq!(sanitise("http.route"), "http_route");
        assert_eq!(sanitise("9lives-left"), "_9lives_left");
        assert_eq!(sanitise("größe {\"\n"), "gr__e____");
        assert_eq!(sanitise(""), "");
        assert_eq!(name_of(counter("9-lives.cat")), "_9_lives_cat_total");
    }

    #[test]
    fn a_name_is_never_stripped_to_nothing() {
        assert_eq!(name_of(last_value("_total")), "_total");
        assert_eq!(name_of(last_value("_sum.count")), "_sum");
    }
}
