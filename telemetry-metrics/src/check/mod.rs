//! The check of definitions against the catalogue: does anything in the program emit these events,
//! with this measurement and these tags?
//!
//! It must not raise false alarms, so it speaks only of what cannot be: an event that no callsite
//! can emit, and a key that none of the callsites of the definition's events has. Beyond that, only
//! a slip of the pen is worth a word (`slips` says what looks like one), in two places:
//!
//! - The end of a span may carry keys that no callsite lists.
//! - A name that is written nowhere may be made at run time, where a callsite allows for that.
//!
//! # What it does not see
//!
//! - What closures of the definition make (`measure_with`, `tag_values`), and what those that keep
//!   or drop events look at.
//! - Events of `telemetry::emit`, and of code that is loaded while the program runs. To it, nothing
//!   emits them; such definitions are `unchecked`.
//! - Whether what could be emitted ever is. The catalogue has code that nothing calls, and that of
//!   modules and features that are built but not used. A crate that is a dependency but that no
//!   code names is not linked, so its events are unknown, and rightly so.
//! - A beginning of names, chosen at run time, that is nobody's: `shpo.repo.query` may be some pool's.
//! - Handlers that are attached by hand: only definitions are checked.
//!
//! Where the linker puts no catalogue together (WebAssembly, for one), callsites are listed when they
//! first run. That is after the check, so nothing is checked there: a test on another target does it.
//! `telemetry::catalogue` has the limits of the catalogue itself. One of them can make a false
//! alarm: in a program linked from Rust dynamic libraries, callsites outside the library that
//! contains `telemetry` are missing until they run.

mod nearest;
mod report;
mod sites;
mod slips;

pub use report::DEFINITION_WARNING;
pub(crate) use report::tell;

use std::collections::{BTreeMap, BTreeSet};

use crate::definition::Definition;
use crate::metric::Kind;
use crate::problem::{DefinitionProblem, Problem};
use crate::resolve::RESERVED;
use sites::{Keys, Sites};

/// What to do with definitions that name events, measurements or tags which nothing in the program
/// emits; see [`AggregatorBuilder::check_definitions`](crate::AggregatorBuilder::check_definitions).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Check {
    /// Start, and warn.
    #[default]
    Warn,
    /// Do not start: they are problems like any other, in the same error.
    Deny,
    /// Do not look.
    Off,
}

/// For how many events a name is looked for that may have been meant, because that takes a look at
/// every name. Who has more of them has no typos, but the definitions of another program.
const MAX_LOOKED_FOR: usize = 250;

/// What the program's callsites say against these definitions.
pub(crate) fn check(definitions: &[Definition]) -> Vec<DefinitionProblem> {
    // Of callsites that are listed once they have run, hardly any has when definitions are checked.
    Sites::of_the_program().map_or_else(Vec::new, |sites| check_against(&sites, definitions))
}

fn check_against(sites: &Sites<'_>, definitions: &[Definition]) -> Vec<DefinitionProblem> {
    let mut all = Vec::new();
    let mut looked_up = LookedUp::default();
    for definition in definitions.iter().filter(|one| !one.unchecked) {
        let mut found = Vec::new();
        check_one(sites, definition, &mut looked_up, &mut found);
        all.extend(found.into_iter().map(|problem| DefinitionProblem {
            metric: definition.name().to_owned(),
            problem,
        }));
    }
    all
}

/// What may have been meant by events whose names are not written out anywhere.
type LookedUp<'d> = BTreeMap<&'d str, Option<String>>;

fn look_up<'d>(
    looked_up: &mut LookedUp<'d>,
    event: &'d str,
    find: impl FnOnce() -> Option<String>,
) -> Option<String> {
    if looked_up.len() >= MAX_LOOKED_FOR {
        return looked_up.get(event).cloned().flatten();
    }
    looked_up.entry(event).or_insert_with(find).clone()
}

fn check_one<'d>(
    sites: &Sites<'_>,
    definition: &'d Definition,
    looked_up: &mut LookedUp<'d>,
    found: &mut Vec<Problem>,
) {
    let events = definition.events();
    let mut givers = Givers::default();
    let mut all_judged = true;
    for event in events {
        match givers.add(sites, event) {
            Name::Written => {}
            Name::MadeAtRunTime => {
                let meant = look_up(looked_up, event, || sites.misspelt_event(event));
                if let Some(meant) = meant {
                    all_judged = false;
                    found.push(Problem::MisspeltEvent {
                        event: event.clone(),
                        meant,
                    });
                }
            }
            Name::Unknown => {
                all_judged = false;
                // What the library says about itself need not be emitted by a macro.
                if !event.starts_with(RESERVED) {
                    found.push(Problem::UnknownEvent {
                        event: event.clone(),
                        nearest: look_up(looked_up, event, || sites.nearest_event(event)),
                    });
                }
            }
        }
    }
    if !all_judged || events.is_empty() {
        // Nothing is known of the keys of an unknown event.
        return;
    }
    let measurement = definition
        .measurement()
        .filter(|key| !key.is_empty() && definition.kind() != Kind::Counter);
    if let Some(key) = measurement {
        if let Err(nearest) = givers.judge(key, |keys| &keys.measurements) {
            found.push(Problem::UnknownMeasurement {
                events: events.to_vec(),
                key: key.to_owned(),
                nearest,
            });
        }
    }
    if definition.tag_values.is_some() {
        return;
    }
    for key in definition.tags().iter().filter(|key| !key.is_empty()) {
        if let Err(nearest) = givers.judge(key, |keys| &keys.metadata) {
            found.push(Problem::UnknownTag {
                events: events.to_vec(),
                key: key.clone(),
                nearest,
            });
        }
    }
}

/// The callsites that may emit a definition's events.
#[derive(Default)]
struct Givers<'s> {
    all: Vec<&'s Keys<'s>>,
    /// Those that were most likely meant: whose name is written out, where there are such.
    meant: Vec<&'s Keys<'s>>,
}

/// Where the name of an event comes from.
enum Name {
    /// The program's text.
    Written,
    /// If at all, from what was chosen at run time.
    MadeAtRunTime,
    Unknown,
}

impl<'s> Givers<'s> {
    /// Adds those of one event.
    fn add(&mut self, sites: &'s Sites<'s>, event: &str) -> Name {
        let before = self.all.len();
        if !event.starts_with(RESERVED) {
            self.all.extend(sites.runtime(event));
        }
        if let Some(keys) = sites.literal(event) {
            self.all.push(keys);
            self.meant.push(keys);
            return Name::Written;
        }
        let added = &self.all[before..];
        self.meant.extend_from_slice(added);
        if added.is_empty() {
            Name::Unknown
        } else {
            Name::MadeAtRunTime
        }
    }

    /// Whether one of them may have given the key; if not, what may have been meant instead.
    fn judge(
        &self,
        key: &str,
        of: impl Fn(&'s Keys<'s>) -> &'s BTreeSet<&'s str>,
    ) -> Result<(), Option<String>> {
        if self.all.iter().any(|keys| of(keys).contains(key)) {
            return Ok(());
        }
        let words = |givers: &[&'s Keys<'s>]| -> BTreeSet<&'s str> {
            givers.iter().flat_map(|keys| of(keys)).copied().collect()
        };
        if !self.all.iter().any(|keys| keys.is_open) {
            return Err(nearest::nearest(key, words(&self.all)).map(str::to_owned));
        }
        match slips::mistaken_for(key, words(&self.meant)) {
            Some(meant) => Err(Some(meant.to_owned())),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
