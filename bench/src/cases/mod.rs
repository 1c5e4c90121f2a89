//! What is measured of ours, and the list of everything that is measured.

mod cells;
mod dashboard;
mod event;
mod gate;
mod http;
mod memory;
mod metric;
mod reporter;
mod scrape;
mod slo;
mod span;
mod statsd;
pub mod traced;

pub use dashboard::watches;
pub use http::{Layered, requests};
pub use memory::over_two_decades;
pub use metric::{BOUNDS, Pattern, Sample, samples};
pub use scrape::{LINES, SCRAPED, checked};
pub use slo::INTERVAL as EVALUATED;
pub use span::{async_work, poll_once, work};
pub use statsd::{INTERVAL, delivered};

use crate::harness::{Case, Weight};
use crate::{candidates, peers};

/// All cases, in the order of the report.
pub fn all() -> Vec<Case> {
    let mut cases = gate::cases();
    cases.extend(event::cases());
    cases.extend(span::cases());
    cases.extend(metric::cases());
    cases.extend(cells::cases());
    cases.extend(reporter::cases());
    cases.extend(statsd::cases());
    cases.extend(scrape::cases());
    cases.extend(slo::cases());
    cases.extend(http::cases());
    cases.extend(traced::cases());
    cases.extend(peers::cases());
    cases.extend(candidates::cases());
    cases
}

/// All that is weighed.
pub fn weights() -> Vec<Weight> {
    let mut weights = memory::weights();
    weights.extend(slo::weights());
    weights.extend(peers::weights());
    weights
}
