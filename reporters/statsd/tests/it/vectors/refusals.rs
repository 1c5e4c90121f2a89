//! Why a case does not start: there, here, or both.

use telemetry_metrics::{KNOWN_OPTIONS, Kind};
use telemetry_vectors::num::Units;
use telemetry_vectors::original::tag_keys;
use telemetry_vectors::term::{Strange, inspect, is, our_text, tagged};
use telemetry_vectors::{Answer, Holds, Json, dotted, key, kind};

use super::rules::By;
use super::{Given, event_of, format, list};

/// What a setting must be there, in the words of the refusal; nothing if the value is right.
///
/// Where the words are those of a library of the original, only their beginning is told.
fn wrong_setting(key: &str, value: &Json) -> Option<String> {
    let shown = inspect(value);
    let is_text = matches!(value, Json::String(_)) || matches!(tagged(value), Some(("string", _)));
    let says = |text: String| Some(format!("invalid value for :{key} option: {text}"));
    match key {
        "host" if is_text => None,
        "host" => match tagged(value) {
            Some(("tuple", parts)) if is_ip(parts) => None,
            Some(("tuple", _)) => says(format!(
                "expected :host to be a valid IP address, got {shown}"
            )),
            _ => says(format!(
                "expected :host to be an IP address or a hostname, got {shown}"
            )),
        },
        "socket_path" if is_text => None,
        "socket_path" => says(format!("expected :socket_path to be a string, got {shown}")),
        "inet_address_family" => {
            let known = ["inet", "inet6", "local"];
            let atom = our_text(value).ok().flatten().unwrap_or_default();
            (!known.contains(&&*atom)).then(|| {
                says(format!(
                    "expected one of [:inet, :inet6, :local], got: {shown}"
                ))
            })?
        }
        "pool_size" | "host_resolution_interval" | "port" | "mtu" => {
            value.as_u64().is_none().then(|| says("…".into()))?
        }
        _ => Some(format!(
            "unknown options [:{key}], valid options are: [:metrics, :host, :port, \
             :inet_address_family, :socket_path, :formatter, :global_tags, :prefix, :pool_size, \
             :host_resolution_interval, :mtu]"
        )),
    }
}

fn is_ip(parts: &Json) -> bool {
    let parts = parts.as_array().map(Vec::as_slice).unwrap_or_default();
    let limit = match parts.len() {
        4 => u64::from(u8::MAX),
        8 => u64::from(u16::MAX),
        _ => return false,
    };
    let fits = |part: &Json| part.as_u64().is_some_and(|part| part <= limit);
    parts.iter().all(fits)
}

/// The address that a case gives, if it gives one that is none.
pub(super) fn address(case: &Json) -> Result<Option<String>, Strange> {
    let options = case["extra_options"].as_object().into_iter().flatten();
    let mut address = None;
    for (key, value) in options {
        match (key.as_str(), tagged(value)) {
            // Where the daemon of the test listens, and how many sockets there are, is not told.
            _ if wrong_setting(key, value).is_none() => {}
            ("host", Some(("tuple", parts))) => {
                let parts = parts.as_array().into_iter().flatten();
                let parts: Vec<String> = parts.map(ToString::to_string).collect();
                address = Some(format!("{}:8125", parts.join(".")));
            }
            _ => return Err(Strange::NotHere),
        }
    }
    Ok(address)
}

