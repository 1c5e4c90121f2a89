//! What the content of a case leads to: the original's lines without the rules, ours with them.

use std::collections::BTreeSet;

use telemetry_metrics::Kind;
use telemetry_statsd::Format;
use telemetry_vectors::num::{Num, Units};
use telemetry_vectors::original::{
    Measured, arity, converted, keep_function, kept, kept_here, measured, measured_by_text,
    other_key, tag_keys, tag_values,
};
use telemetry_vectors::term::{Strange, float_text, has_text, is, our_text, to_string};
use telemetry_vectors::{Answer, Holds, Json, dotted, kind};

use super::line::Datagram;
use super::refusals::refusal;
use super::rules::By;
use super::{Given, Sent, event_of, format, list};

/// Why there is no line.
enum NoLine {
    /// Nobody asked for one.
    Nothing,
    /// The original sends an empty one.
    Empty,
    /// The original's handler raises.
    Raises,
    /// There is no such case.
    Strange(Strange),
}

impl From<Strange> for NoLine {
    fn from(strange: Strange) -> Self {
        Self::Strange(strange)
    }
}

pub(super) fn answer(case: &Json, holds: Holds<By>) -> Result<Answer<Given>, Strange> {
    if let Some(refusal) = refusal(case, holds)? {
        return Ok(refusal);
    }
    let mut detached = BTreeSet::new();
    let mut events = Vec::new();
    for event in list(case, "events") {
        if holds.has(By::NoValue) {
            let mut metadata = event["metadata"].as_object().into_iter().flatten();
            if metadata.any(|(_, json)| our_text(json).is_err()) {
                return Ok(Answer::NotHere);
            }
        }
        let name = dotted(&event["event"])?;
        let mut sent = Sent {
            datagrams: Vec::new(),
            detached: false,
            seen_by_caller: None,
        };
        if !detached.contains(&name) {
            match datagrams(case, &name, event, holds)? {
                Some(datagrams) => {
                    sent.datagrams = datagrams.iter().map(|text| Datagram::of(text)).collect();
                }
                None => {
                    sent.detached = true;
                    detached.insert(name);
                }
            }
        }
        events.push(sent);
    }
    Ok(Answer::Gives(Given {
        events,
        handlers_left: 0,
    }))
}

/// What an event sends; `None` if the handler raises, and is detached for it.
fn datagrams(
    case: &Json,
    name: &str,
    event: &Json,
    holds: Holds<By>,
) -> Result<Option<Vec<String>>, Strange> {
    let mut lines = Vec::new();
    for metric in list(case, "metrics") {
        if event_of(metric)? != name {
            continue;
        }
        match line(case, metric, event, holds) {
            Ok(line) => lines.push(line),
            Err(NoLine::Nothing) => {}
            Err(NoLine::Empty) => lines.push(prefix(case, holds)),
            Err(NoLine::Raises) if holds.has(By::Kept) => {}
            Err(NoLine::Raises) => return Ok(None),
            Err(NoLine::Strange(strange)) => return Err(strange),
        }
    }
    let mtu = case["mtu"].as_u64().unwrap_or_default() as usize;
    if lines.is_empty() {
        return Ok(Some(Vec::new()));
    }
    if holds.has(By::Kept) {
        lines.retain(|line| line.len() <= mtu);
    } else if mtu == 0 || lines.iter().any(|line| line.len() > mtu) {
        return Ok(None);
    }
    let mut packets: Vec<String> = Vec::new();
    for line in lines {
        match packets.last_mut() {
            Some(last) if last.len() + 1 + line.len() <= mtu => {
                last.push('\n');
                last.push_str(&line);
            }
            _ => packets.push(line),
        }
    }
    Ok(Some(packets))
}

fn prefix(case: &Json, holds: Holds<By>) -> String {
    match &case["prefix"] {
        Json::Null => String::new(),
        prefix => match to_string(prefix).unwrap_or_default() {
            empty if empty.is_empty() && holds.has(By::EmptyPrefix) => empty,
            text => format!("{text}."),
        },
    }
}

