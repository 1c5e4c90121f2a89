//! Families that were not there when the reporter was built: numbers that are no events, which others
//! record. They come last in a snapshot, and in the order in which they were added.
//!
//! A builder refuses what would make the text invalid. Here it is too late for that, so a family
//! whose samples cannot be told from another one's is left out for good, which is said and counted.
//! A family may get more labels from scrape to scrape; one that cannot be told from another, or that
//! means something else, gets `_` at its end.

use std::collections::HashSet;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use telemetry_metrics as metrics;

use crate::family::{Family, Label};
use crate::name::sanitise;

/// Tags that would be labels with a meaning of their own, in families of one kind or another.
const RESERVED: [&str; 3] = ["le", "quantile", metrics::OVERFLOW_TAG];

#[derive(Debug)]
pub(crate) struct LateFamilies {
    met: Mutex<Met>,
    verbatim: bool,
    /// The constant labels, as lines begin with them.
    constant: String,
    /// Labels that are not for tags to be.
    reserved: Vec<String>,
}

/// What was met so far.
#[derive(Debug)]
pub(crate) struct Met {
    /// In a snapshot's order; none where it is left out.
    pub(crate) families: Vec<Option<Family>>,
    names: HashSet<String>,
}

impl LateFamilies {
    /// None so far; these families, and these names, are there already.
    pub(crate) fn new(
        families: &[Family],
        more_names: Vec<String>,
        verbatim: bool,
        constant: String,
        constant_labels: Vec<String>,
    ) -> Self {
        let names = families.iter().flat_map(Family::names);
        let names = names.map(|(name, _)| name);
        let met = Met {
            families: Vec::new(),
            names: names.chain(more_names).collect(),
        };
        Self {
            met: Mutex::new(met),
            verbatim,
            constant,
            reserved: [constant_labels, RESERVED.map(sanitise).into()].concat(),
        }
    }

    fn family(&self, definition: &Arc<metrics::Definition>) -> Family {
        let mut family = Family::new(definition, self.verbatim, &self.constant);
        let mut taken = self.reserved.clone();
        let tags = definition.tags().iter();
        family.labels = tags
            .map(|tag| {
                // As tags only ever come behind others, a tag is the same label in each scrape.
                let label = distinct(sanitise(tag), &taken);
                taken.push(label.clone());
                Label::new(&label)
            })
            .collect();
        family
    }

    /// Whether a family of a snapshot is such a one.
    pub(crate) fn is_late(family: &metrics::Family) -> bool {
        let definition = &family.definition;
        definition.events().is_empty() && !definition.name().starts_with("telemetry.")
    }

    /// Meets the late families of a snapshot, all of them. Returns them, and how many are left out
    /// from now on.
    pub(crate) fn meet(&self, found: &[metrics::Family]) -> (MutexGuard<'_, Met>, u64) {
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        let mut left_out = 0;
        for (at, family) in found.iter().enumerate() {
            let definition = &family.definition;
            match met.families.get_mut(at) {
                // A description or a tag came.
                Some(Some(known)) if !Arc::ptr_eq(&known.definition, definition) => {
                    *known = self.family(definition);
                }
                Some(_) => {}
                None => {
                    let new = met.admit(self.family(definition));
                    left_out += u64::from(new.is_none());
                    met.families.push(new);
                }
            }
        }
        (met, left_out)
    }
}

impl Met {
    /// Takes the names of a family, unless one of them is taken.
    fn admit(&mut self, family: Family) -> Option<Family> {
        let names = family.names();
        if let Some((taken, _)) = names.iter().find(|(name, _)| self.names.contains(name)) {
            let _ = writeln!(
                std::io::stderr(),
                "telemetry-prometheus: the {} `{}`, which came after the reporter was built, is left \
                 out: another family has the name `{taken}`",
                family.definition.kind(),
                family.definition.name()
            );
            return None;
        }
        self.names.extend(names.into_iter().map(|(name, _)| name));
        Some(family)
    }
}

/// A label like this one that is none of those.
fn distinct(mut label: String, taken: &[String]) -> String {
    if label.starts_with("__") || label.is_empty() {
        label.insert_str(0, "label");
    }
    while taken.contains(&label) {
        label.push('_');
    }
    label
}
