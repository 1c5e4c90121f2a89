//! The attributes of points.
//!
//! What a tag becomes never makes two series one: points of the same attributes would be taken for
//! one another. So whatever a conventional attribute cannot tell apart stays under its own key.

use telemetry_metrics::OVERFLOW_TAG;

use super::conventions::{Role, first_error, role};
use crate::proto::common::{bool_attribute, int_attribute, text_attribute};

/// How the tags of a definition's series are written.
#[derive(Debug)]
pub(super) struct Attributes {
    /// The number of the field that they are.
    field: u32,
    /// Those that all series have, written.
    fixed: Vec<u8>,
    /// For each tag what it becomes, under which key.
    tags: Vec<(Role, String)>,
    /// The first status that is an error.
    first_error: u16,
}

const ERROR_TYPE: &str = "error.type";
/// What the conventions call an error of which nothing is known.
const OTHER: &str = "_OTHER";
const REASON: &str = "reason";
const OUTCOME: &str = "outcome";
const METHOD: &str = "method";

impl Attributes {
    /// For the metric of this (OpenTelemetry's) name, from the keys of its tags and the attributes
    /// that all points have.
    pub(super) fn new(field: u32, metric: &str, tags: &[String], fixed: &[(&str, &str)]) -> Self {
        let is_taken = |key: &str| {
            tags.iter().any(|tag| tag == key) || fixed.iter().any(|(taken, _)| *taken == key)
        };
        let written = |tag: &String| {
            let role = role(metric, tag);
            match role.key() {
                Some(key) if is_taken(key) => (Role::Text(None), tag.clone()),
                Some(key) => (role, key.to_owned()),
                None => (role, tag.clone()),
            }
        };
        let mut attributes = Vec::new();
        // Only the library's own families may have a tag that is called like a constant one.
        let is_tag = |key: &str| tags.iter().any(|tag| tag == key);
        for (key, value) in fixed.iter().filter(|(key, _)| !is_tag(key)) {
            text_attribute(&mut attributes, field, key, value);
        }
        Self {
            field,
            fixed: attributes,
            tags: tags.iter().map(written).collect(),
            first_error: first_error(metric),
        }
    }

    /// Writes those of a series with these texts of tags.
    pub(super) fn write(&self, out: &mut Vec<u8>, texts: &[Box<str>], is_overflow: bool) {
        out.extend_from_slice(&self.fixed);
        if is_overflow {
            return bool_attribute(out, self.field, OVERFLOW_TAG, true);
        }
        let mut end = End::default();
        for ((role, key), text) in self.tags.iter().zip(texts) {
            let text = &**text;
            match role {
                Role::Outcome => end.outcome = Some(text),
                Role::Reason => end.reason = text,
                // No route is something else than one that nobody told.
                Role::Route if text == "unmatched" => {}
                Role::Route => text_attribute(out, self.field, key, text),
                _ if text.is_empty() => {}
                Role::Text(_) => text_attribute(out, self.field, key, text),
                Role::Method if text == "OTHER" => text_attribute(out, self.field, key, OTHER),
                // Somebody else's word for it.
                Role::Method if text == OTHER => text_attribute(out, self.field, METHOD, text),
                Role::Method => text_attribute(out, self.field, key, text),
                Role::Integer(_) => {
                    let number = text.parse::<i64>().ok();
                    match number.filter(|number| number.to_string() == text) {
                        Some(number) => int_attribute(out, self.field, key, number),
                        None => text_attribute(out, self.field, key, text),
                    }
                    if number >= Some(i64::from(self.first_error)) {
                        end.error_status = Some(text);
                    }
                }
            }
        }
        end.write(out, self.field);
    }
}

/// How something ended, as tags tell it.
#[derive(Default)]
struct End<'a> {
    /// If it is a tag.
    outcome: Option<&'a str>,
    reason: &'a str,
    error_status: Option<&'a str>,
}

impl End<'_> {
    fn write(&self, out: &mut Vec<u8>, field: u32) {
        let mut error = |kind: &str| text_attribute(out, field, ERROR_TYPE, kind);
        let mut reason = self.reason;
        match (self.outcome, self.error_status) {
            (None | Some("ok"), _) => {}
            (Some("error"), Some(status)) => error(status),
            (Some("error"), None) if reason.is_empty() || is_reserved(reason) => error(OTHER),
            (Some("error"), None) => error(std::mem::take(&mut reason)),
            (Some(outcome @ ("panic" | "cancelled")), _) => error(outcome),
            (Some(other), _) => text_attribute(out, field, OUTCOME, other),
        }
        if !reason.is_empty() {
            text_attribute(out, field, REASON, reason);
        }
    }
}

/// Whether as a type of error it would mean something else.
fn is_reserved(reason: &str) -> bool {
    matches!(reason, OTHER | "panic" | "cancelled")
        || reason.bytes().all(|byte| byte.is_ascii_digit())
}
