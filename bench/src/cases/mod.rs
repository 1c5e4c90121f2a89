//! What is measured of ours, and the list of everything that is measured.

mod event;
mod gate;
mod metric;
mod span;

pub use metric::{BOUNDS, Pattern, Sample};
pub use span::{async_work, poll_once, work};

use crate::harness::Case;
use crate::{candidates, peers};

/// All cases, in the order of the report.
pub fn all() -> Vec<Case> {
    let mut cases = gate::cases();
    cases.extend(event::cases());
    cases.extend(span::cases());
    cases.extend(metric::cases());
    cases.extend(peers::cases());
    cases.extend(candidates::cases());
    cases
}