/// Why it does not start, if it does not.
pub(super) fn refusal(case: &Json, holds: Holds<By>) -> Result<Option<Answer<Given>>, Strange> {
    let settings = settings(case, holds);
    // Where we refuse it, too, there may be something that we refuse before that.
    match &settings {
        Some(Answer::Refuses { ours, .. }) if !ours.is_empty() => {}
        Some(_) => return Ok(settings),
        None => {}
    }
    let metrics = list(case, "metrics");
    let mut all = Vec::new();
    let mut refuse = |rule: By, part: &str| {
        if holds.has(rule) {
            all.push(part.to_owned());
        }
    };
    // First what the aggregator refuses.
    let constant_tags = super::constant_tags(case)?;
    for (at, (key, _)) in constant_tags.iter().enumerate() {
        if key.is_empty() {
            refuse(By::Names, "a tag's key is empty");
        }
        if constant_tags[..at].iter().any(|(other, _)| other == key) {
            refuse(By::SameTag, "is listed twice");
        }
    }
    for (at, metric) in metrics.iter().enumerate() {
        if Units::of(&metric["options"])?.is_mixed() {
            return Err(Strange::unknown("unit", metric));
        }
        let (name, keys) = (dotted(&metric["name"])?, tag_keys(&metric["options"])?);
        if !is_name(&name) {
            refuse(By::Names, "the name is not one");
        } else if !is_name(&event_of(metric)?) {
            refuse(By::Names, "is not an event name");
        }
        let measurement = metric["options"]
            .get("measurement")
            .and_then(|json| key(json).ok());
        if measurement.is_some_and(|key| key.is_empty()) {
            refuse(By::Names, "the measurement's key is empty");
        }
        let plain = |key: &str| key.strip_prefix("str:").unwrap_or(key).to_owned();
        for (at, key) in keys.iter().enumerate() {
            if plain(key).is_empty() {
                refuse(By::Names, "a tag's key is empty");
            }
            if keys[..at].iter().any(|other| plain(other) == plain(key)) {
                refuse(By::SameTag, "is listed twice");
            }
            let mut tags = list(case, "global_tags").iter();
            if tags.any(|tag| tag[0].as_str() == Some(&plain(key))) {
                refuse(By::ConstantTags, "is also a constant tag");
            }
        }
        let same = |other: &&Json| {
            other["type"] == metric["type"] && dotted(&other["name"]).as_ref() == Ok(&name)
        };
        if metrics[..at].iter().any(|other| same(&other)) {
            refuse(
                By::SameName,
                "a definition of this name and kind stands earlier",
            );
        }
    }
    // Then what the reporter does.
    let prefix = our_text(&case["prefix"])?.unwrap_or_default();
    let is_reserved = |c: char| ":|@#".contains(c) || c.is_whitespace() || c.is_control();
    if !prefix.is_empty() && (prefix.contains(is_reserved) || prefix.split('.').any(str::is_empty))
    {
        refuse(By::Names, "cannot be a prefix");
    }
    for (at, metric) in metrics.iter().enumerate() {
        let name = dotted(&metric["name"])?;
        for (key, value) in metric["options"]["reporter_options"]
            .as_object()
            .into_iter()
            .flatten()
        {
            match key.as_str() {
                _ if value.is_null() => {}
                "report_as" if kind(&metric["type"])? != Kind::Sum => {
                    refuse(By::Options, "`report_as` is for sums");
                }
                "report_as" if !is(value, "counter") => {
                    refuse(By::Options, "cannot be reported as");
                }
                "report_as" | "buckets" => {}
                key if !KNOWN_OPTIONS.contains(&key) => {
                    refuse(
                        By::Options,
                        &format!("no reporter knows the option `{key}`"),
                    );
                }
                _ => {}
            }
        }
        if metrics[..at]
            .iter()
            .any(|other| dotted(&other["name"]).as_ref() == Ok(&name))
        {
            refuse(By::SameName, "would be sent under this one name");
        }
    }
    let mtu = case["mtu"].as_u64().unwrap_or_default();
    if !(64..=65_507).contains(&mtu) {
        refuse(By::SmallMtu, &format!("the MTU is {mtu} bytes"));
    }
    Ok(match (all.into_iter().next(), settings) {
        (Some(ours), Some(Answer::Refuses { theirs, .. })) => {
            Some(Answer::both_refuse(theirs, ours))
        }
        (Some(ours), _) => Some(Answer::we_refuse(ours)),
        (None, settings) => settings,
    })
}

/// Settings that are refused there.
fn settings(case: &Json, holds: Holds<By>) -> Option<Answer<Given>> {
    let by_type = |message: String| {
        Some(if holds.has(By::Unwritable) {
            Answer::NotHere
        } else {
            Answer::they_refuse(message)
        })
    };
    if format(case).is_err() {
        let shown = inspect(&case["formatter"]);
        return by_type(format!(
            "invalid value for :formatter option: expected :formatter be either :standard or \
             :datadog, got {shown}"
        ));
    }
    if let Some(message) = wrong_setting("mtu", &case["mtu"]) {
        return by_type(message);
    }
    if !case["global_tags"].is_array() {
        return by_type("invalid value for :global_tags option: …".into());
    }
    if super::prefix(case).is_err() {
        return by_type("invalid value for :prefix option: …".into());
    }
    if holds.has(By::Unwritable) && super::written(case) == Err(Strange::NotHere) {
        return Some(Answer::NotHere);
    }
    for (key, value) in case["extra_options"].as_object().into_iter().flatten() {
        if let Some(message) = wrong_setting(key, value) {
            return if key == "host" && matches!(tagged(value), Some(("tuple", _))) {
                Some(Answer::both_refuse(message, "is not an address"))
            } else {
                by_type(message)
            };
        }
    }
    None
}

/// Whether a name is one here.
fn is_name(name: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    name.split('.')
        .all(|segment| !segment.is_empty() && segment.chars().all(is_letter))
}
