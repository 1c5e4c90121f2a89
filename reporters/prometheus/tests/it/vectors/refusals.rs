//! Why a case does not start: there, here, or both.

use std::collections::BTreeSet;

use telemetry_metrics::{Dimension, KNOWN_OPTIONS, Kind};
use telemetry_vectors::num::{Num, Units};
use telemetry_vectors::original::tag_keys;
use telemetry_vectors::term::{Strange, inspect, inspect_value, is};
use telemetry_vectors::{Answer, Holds, Json, dotted, key, kind};

use super::reporter::is_stored_whole;
use super::rules::By;
use super::text::our_name;
use super::{Given, definition, event_of, list};

/// Why it does not start, if it does not.
pub(super) fn refusal(case: &Json, holds: Holds<By>) -> Result<Option<Answer<Given>>, Strange> {
    let mut written = list(case, "metrics").iter().map(definition);
    if holds.has(By::Unwritable) && written.any(|metric| matches!(metric, Err(Strange::NotHere))) {
        return Ok(Some(Answer::NotHere));
    }
    let (aggregator, reporter) = ours(case, holds)?;
    let (mut attached, mut names) = (0, BTreeSet::new());
    for metric in list(case, "metrics") {
        if kind(&metric["type"])? == Kind::Summary {
            continue;
        }
        let Some((message, part, rule, own)) = theirs(metric)? else {
            attached += usize::from(names.insert(dotted(&metric["name"])?));
            continue;
        };
        if rule.is_some_and(|rule| holds.has(rule)) {
            if rule == Some(By::DefaultBounds) && !list(case, "steps").is_empty() {
                return Err(Strange::unknown("bounds", metric));
            }
            continue;
        }
        // What is attached when it fails stays so.
        let message = format!("{} left: {message}", attached + usize::from(own));
        let part = aggregator.into_iter().next().unwrap_or_else(|| part.into());
        return Ok(Some(Answer::both_refuse(message, part)));
    }
    let ours = aggregator.into_iter().chain(reporter).next();
    Ok(ours.map(Answer::we_refuse))
}

/// What the original says, a part of what we say, the rule by which we do not, and whether its own
/// handler is attached by then.
type Reason = (String, &'static str, Option<By>, bool);

fn theirs(metric: &Json) -> Result<Option<Reason>, Strange> {
    let options = &metric["options"];
    let kind = kind(&metric["type"])?;
    let wrong = |message: String, part: &'static str, rule: Option<By>| {
        Ok(Some((
            format!("ArgumentError: {message}"),
            part,
            rule,
            false,
        )))
    };
    let of_sum = &options["reporter_options"]["prometheus_type"];
    if kind == Kind::Sum && !of_sum.is_null() && !is(of_sum, "gauge") && !is(of_sum, "counter") {
        let message = "expected prometheus_type to be one of :gauge or :counter, got";
        let message = format!("{message} {}", inspect(of_sum));
        return wrong(message, "the option `prometheus_type` cannot be", None);
    }
    if kind != Kind::Distribution {
        return Ok(None);
    }
    if options.get("reporter_options").is_some_and(Json::is_null) {
        let message = "reporter_options with a valid buckets property are required to be defined \
                       for Distribution metrics";
        return wrong(message.into(), "", Some(By::Unwritable));
    }
    let buckets = &options["reporter_options"]["buckets"];
    let shown = inspect_value(buckets);
    if buckets.is_null() {
        let message = "reporter_options is missing the required buckets property for Distribution \
                       metrics";
        let has_default = match Units::of(options)? {
            Units::Unsaid => false,
            Units::One(unit) | Units::Pair(_, unit) => unit.dimension() != Dimension::None,
        };
        let rule = has_default.then_some(By::DefaultBounds);
        return wrong(message.into(), "needs bounds", rule);
    }
    if let Some(range) = buckets["range"].as_array() {
        let [first, last] = [0, 1].map(|at| range.get(at).and_then(Json::as_i64));
        let (Some(first), Some(last)) = (first, last) else {
            return Err(Strange::unknown("range", buckets));
        };
        let step = buckets["step"].as_i64().filter(|step| *step != 0);
        let step = step.ok_or_else(|| Strange::unknown("range", buckets))?;
        if first >= last {
            let message = format!("expected buckets range to be ascending, got {shown}");
            return wrong(message, "must ascend strictly", None);
        }
        if (last - first) % step != 0 {
            let message = "expected buckets range first and last to fall within all range steps \
                           (i.e. rem(last - first, step) == 0), got";
            return wrong(format!("{message} {shown}"), "", Some(By::Ranges));
        }
        // It is checked, and then taken for a list.
        let crash = format!("{{:badarg, [{{:erlang, :++, [{shown}, [\"+Inf\"]]…");
        return Ok(Some((crash, "", Some(By::Ranges), true)));
    }
    let Some(bounds) = buckets.as_array().filter(|bounds| !bounds.is_empty()) else {
        let message = "expected buckets to be a non-empty list or a {range, step} tuple, got";
        let is_list = buckets.is_array();
        let rule = (!is_list).then_some(By::Unwritable);
        return wrong(
            format!("{message} {shown}"),
            "the list of bounds is empty",
            rule,
        );
    };
    let numbers: Option<Vec<f64>> = bounds.iter().map(Json::as_f64).collect();
    let Some(numbers) = numbers else {
        let message = format!("expected buckets list to contain only numbers, got {shown}");
        return wrong(message, "", Some(By::Unwritable));
    };
    if numbers.windows(2).any(|pair| pair[0] > pair[1]) {
        let message = format!("expected buckets to be ordered ascending, got {shown}");
        return wrong(message, "must ascend strictly", None);
    }
    Ok(None)
}

