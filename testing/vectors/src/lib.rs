//! Runs files of behaviour that was captured by running the BEAM's originals; for the tests of this
//! workspace.
//!
//! A crate says what a case of its file expects, what we answer, and what the **content** of the
//! case leads to, with or without each of its [`Rule`]s (a [`Subject`]); the rest is the same for
//! all. A case
//!
//! - *passes* if we answer what it expects,
//! - *differs by rule* if the answer that the rules predict is the one that we give, **and** the
//!   answer without them is the one that the case expects,
//! - is *not applicable* if a rule says that it cannot be written here,
//! - *fails* otherwise: a wrong expectation never hides behind a rule.
//!
//! A difference that nobody has thought of fails. To make it deliberate, give it a rule in the
//! crate's table and a branch in its prediction, at the place where the two part; a rule needs a
//! case that it decides, in the file or in the crate's own `.._more.json` beside it.
//!
//! [`run`] says how each case went, how often each rule decided, and ends with one line of sums;
//! [`survivors`] makes expectations wrong, all of which have to fail; [`unpredicted`] puts other
//! things in, all of which have to be answered as predicted.
//!
//! The other modules are the language of the cases: the BEAM's [terms](term) and
//! [numbers](num), [what its functions give](original), and how definitions and events are
//! [written](metric()) and [emitted](emit) here.

mod event;
mod file;
mod judge;
mod metric;
mod mutants;
pub mod num;
pub mod original;
mod report;
mod rules;
pub mod term;
#[cfg(test)]
mod tests;
mod variants;

pub use event::{alone, dotted, emit, intern, key, number};
pub use file::{DIRECTORY, Vectors, id};
pub use judge::{Answer, Subject, Verdict, actual, judge};
pub use metric::{kind, metric};
pub use mutants::{mutants, survivors};
pub use report::{Report, run, tally};
pub use rules::{Holds, Means, Rule};
pub use serde_json::{self, Value as Json};
pub use variants::unpredicted;
