//! Running cases: what a case is, the process that runs one, and the one that runs them all.

mod case;
mod child;
mod parent;
mod watch;
mod weight;
mod workers;

pub use case::{
    Case, Churn, Fields, Prepared, Run, Table, Witness, fields, must_be_seen, repeat, seen,
};
pub use child::{churn as run_churn, make_calls, obey};
pub use parent::{churn, flood, measure, this_program, weigh};
pub use watch::{Watch, Watched, be_watched, watch};
pub use weight::{Scale, Weight, put_on_scale};
