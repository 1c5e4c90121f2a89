//! [`Hub`]: brings sections up to date while they are watched, once for all who watch.

use crate::sources::Sources;

#[derive(Debug)]
pub(crate) struct Hub {
    sources: Sources,
}

impl Hub {
    pub(crate) fn new(sources: Sources) -> Self {
        Self { sources }
    }

    pub(crate) fn sources(&self) -> &Sources {
        &self.sources
    }

    pub(crate) fn close(&self) {}
}
