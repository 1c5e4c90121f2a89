//! Records of the crate `log`, which `tracing-log` passes on.
//!
//! It asks the filters with the target of the record, and then records an event whose target is
//! `log`, and which has the record's own target in a field. They are known by that field, so that
//! this crate need not depend on `tracing-log`.

use std::fmt;

use tracing::Event;
use tracing::field::{Field, Visit};

use super::rules::Sought;
use crate::text::cut;

/// What `tracing-log` calls the records when it asks the filters about them.
const NAME: &str = "log record";

const TARGET: &str = "log.target";

/// Whether a field says where the record comes from, which the fields of other events do not.
pub(super) fn is_origin(field: &str) -> bool {
    matches!(field, TARGET | "log.module_path" | "log.file" | "log.line")
}

/// The target of the record, if the event is one.
pub(super) fn target_of(event: &Event<'_>) -> Option<String> {
    let metadata = event.metadata();
    if metadata.target() != "log" || metadata.fields().field(TARGET).is_none() {
        return None;
    }
    let mut found = Target(None);
    event.record(&mut found);
    found.0
}

pub(super) fn sought<'s>(target: &'s str, event: &Event<'_>) -> Sought<'s> {
    Sought {
        target,
        level: *event.metadata().level(),
        name: Some(NAME),
    }
}

struct Target(Option<String>);

impl Visit for Target {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == TARGET {
            self.0 = Some(cut(value).to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}
