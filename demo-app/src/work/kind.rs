//! What there is to do, and how it is done.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::spread::Percent;
use crate::store::Store;

/// How long a report takes, in milliseconds, beside its query.
const WRITING: u64 = 800;

/// A kind of job: the only ones that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Is quick.
    ResizeImage,
    /// Is slow, and asks the database.
    SendReport,
    /// Fails now and then.
    Flaky,
    /// Panics.
    Crash,
}

/// Why an attempt came to nothing. As text it is a word for events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// What a flaky job needs was not there.
    Flaky,
    /// The database did not answer.
    Database,
    /// The code panicked.
    Panic,
    /// It took too long.
    Timeout,
}

/// What jobs need.
#[derive(Debug, Clone)]
pub(super) struct Tools {
    pub(super) store: Store,
    /// Which attempts at a flaky job fail.
    pub(super) failing: Arc<Percent>,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [
        Self::ResizeImage,
        Self::SendReport,
        Self::Flaky,
        Self::Crash,
    ];

    /// As forms and events call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ResizeImage => "resize_image",
            Self::SendReport => "send_report",
            Self::Flaky => "flaky",
            Self::Crash => "crash",
        }
    }

    /// The kind of this name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Does such a job, and says what came of it.
    pub(super) async fn perform(self, tools: &Tools) -> Result<String, Fault> {
        match self {
            Self::ResizeImage => {
                work(20..=60).await;
                Ok("320 × 240 pixels".to_owned())
            }
            Self::SendReport => {
                let users = tools.store.users_in_one_query().await;
                let users = users.map_err(|_| Fault::Database)?;
                work(WRITING..=WRITING).await;
                let items = users.iter().flat_map(|user| &user.items);
                let (done, all) = items.fold((0, 0), |(done, all), item| {
                    (done + usize::from(item.done), all + 1)
                });
                Ok(format!("{} users, {done} of {all} items done", users.len()))
            }
            Self::Flaky => {
                work(10..=50).await;
                match tools.failing.next() {
                    true => Err(Fault::Flaky),
                    false => Ok("went well".to_owned()),
                }
            }
            Self::Crash => {
                work(5..=20).await;
                panic!("a job of the kind `crash` was asked for");
            }
        }
    }
}

/// What all of them do most of the time.
async fn work(milliseconds: std::ops::RangeInclusive<u64>) {
    sleep(Duration::from_millis(fastrand::u64(milliseconds))).await;
}

impl Fault {
    /// Whether another attempt may go better. A panic is a mistake in the code, which stays.
    pub(super) fn may_pass(self) -> bool {
        self != Self::Panic
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flaky => "flaky",
            Self::Database => "database",
            Self::Panic => "panic",
            Self::Timeout => "timeout",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_known_by_its_name_and_nothing_else_is_a_kind() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.name()), Some(kind));
        }
        for name in ["", "Flaky", "flaky ", "rm -rf"] {
            assert_eq!(Kind::parse(name), None, "{name:?}");
        }
    }
}