/// What is refused here only: first what the aggregator refuses, then what the reporter does.
fn ours(case: &Json, holds: Holds<By>) -> Result<(Vec<String>, Vec<String>), Strange> {
    let metrics = list(case, "metrics");
    let (mut aggregator, mut reporter) = (Vec::new(), Vec::new());
    let refuse = |all: &mut Vec<String>, rule: By, part: &str| {
        if holds.has(rule) {
            all.push(part.to_owned());
        }
    };
    let mut samples: BTreeSet<String> = BTreeSet::new();
    for (at, metric) in metrics.iter().enumerate() {
        if Units::of(&metric["options"])?.is_mixed() {
            return Err(Strange::unknown("unit", metric));
        }
        let (options, kind) = (&metric["options"], kind(&metric["type"])?);
        let name = dotted(&metric["name"])?;
        if !is_name(&name) {
            refuse(&mut aggregator, By::Names, "the name is not one");
        } else if !is_name(&event_of(metric)?) {
            refuse(&mut aggregator, By::Names, "is not an event name");
        }
        let same = |other: &&Json| {
            other["type"] == metric["type"] && dotted(&other["name"]).as_ref() == Ok(&name)
        };
        if metrics[..at].iter().any(|other| same(&other)) {
            refuse(
                &mut aggregator,
                By::SameName,
                "a definition of this name and kind stands",
            );
        }
        if kind == Kind::Distribution {
            let bounds = options["reporter_options"]["buckets"].as_array();
            let bounds = bounds.map(Vec::as_slice).unwrap_or_default();
            let twice = |pair: &[Json]| pair[0].as_f64() == pair[1].as_f64();
            let units = match Units::of(options)? {
                Units::Pair(_, to) => Units::One(to),
                units => units,
            };
            let is_stored = |bound: &Json| {
                let bound = Num::of(bound).and_then(|bound| units.stored(bound));
                bound.is_some() || !is_stored_whole(units)
            };
            if !bounds.iter().all(is_stored) {
                refuse(&mut aggregator, By::Bounds, "is not a finite number of the");
            } else if bounds.windows(2).any(twice) {
                refuse(&mut aggregator, By::Bounds, "must ascend strictly");
            }
        }
        let measurement = options.get("measurement").and_then(|json| key(json).ok());
        if measurement.is_some_and(|key| key.is_empty()) {
            refuse(&mut aggregator, By::Names, "the measurement's key is empty");
        }
        let keys = tag_keys(options)?;
        let keys: Vec<&str> = keys
            .iter()
            .map(|key| key.trim_start_matches("str:"))
            .collect();
        for (at, key) in keys.iter().enumerate() {
            let label = our_name(key);
            let reserved = label == "le" && kind == Kind::Distribution
                || label == "quantile" && kind == Kind::Summary
                || label == "otel_metric_overflow"
                || label.starts_with("__");
            if key.is_empty() {
                refuse(&mut aggregator, By::Names, "a tag's key is empty");
            } else if keys[..at].contains(key) {
                refuse(&mut aggregator, By::Labels, "is listed twice");
            } else if reserved {
                refuse(&mut reporter, By::Labels, "rename the tag");
            } else if keys[..at].iter().any(|other| our_name(other) == label) {
                refuse(&mut reporter, By::Labels, "both become the label");
            }
        }
        for (key, value) in options["reporter_options"]
            .as_object()
            .into_iter()
            .flatten()
        {
            match key.as_str() {
                _ if value.is_null() => {}
                "buckets" if kind != Kind::Distribution => {
                    refuse(
                        &mut aggregator,
                        By::Options,
                        "bounds make sense for a distribution",
                    );
                }
                "prometheus_type" if kind != Kind::Sum => {
                    refuse(&mut reporter, By::Options, "is for sums and means nothing");
                }
                key if key != "buckets" && !KNOWN_OPTIONS.contains(&key) => {
                    refuse(&mut reporter, By::Options, "no reporter knows the option");
                }
                _ => {}
            }
        }
        let endings: &[&str] = match kind {
            Kind::Distribution => &["", "_bucket", "_sum", "_count"],
            Kind::Summary => &["", "_sum", "_count"],
            _ => &[""],
        };
        for ending in endings {
            if !samples.insert(format!("{}{ending}", our_name(&name))) {
                refuse(&mut reporter, By::SameName, "rename one of them");
            }
        }
    }
    Ok((aggregator, reporter))
}

/// Whether a name is one here.
fn is_name(name: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    name.split('.')
        .all(|segment| !segment.is_empty() && segment.chars().all(is_letter))
}
