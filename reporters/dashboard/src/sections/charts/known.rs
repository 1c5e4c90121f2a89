//! [`Known`]: what there are charts of.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use telemetry_metrics::Definition;

use crate::sources::Sources;

/// How often it is looked whether there are others.
const EVERY: Duration = Duration::from_secs(5);

/// More than this are not shown.
const MOST_LATER: usize = 2_000;

/// The definitions by the ids of their charts: those of the start by their place, then those that were
/// met later, in that order. An id stays the same as long as the process runs.
///
/// Met later are the library's own families, `telemetry.*`, and those that are added while the program runs.
#[derive(Debug, Default)]
pub(crate) struct Known {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    later: Vec<Arc<Definition>>,
    looked: Option<Instant>,
}

impl Known {
    /// The definition of a chart.
    pub(crate) fn get(&self, sources: &Sources, id: usize) -> Option<Arc<Definition>> {
        let first = &sources.definitions;
        match id.checked_sub(first.len()) {
            None => first.get(id).cloned(),
            Some(later) => self.look(sources).later.get(later).cloned(),
        }
    }

    /// All of them; the place is the id.
    pub(crate) fn all(&self, sources: &Sources) -> Vec<Arc<Definition>> {
        let later = self.look(sources);
        sources
            .definitions
            .iter()
            .chain(&later.later)
            .cloned()
            .collect()
    }

    /// The chart of the definition of this name.
    pub(crate) fn find(&self, sources: &Sources, name: &str) -> Option<usize> {
        self.all(sources).iter().position(|one| one.name() == name)
    }

    /// Looks for others, now and then.
    fn look(&self, sources: &Sources) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.looked.is_some_and(|at| at.elapsed() < EVERY) {
            return state;
        }
        state.looked = Some(Instant::now());
        for (met, _) in sources.history.definitions() {
            // Those of the start have events, and only those.
            if !met.events().is_empty() {
                continue;
            }
            // A tag that was met since makes a new definition.
            let known = state.later.iter().position(|one| one.name() == met.name());
            match known {
                Some(at) => state.later[at] = met,
                None if state.later.len() < MOST_LATER => state.later.push(met),
                None => {}
            }
        }
        state
    }
}
