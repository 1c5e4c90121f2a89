//! Deltas into lines, in both formats; the rules are in the crate's own documentation.
//!
//! Pure: lines go to a [`Packer`], which hands datagrams to whatever there is.

#[cfg(test)]
mod tests;
mod values;

use std::fmt::Write;

use telemetry_metrics::{
    Amount, Definition, Delta, DeltaData, Dimension, Kind, Mark, OVERFLOW_TAG, Part, Unit,
};

use crate::check::reports_as_counter;
use crate::format::Format;
use crate::load::{Load, Token};
use crate::number::{push_amount, push_real};
use crate::pack::{Claim, GivenUp, Packer, Sink};
use crate::text::{push_name, push_segment, push_tag};
use crate::thin::Sampling;
use values::ValueWriter;

/// What stands in a name where a tag is absent, so that segments keep their places.
const ABSENT: &str = "none";

/// What stands in a name in place of the tags of the overflow series.
const OVERFLOW_SEGMENT: &str = "overflow";

/// Writes lines. Its buffers are kept from line to line.
#[derive(Debug)]
pub(crate) struct Encoder {
    format: Format,
    /// With its dot; empty if there is none.
    prefix: String,
    /// `env:prod,region:eu`
    global_tags: String,
    /// What stands behind the tags: `|c:ci-..`, or nothing.
    origin: String,
    /// What ends the lines of counts and gauges: `|T1700000000`, or nothing.
    stamp: String,
    max_values: u64,
    /// Whether several values stand in one line.
    packs: bool,
    /// The name of the series at hand.
    name: String,
    /// What ends its lines: `|#method:GET|c:ci-..`, or nothing.
    tags: String,
    line: String,
    claims: Vec<Claim>,
}

impl Encoder {
    pub(crate) fn new(format: Format, prefix: &str, global_tags: String, max_values: u64) -> Self {
        let mut name = String::new();
        if !prefix.is_empty() {
            push_name(&mut name, prefix);
            name.push('.');
        }
        Self {
            format,
            prefix: name,
            global_tags,
            origin: String::new(),
            stamp: String::new(),
            max_values,
            packs: format == Format::Datadog,
            name: String::new(),
            tags: String::new(),
            line: String::new(),
            claims: Vec::new(),
        }
    }

    /// Ends all lines with this, in Datadog's format.
    pub(crate) fn with_origin(mut self, origin: String) -> Self {
        self.origin = origin;
        self
    }

    /// Writes each value in a line of its own, if this is `false`; so does plain StatsD anyway.
    pub(crate) fn packing(mut self, packs: bool) -> Self {
        self.packs &= packs;
        self
    }

    /// Says of counts and gauges that they are of this second, or, without one, of when they
    /// arrive.
    pub(crate) fn stamp(&mut self, second: Option<u64>) {
        self.stamp.clear();
        if let Some(second) = second {
            let _ = write!(self.stamp, "|T{second}");
        }
    }

    /// Writes the lines of one series.
    pub(crate) fn encode(&mut self, delta: &Delta<'_>, packer: &mut Packer, sink: &mut impl Sink) {
        self.begin(delta);
        let definition = delta.definition;
        let unit = shown_unit(definition);
        match &delta.data {
            DeltaData::Counter(count) => {
                let _ = write!(self.start(), "{count}");
                self.end(Some("c"), delta.mark, packer, sink);
            }
            DeltaData::Sum(added) => {
                let as_gauge = self.format == Format::Standard && !reports_as_counter(definition);
                let line = self.start();
                // Without a sign it would not be added to the gauge but set.
                if as_gauge && !added.is_negative() {
                    line.push('+');
                }
                let kind = if as_gauge { "g" } else { "c" };
                let finite = push_amount(line, *added, unit);
                self.end(finite.then_some(kind), delta.mark, packer, sink);
            }
            DeltaData::LastValue(value) => self.gauge(*value, unit, delta.mark, packer, sink),
            DeltaData::Values(parts) => self.values(definition, parts, unit, packer, sink),
            // For readers of totals, and this is not one.
            _ => {}
        }
    }

    /// Writes the name and the tags, which all lines of a series share.
    fn begin(&mut self, delta: &Delta<'_>) {
        self.name.clear();
        self.name.push_str(&self.prefix);
        push_name(&mut self.name, delta.definition.name());
        self.tags.clear();
        match self.format {
            Format::Standard if delta.is_overflow => {
                self.name.push('.');
                self.name.push_str(OVERFLOW_SEGMENT);
            }
            Format::Standard => {
                for text in delta.tags {
                    self.name.push('.');
                    push_segment(&mut self.name, if text.is_empty() { ABSENT } else { text });
                }
            }
            Format::Datadog => {
                if delta.is_overflow {
                    push_pair(&mut self.tags, OVERFLOW_TAG, "true");
                }
                for (key, value) in delta.tags() {
                    push_pair(&mut self.tags, key, value);
                }
                if !self.tags.is_empty() && !self.global_tags.is_empty() {
                    self.tags.push(',');
                }
                self.tags.push_str(&self.global_tags);
                if !self.tags.is_empty() {
                    self.tags.insert_str(0, "|#");
                }
                self.tags.push_str(&self.origin);
            }
        }
    }

