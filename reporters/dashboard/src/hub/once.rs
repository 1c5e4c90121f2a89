//! Answers to those who ask once, and do not stay.

use std::sync::Arc;

use serde_json::Value as Json;

use super::Hub;
use super::section::{Making, Section};
use crate::moment::Moment;
use crate::view::{Key, View};

impl Hub {
    /// The sections of a view as they are now, each with its id. Those that are watched anyway are
    /// taken as they are; the others are made, and gone again.
    pub(crate) async fn whole(self: &Arc<Self>, view: &View) -> Vec<Json> {
        // It is never closed.
        let Ok(turn) = self.answers.clone().acquire_owned().await else {
            return Vec::new();
        };
        let (hub, keys) = (self.clone(), view.sections.clone());
        // The turn goes along: whoever hangs up does not stop the work.
        let make = move || {
            let made = hub.whole_of(&keys);
            drop(turn);
            made
        };
        let made = tokio::task::spawn_blocking(make).await;
        // The runtime is shutting down, and nobody will read it.
        made.unwrap_or_default()
    }

    fn whole_of(&self, keys: &[Key]) -> Vec<Json> {
        let moment = Moment::new(&self.sources).with_hub(self.status());
        let making = Making {
            open: &*self.open,
            moment: &moment,
            retry: self.times.retry,
            panicked: &|| self.panicked(),
        };
        let whole = |key: &Key| {
            let watched = self.roll().watched_as(key);
            match watched.filter(|section| section.is_made()) {
                Some(section) => section.now(making.panicked),
                None => {
                    let section = Section::new(key.clone());
                    section.begin(making);
                    section.now(making.panicked)
                }
            }
        };
        keys.iter().map(whole).collect()
    }
}
