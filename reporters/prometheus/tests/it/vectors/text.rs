//! How a text is written: the original's way without the rules, ours with them.

use telemetry_vectors::num::Num;
use telemetry_vectors::term::{Strange, inspect, our_text, to_string};
use telemetry_vectors::{Holds, Json};

use super::rules::By;

/// Why a series has no labels.
pub(super) enum NoLabels {
    /// It is left out.
    Dropped,
    /// The scrape fails.
    Raises(String),
    /// There is no such case.
    Strange(Strange),
}

/// A name as we write it.
pub(super) fn our_name(name: &str) -> String {
    let digit = name.starts_with(|first: char| first.is_ascii_digit());
    let replaced = name.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    format!("{}{replaced}", if digit { "_" } else { "" })
}

/// A name as the original writes it, which it only deletes from.
pub(super) fn name(segments: &str, holds: Holds<By>) -> String {
    if holds.has(By::Names) {
        return our_name(segments);
    }
    let name = segments.replace('.', "_");
    let name = name.replace(|c: char| !(c.is_ascii_alphanumeric() || c == '_'), "");
    name.trim_start_matches(|c: char| !c.is_ascii_alphabetic())
        .to_owned()
}

/// Text with its special characters escaped. The original means the same, and replaces two
/// backslashes in place of one, and the letters `\n` in place of a line end.
fn escaped(text: &str, holds: Holds<By>) -> String {
    if holds.has(By::Escapes) {
        text.replace('\\', "\\\\").replace('\n', "\\n")
    } else {
        text.replace("\\\\", "\\\\\\\\").replace("\\n", "\\\\n")
    }
}

pub(super) fn help(description: &str, holds: Holds<By>) -> String {
    escaped(description, holds)
}

/// `key="value",..`
pub(super) fn labels(tags: &[(String, Json)], holds: Holds<By>) -> Result<Vec<String>, NoLabels> {
    let mut labels = Vec::new();
    for (key, value) in tags {
        let text = label_text(value, holds)?;
        if text.is_empty() && holds.has(By::Absent) {
            continue;
        }
        // The original's quotes come before its backslashes, which makes no difference.
        let text = if holds.has(By::Escapes) {
            escaped(&text, holds).replace('"', "\\\"")
        } else {
            escaped(&text.replace('"', "\\\""), holds)
        };
        let key = if holds.has(By::Names) {
            our_name(key)
        } else {
            key.clone()
        };
        labels.push(format!("{key}=\"{text}\""));
    }
    labels.sort();
    Ok(labels)
}

fn label_text(value: &Json, holds: Holds<By>) -> Result<String, NoLabels> {
    let ours = match value {
        Json::Number(_) => holds.has(By::Floats),
        Json::Object(_) => holds.has(By::Terms),
        _ => false,
    };
    if ours {
        let text = our_text(value).map_err(NoLabels::Strange)?;
        return Ok(text.unwrap_or_default());
    }
    to_string(value).map_err(|exception| match exception {
        "ArgumentError" => NoLabels::Raises(format!(
            "ArgumentError: cannot convert the given list to a string.\n\nTo be converted to a \
             string, a list must either be empty or only\ncontain the following elements:\n\n  * \
             strings\n  * integers representing Unicode code points\n  * a list containing one of \
             these three elements\n\nPlease check the given list or call inspect/1 to get the list \
             representation, got:\n\n{}\n",
            inspect(value)
        )),
        _ => NoLabels::Dropped,
    })
}

/// The text of labels, which tells series apart here.
pub(super) fn identity(tags: &[(String, Json)]) -> String {
    let text = |value: &Json| our_text(value).ok().flatten().unwrap_or_default();
    let all = tags.iter().map(|(key, value)| (key, text(value)));
    format!(
        "{:?}",
        all.filter(|(_, text)| !text.is_empty()).collect::<Vec<_>>()
    )
}

/// A line of a sample.
pub(super) fn sample(name: &str, labels: &[String], bound: Option<&str>, value: Num) -> String {
    let mut labels = labels.to_vec();
    labels.extend(bound.map(|bound| format!("le=\"{bound}\"")));
    let labels = if labels.is_empty() {
        String::new()
    } else {
        format!("{{{}}}", labels.join(","))
    };
    format!("{name}{labels} {}\n", value.text())
}
