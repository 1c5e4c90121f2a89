//! Datagrams and lines, as they are compared.

use std::fmt;

/// What was sent, line by line.
#[derive(Clone, PartialEq)]
pub(super) struct Datagram(Vec<Line>);

impl Datagram {
    pub(super) fn of(text: &str) -> Self {
        Self(text.split('\n').map(Line::of).collect())
    }
}

impl fmt::Debug for Datagram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<&str> = self.0.iter().map(|line| &*line.text).collect();
        fmt::Debug::fmt(&lines.join("\n"), f)
    }
}

/// A line; its number counts by value, and whether it steps a gauge.
#[derive(Clone)]
struct Line {
    text: String,
    parts: Option<Parts>,
}

#[derive(Clone, PartialEq)]
struct Parts {
    name: String,
    value: f64,
    is_step: bool,
    /// With a rate, if there is one.
    kind: String,
    tags: String,
}

impl Line {
    fn of(text: &str) -> Self {
        let (line, tags) = text.split_once("|#").unwrap_or((text, ""));
        let parts = || {
            let (name, rest) = line.rsplit_once(':')?;
            let (value, kind) = rest.split_once('|')?;
            Some(Parts {
                name: name.into(),
                value: value.parse().ok()?,
                is_step: value.starts_with(['+', '-']) && kind == "g",
                kind: kind.into(),
                tags: tags.into(),
            })
        };
        let text = text.to_owned();
        Self {
            parts: parts(),
            text,
        }
    }
}

impl PartialEq for Line {
    fn eq(&self, other: &Self) -> bool {
        match (&self.parts, &other.parts) {
            (Some(own), Some(other)) => own == other,
            _ => self.text == other.text,
        }
    }
}
