//! What the content of a case leads to: the original's texts without the rules, ours with them.

use std::collections::BTreeMap;

use telemetry_metrics::{Dimension, Kind};
use telemetry_vectors::num::{Num, Units};
use telemetry_vectors::original::{
    Measured, arity, converted, keep_function, kept, kept_here, measured, measured_by_text,
    other_key, tag_keys, tag_values,
};
use telemetry_vectors::term::{Strange, is, our_text};
use telemetry_vectors::{Answer, Holds, Json, dotted, kind};

use super::refusals::refusal;
use super::rules::By;
use super::scrape::Scrape;
use super::series::{Amounts, Series};
use super::text::{NoLabels, help, identity, labels, name, sample};
use super::{Given, event_of, list};

/// Why an event is not counted.
enum Not {
    /// It is skipped.
    Counted,
    /// The original's handler raises.
    Raises,
    /// There is no such case.
    Strange(Strange),
}

impl From<Strange> for Not {
    fn from(strange: Strange) -> Self {
        Self::Strange(strange)
    }
}

/// A definition and its series.
struct Metric<'c> {
    kind: Kind,
    name: String,
    event: String,
    options: &'c Json,
    amounts: Amounts,
    detached: bool,
    series: BTreeMap<String, (Vec<(String, Json)>, Series)>,
}

pub(super) fn answer(case: &Json, holds: Holds<By>) -> Result<Answer<Given>, Strange> {
    if let Some(refusal) = refusal(case, holds)? {
        return Ok(refusal);
    }
    let mut metrics: Vec<Metric<'_>> = Vec::new();
    for json in list(case, "metrics") {
        let (kind, name) = (kind(&json["type"])?, dotted(&json["name"])?);
        let is_there = kind != Kind::Summary && metrics.iter().all(|metric| metric.name != name);
        if is_there || kind == Kind::Summary && holds.has(By::Summaries) {
            metrics.push(Metric {
                kind,
                name,
                event: event_of(json)?,
                options: &json["options"],
                amounts: Amounts::of(kind, &json["options"], holds.has(By::Arithmetic))?,
                detached: false,
                series: BTreeMap::new(),
            });
        }
    }
    let mut given = Given {
        detached: Vec::new(),
        scrapes: Vec::new(),
    };
    for step in list(case, "steps") {
        if step["scrape"] == true {
            given.scrapes.push(scrape(&mut metrics, holds)?);
            continue;
        }
        let mut events = step["metadata"].as_object().into_iter().flatten();
        if holds.has(By::NoValue) && events.any(|(_, json)| our_text(json).is_err()) {
            return Ok(Answer::NotHere);
        }
        let (event, mut detached) = (dotted(&step["event"])?, false);
        for metric in metrics.iter_mut().filter(|metric| metric.event == event) {
            if metric.detached {
                continue;
            }
            match count(metric, step, holds) {
                Ok(()) | Err(Not::Counted) => {}
                Err(Not::Raises) if holds.has(By::Kept) => {}
                Err(Not::Raises) => (metric.detached, detached) = (true, true),
                Err(Not::Strange(strange)) => return Err(strange),
            }
        }
        given.detached.push(detached);
    }
    Ok(Answer::Gives(given))
}

fn count(metric: &mut Metric<'_>, event: &Json, holds: Holds<By>) -> Result<(), Not> {
    let options = metric.options;
    let two = keep_function(options).is_some_and(|keep| arity(keep) != 1);
    if two && !holds.has(By::Kept) {
        return Err(Not::Raises);
    }
    let kept = if holds.has(By::Kept) {
        kept_here(options, event)?
    } else {
        kept(options, event)?
    };
    if !kept.ok_or(Not::Raises)? {
        return Err(Not::Counted);
    }
    let number = match metric.kind {
        Kind::Counter => Num::Int(1),
        _ => number(metric, event, holds)?,
    };
    if !(options["tags"].is_array() || options["tags"].is_null() || holds.has(By::Kept)) {
        return Err(Not::Raises);
    }
    let values = tag_values(options, event)?.ok_or(Not::Raises)?;
    let mut tags = Vec::new();
    for key in tag_keys(options)? {
        let text = || {
            values
                .get(&other_key(&key))
                .filter(|_| holds.has(By::Texts))
        };
        match values.get(&key).or_else(text) {
            Some(value) => {
                tags.push((key.trim_start_matches("str:").to_owned(), value.clone()));
            }
            None if holds.has(By::Absent) => {}
            None => return Err(Not::Counted),
        }
    }
    let only_grows = !is(&options["reporter_options"]["prometheus_type"], "gauge");
    if metric.kind == Kind::Sum {
        if only_grows && number.as_f64() < 0.0 && holds.has(By::Down) {
            return Err(Not::Counted);
        }
        if matches!(number, Num::Float(_)) && !holds.has(By::Fractions) {
            metric.detached = true;
            return Err(Not::Raises);
        }
    }
    let key = if holds.has(By::Texts) {
        identity(&tags)
    } else {
        format!("{tags:?}")
    };
    let series = metric.series.entry(key);
    let (_, series) = series.or_insert_with(|| (tags, Series::default()));
    series.add(metric.kind, number);
    Ok(())
}