    /// Begins a line, up to where its number goes.
    fn start(&mut self) -> &mut String {
        self.line.clear();
        self.line.push_str(&self.name);
        self.line.push(':');
        &mut self.line
    }

    /// Ends it, and sends it on; without a kind there is no number to send.
    fn end(&mut self, kind: Option<&str>, mark: Mark, packer: &mut Packer, sink: &mut impl Sink) {
        self.claims.push(Claim::all(Token::Metric(mark)));
        let Some(kind) = kind else {
            sink.give_up(GivenUp::NotFinite, 1, &mut self.claims);
            self.claims.clear();
            return;
        };
        let _ = write!(self.line, "|{kind}{}{}", self.tags, self.stamp);
        packer.push(&self.line, Load::lines(1), &mut self.claims, sink);
    }

    fn gauge(
        &mut self,
        value: Amount,
        unit: Unit,
        mark: Mark,
        packer: &mut Packer,
        sink: &mut impl Sink,
    ) {
        if self.format != Format::Standard || !value.is_negative() {
            let finite = push_amount(self.start(), value, unit);
            self.end(finite.then_some("g"), mark, packer, sink);
            return;
        }
        // A signed gauge is a step, not a value; so step down from zero. Both lines in one
        // datagram: one that came alone, or in the other order, would leave a wrong value.
        self.start().push_str("0|g\n");
        self.line.push_str(&self.name);
        self.line.push(':');
        let finite = push_amount(&mut self.line, value, unit);
        self.line.push_str("|g");
        self.claims.push(Claim::all(Token::Metric(mark)));
        if finite {
            packer.push(&self.line, Load::lines(2), &mut self.claims, sink);
        } else {
            sink.give_up(GivenUp::NotFinite, 2, &mut self.claims);
            self.claims.clear();
        }
    }

    fn values(
        &mut self,
        definition: &Definition,
        parts: &[Part],
        unit: Unit,
        packer: &mut Packer,
        sink: &mut impl Sink,
    ) {
        let factor = unit.factor() as f64;
        let mut marks = Vec::with_capacity(parts.len());
        for part in parts {
            let value = part.value / factor;
            if value.is_finite() {
                marks.push((value, part.count, part.mark));
            } else {
                let mut claims = vec![Claim::all(Token::Metric(part.mark))];
                sink.give_up(GivenUp::NotFinite, 1, &mut claims);
            }
        }
        // They come nearly so.
        marks.sort_by(|a, b| a.0.total_cmp(&b.0));
        let values: Vec<(f64, u64)> = marks
            .iter()
            .map(|(value, count, _)| (*value, *count))
            .collect();
        let sampling = Sampling::new(&values, self.max_values);
        let kind = match (self.format, definition.kind()) {
            (Format::Standard, _) => "ms",
            (Format::Datadog, Kind::Distribution) => "d",
            (Format::Datadog, _) => "h",
        };
        let mut ending = format!("|{kind}");
        if let Some(rate) = sampling.rate() {
            ending.push_str("|@");
            push_real(&mut ending, rate);
        }
        ending.push_str(&self.tags);

        let mut writer = ValueWriter {
            packed: self.packs,
            name: &self.name,
            ending: &ending,
            line: &mut self.line,
            value: String::new(),
            limit: 0,
            claims: &mut self.claims,
            thinned: 0,
        };
        writer.line.clear();
        sampling.each(&values, |value, shares| {
            let claims = shares.iter().map(|share| Claim {
                token: Token::Metric(marks[share.part].2),
                count: share.count,
            });
            writer.value(value, claims, packer, sink);
        });
        writer.finish(packer, sink);
    }
}

/// Tags that all lines have. One without a value is its key alone.
pub(crate) fn global_tags<'t>(tags: impl IntoIterator<Item = &'t (String, String)>) -> String {
    let mut all = String::new();
    for (key, value) in tags {
        if value.is_empty() {
            if !all.is_empty() {
                all.push(',');
            }
            push_tag(&mut all, key);
        } else {
            push_pair(&mut all, key, value);
        }
    }
    all
}

/// Appends a tag; one without a value is absent.
pub(crate) fn push_pair(tags: &mut String, key: &str, value: &str) {
    if value.is_empty() {
        return;
    }
    if !tags.is_empty() {
        tags.push(',');
    }
    push_tag(tags, key);
    tags.push(':');
    push_tag(tags, value);
}

/// Time is shown in milliseconds, unless the definition says its unit itself: no unit is added to
/// the name here, so the name is what its author made of it, and so is the unit.
fn shown_unit(definition: &Definition) -> Unit {
    if definition.dimension() == Dimension::Time && !definition.unit_is_explicit() {
        Unit::Millisecond
    } else {
        definition.unit()
    }
}
