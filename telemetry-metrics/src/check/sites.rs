//! [`Sites`]: the catalogue, arranged for questions about events.

use std::collections::{BTreeMap, BTreeSet};

use telemetry::CallsiteInfo;

use super::{nearest, slips};

/// What the callsites of one name, or of one ending of names, may give their events.
#[derive(Debug, Default)]
pub(crate) struct Keys<'c> {
    pub(crate) measurements: BTreeSet<&'c str>,
    pub(crate) metadata: BTreeSet<&'c str>,
    /// Whether one of them may give more than is listed.
    pub(crate) is_open: bool,
}

/// All callsites, merged by name.
#[derive(Debug, Default)]
pub(crate) struct Sites<'c> {
    literal: BTreeMap<&'c str, Keys<'c>>,
    /// Names of which only the end is known, by that end: `.stop`, or nothing.
    runtime: BTreeMap<&'c str, Keys<'c>>,
}

impl Sites<'static> {
    /// The callsites of this program, if all of them are known.
    pub(crate) fn of_the_program() -> Option<Self> {
        telemetry::catalogue_is_complete().then(|| Self::of(telemetry::catalogue()))
    }

    fn of(all: impl Iterator<Item = &'static CallsiteInfo>) -> Self {
        let mut sites = Self::default();
        all.for_each(|info| sites.add(info));
        sites
    }

    fn add(&mut self, info: &'static CallsiteInfo) {
        let keys = self.keys_of(info.name());
        keys.measurements.extend(info.measurement_keys());
        keys.metadata.extend(info.metadata_keys());
        keys.is_open |= info.is_open();
    }
}

impl<'c> Sites<'c> {
    pub(super) fn keys_of(&mut self, name: &'c str) -> &mut Keys<'c> {
        match name.strip_prefix('*') {
            Some(end) => self.runtime.entry(end).or_default(),
            None => self.literal.entry(name).or_default(),
        }
    }

    /// What is emitted under exactly this name in the program's text.
    pub(crate) fn literal(&self, event: &str) -> Option<&Keys<'c>> {
        self.literal.get(event)
    }

    /// What may be emitted under this name, if somebody chooses so at run time.
    pub(crate) fn runtime(&self, event: &str) -> impl Iterator<Item = &Keys<'c>> {
        self.runtime
            .iter()
            .filter(move |(end, _)| event.len() > end.len() && event.ends_with(**end))
            .map(|(_, keys)| keys)
    }

    /// The event of which this looks like a slip of the pen, though it may be some run-time name.
    pub(crate) fn misspelt_event(&self, event: &str) -> Option<String> {
        slips::misspelt_name(event, self.literal.keys().copied()).map(str::to_owned)
    }

    /// The event that somebody may have meant who wrote this one, which nothing emits.
    pub(crate) fn nearest_event(&self, event: &str) -> Option<String> {
        // A span emits nothing under its own name.
        let stop = format!("{event}.stop");
        if self.literal.contains_key(&*stop) {
            return Some(stop);
        }
        let known = self.literal.keys().copied();
        if let Some(known) = nearest::nearest(event, known) {
            return Some(known.to_owned());
        }
        // Of names whose beginning is chosen at run time, only the end can be wrong.
        let meant = self.runtime.keys().filter_map(|end| {
            let beginning = without_last(event, segments(end))?;
            nearest::nearest(&event[beginning.len()..], [*end])?;
            Some(format!("{beginning}{end}"))
        });
        // A span has three ends, and all of them may be near.
        let meant: Vec<String> = meant.collect();
        nearest::nearest(event, meant.iter().map(String::as_str)).map(str::to_owned)
    }
}

/// How many segments stand behind a `*`.
fn segments(end: &str) -> usize {
    end.bytes().filter(|byte| *byte == b'.').count()
}

/// A name without its last segments, if that leaves any.
fn without_last(name: &str, segments: usize) -> Option<&str> {
    (0..segments).try_fold(name, |name, _| Some(name.rsplit_once('.')?.0))
}