fn line(case: &Json, metric: &Json, event: &Json, holds: Holds<By>) -> Result<String, NoLine> {
    let (kind, options) = (kind(&metric["type"])?, &metric["options"]);
    let format = format(case)?;
    // It calls the function with the metadata only.
    let two = keep_function(options).is_some_and(|keep| arity(keep) != 1);
    if two && !holds.has(By::Kept) {
        return Err(NoLine::Raises);
    }
    let kept = if holds.has(By::Kept) {
        kept_here(options, event)?
    } else {
        kept(options, event)?
    };
    if !kept.ok_or(NoLine::Raises)? {
        return Err(NoLine::Nothing);
    }
    let rate = sampled(options, event)?;
    let value = match kind {
        Kind::Counter => Num::Int(1),
        _ => number(metric, event, holds)?,
    };
    if !(options["tags"].is_array() || options["tags"].is_null() || holds.has(By::Kept)) {
        return Err(NoLine::Raises);
    }
    let tags = tags(case, options, event, holds)?;
    let name = dotted(&metric["name"])?;
    let mut name = format!("{}{name}", prefix(case, holds));
    let mut ending = rate;
    match format {
        Format::Standard => name.push_str(&segments(&tags, holds)?),
        _ => ending.push_str(&datadog_tags(case, &tags, holds)?),
    }
    let lines = values(kind, options, value, format, holds)?;
    let lines = lines.iter().map(|value| format!("{name}:{value}{ending}"));
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

/// The rate at the end of a line, if the draw lets it through.
fn sampled(options: &Json, event: &Json) -> Result<String, NoLine> {
    let rate = &options["reporter_options"]["sampling_rate"];
    let Some(number) = rate.as_f64() else {
        return Ok(String::new());
    };
    if number < 1.0 {
        let draw = event["random_draw"].as_f64();
        // Nothing is drawn below zero, and hardly ever zero.
        let draw = draw.or((number <= 0.0).then_some(0.5));
        let draw = draw.ok_or_else(|| Strange::unknown("draw", event))?;
        if number < draw {
            return Err(NoLine::Nothing);
        }
    }
    Ok(if number > 0.0 && number < 1.0 {
        format!("|@{}", float_text(number))
    } else {
        String::new()
    })
}

fn number(metric: &Json, event: &Json, holds: Holds<By>) -> Result<Num, NoLine> {
    let (options, name) = (&metric["options"], dotted(&metric["name"])?);
    let last = name.rsplit('.').next().unwrap_or_default();
    let units = Units::of(options)?;
    let there = if holds.has(By::Texts) {
        measured_by_text(options, last, event)?
    } else {
        measured(options, last, event)?
    };
    match (converted(there.clone(), units), there) {
        (Measured::Number(_), Measured::Number(measured)) if holds.has(By::Arithmetic) => units
            .ours(measured)
            .map(|float| Num::Float(float + 0.0))
            .ok_or(NoLine::Nothing),
        // Zero has no sign.
        (Measured::Number(Num::Float(float)), _) => Ok(Num::Float(float + 0.0)),
        (Measured::Number(number), _) => Ok(number),
        (Measured::Not(_), _) => Err(NoLine::Nothing),
        (Measured::Fails(_), _) => Err(NoLine::Raises),
    }
}

/// The tags' keys, as they are looked up, and their values; a missing one is empty.
fn tags(
    case: &Json,
    options: &Json,
    event: &Json,
    holds: Holds<By>,
) -> Result<Vec<(String, Json)>, NoLine> {
    let values = tag_values(options, event)?.ok_or(NoLine::Raises)?;
    let global = list(case, "global_tags");
    let of = |key: String| {
        let mut global = global.iter().filter(|tag| tag[0].as_str() == Some(&key));
        let text = || {
            values
                .get(&other_key(&key))
                .filter(|_| holds.has(By::Texts))
        };
        let value = values
            .get(&key)
            .or_else(text)
            .or_else(|| global.next().map(|tag| &tag[1]));
        let value = value.cloned().unwrap_or_else(|| Json::from(""));
        (key, value)
    };
    Ok(tag_keys(options)?.into_iter().map(of).collect())
}

/// The text of a tag's value.
fn tag_text(value: &Json, holds: Holds<By>) -> Result<String, NoLine> {
    let ours = match value {
        Json::Number(_) => holds.has(By::Floats),
        Json::Object(_) => holds.has(By::Terms),
        _ => false,
    };
    if ours {
        return Ok(our_text(value)?.unwrap_or_default());
    }
    to_string(value).map_err(|_| NoLine::Raises)
}

/// Tags as segments of a name.
fn segments(tags: &[(String, Json)], holds: Holds<By>) -> Result<String, NoLine> {
    let mut all = String::new();
    for (_, value) in tags {
        all.push('.');
        let absent = value.is_null() || value == "";
        if absent && holds.has(By::Absent) {
            all.push_str("none");
        } else if value.is_null() {
            all.push_str("nil");
        } else if absent {
            return Err(NoLine::Empty);
        } else {
            let mut text = tag_text(value, holds)?;
            if text.is_empty() && holds.has(By::Absent) {
                text.push_str("none");
            }
            if holds.has(By::Dots) {
                text = text.replace('.', "_");
            }
            all.push_str(&replaced(&text, "", holds));
        }
    }
    Ok(all)
}

/// What could be read as punctuation of a line, and `more`.
fn replaced(text: &str, more: &str, holds: Holds<By>) -> String {
    if !holds.has(By::Reserved) {
        return text.to_owned();
    }
    let is_reserved =
        |c: char| ":|@#".contains(c) || more.contains(c) || c.is_whitespace() || c.is_control();
    text.replace(is_reserved, "_")
}

/// `|#key:value,..`
fn datadog_tags(case: &Json, tags: &[(String, Json)], holds: Holds<By>) -> Result<String, NoLine> {
    let mut all = Vec::new();
    for (key, value) in tags {
        let plain = key.strip_prefix("str:");
        if plain.is_some() && !holds.has(By::Kept) {
            return Err(NoLine::Raises);
        }
        let key = replaced(plain.unwrap_or(key), ",", holds);
        let text = match value {
            Json::Null if holds.has(By::Absent) => String::new(),
            Json::Null => "nil".into(),
            term if !has_text(term) && !holds.has(By::Terms) => "_unprocessable".into(),
            other => tag_text(other, holds)?,
        };
        if !(text.is_empty() && holds.has(By::Absent)) {
            all.push(format!("{key}:{}", replaced(&text, ",", holds)));
        }
    }
    if holds.has(By::ConstantTags) {
        for tag in list(case, "global_tags") {
            let [key, value] = [0, 1].map(|at| our_text(&tag[at]));
            let [key, value] = [key?, value?].map(Option::unwrap_or_default);
            if !value.is_empty() {
                let [key, value] = [key, value].map(|text| replaced(&text, ",", holds));
                all.push(format!("{key}:{value}"));
            }
        }
    }
    Ok(if all.is_empty() {
        String::new()
    } else {
        format!("|#{}", all.join(","))
    })
}

/// `5|c`, and the like; a gauge below zero takes two.
fn values(
    kind: Kind,
    options: &Json,
    value: Num,
    format: Format,
    holds: Holds<By>,
) -> Result<Vec<String>, NoLine> {
    let is_negative = value.as_f64() < 0.0;
    if kind == Kind::Sum && value.as_f64() == 0.0 && holds.has(By::Zero) {
        return Err(NoLine::Nothing);
    }
    if format == Format::Datadog {
        let letter = match kind {
            Kind::Counter | Kind::Sum => "c",
            Kind::LastValue => "g",
            Kind::Summary => "h",
            _ => "d",
        };
        return Ok(vec![format!("{}|{letter}", value.text())]);
    }
    let text = match value {
        Num::Float(float) if !holds.has(By::Fractions) => (float.round() as i128).to_string(),
        other => other.text(),
    };
    let counts = is(&options["reporter_options"]["report_as"], "counter");
    Ok(vec![match kind {
        Kind::Counter => "1|c".into(),
        Kind::Sum if counts && is_negative && holds.has(By::Down) => return Err(NoLine::Nothing),
        Kind::Sum if counts && is_negative => return Err(NoLine::Empty),
        Kind::Sum if counts => format!("{text}|c"),
        Kind::Sum if is_negative => format!("{text}|g"),
        Kind::Sum => format!("+{text}|g"),
        Kind::LastValue if is_negative && holds.has(By::NegativeGauge) => {
            return Ok(vec!["0|g".into(), format!("{text}|g")]);
        }
        Kind::LastValue => format!("{text}|g"),
        _ => format!("{text}|ms"),
    }])
}