fn number(metric: &Metric<'_>, event: &Json, holds: Holds<By>) -> Result<Num, Not> {
    let options = metric.options;
    // It knows atoms and functions.
    let key = options.get("measurement");
    let is_key = |json: &Json| json.is_string() || json["fn"].is_string();
    if key.is_some_and(|json| !is_key(json)) && !holds.has(By::Kept) {
        return Err(Not::Raises);
    }
    let last = metric.name.rsplit('.').next().unwrap_or_default();
    let there = if holds.has(By::Texts) {
        measured_by_text(options, last, event)?
    } else {
        measured(options, last, event)?
    };
    match (converted(there.clone(), Units::of(options)?), there) {
        (Measured::Number(shown), Measured::Number(measured)) => {
            metric.amounts.stored(measured, shown).ok_or(Not::Counted)
        }
        (Measured::Fails(_), _) => Err(Not::Raises),
        _ => Err(Not::Counted),
    }
}

fn scrape(metrics: &mut [Metric<'_>], holds: Holds<By>) -> Result<Scrape, Strange> {
    let mut texts = Vec::new();
    for metric in metrics {
        match family(metric, holds) {
            Ok(text) => texts.extend(text),
            Err(NoLabels::Raises(message)) => return Ok(Scrape::Raises(message)),
            Err(NoLabels::Dropped) => {}
            Err(NoLabels::Strange(strange)) => return Err(strange),
        }
    }
    if !holds.has(By::Order) {
        texts.reverse();
    }
    Ok(Scrape::of(&texts.concat()))
}

/// The text of a family; none if it has no series.
fn family(metric: &mut Metric<'_>, holds: Holds<By>) -> Result<Option<String>, NoLabels> {
    let name = name(&metric.name, holds);
    let kind = match metric.kind {
        Kind::Counter => "counter",
        Kind::Sum => {
            let kind = &metric.options["reporter_options"]["prometheus_type"];
            if is(kind, "gauge") {
                "gauge"
            } else {
                "counter"
            }
        }
        Kind::LastValue => "gauge",
        Kind::Summary => "summary",
        _ => "histogram",
    };
    let mut dropped = Vec::new();
    let mut samples = String::new();
    let bounds = metric.options["reporter_options"]["buckets"].as_array();
    let bounds: Vec<Num> = bounds.into_iter().flatten().filter_map(Num::of).collect();
    for (key, (tags, series)) in &mut metric.series {
        let labels = match labels(tags, holds) {
            Err(NoLabels::Dropped) => {
                dropped.push(key.clone());
                continue;
            }
            labels => labels?,
        };
        let amounts = metric.amounts;
        if !matches!(metric.kind, Kind::Summary | Kind::Distribution) {
            samples += &sample(&name, &labels, None, amounts.shown(series.total));
            continue;
        }
        let (counts, count, sum) = series.measured(&bounds, amounts);
        if metric.kind == Kind::Distribution {
            let bucket = format!("{name}_bucket");
            for (bound, count) in bounds.iter().zip(counts) {
                samples += &sample(&bucket, &labels, Some(&bound.text()), Num::Int(count));
            }
            samples += &sample(&bucket, &labels, Some("+Inf"), Num::Int(count));
        }
        samples += &sample(&format!("{name}_sum"), &labels, None, amounts.shown(sum));
        samples += &sample(&format!("{name}_count"), &labels, None, Num::Int(count));
    }
    metric.series.retain(|key, _| !dropped.contains(key));
    if samples.is_empty() {
        return Ok(None);
    }
    let description = metric.options["description"].as_str().unwrap_or_default();
    let help = help(description, holds);
    Ok(Some(format!(
        "# HELP {name} {help}\n# TYPE {name} {kind}\n{samples}"
    )))
}

/// Whether a unit is one of time or bytes.
pub(super) fn is_stored_whole(units: Units) -> bool {
    match units {
        Units::Unsaid => false,
        Units::One(unit) | Units::Pair(unit, _) => unit.dimension() != Dimension::None,
    }
}
