//! [`Watched`]: a pattern that is attached while somebody watches.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use telemetry::{AttachError, AttachGuard, Event, EventName, attach};

use super::feed::Feed;
use crate::sections::events::TAIL;
use crate::visible::Visible;

/// So many patterns are watched at once.
pub(super) const MOST_TAILS: usize = 8;

/// Names that are kept for ever once they were listened to, as the core does, and that no literal of
/// the program bounds: viewers get so many, all together, of the thousands that there may be.
const MOST_NAMES: usize = 200;

static NUMBER: AtomicU64 = AtomicU64::new(0);

static NAMES: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// How many tails of one dashboard are open.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tails(Arc<AtomicUsize>);

/// One of them.
#[derive(Debug)]
struct Seat(Tails);

impl Tails {
    fn sit_down(&self) -> Option<Seat> {
        let more = |open: usize| (open < MOST_TAILS).then_some(open + 1);
        let sat = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        sat.ok().map(|_| Seat(self.clone()))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Why nothing is watched.
#[derive(Debug, PartialEq)]
pub(super) enum Refused {
    /// That will not change.
    Pattern(String),
    /// It may be possible later.
    Full(String),
}

#[derive(Debug)]
pub(super) struct Watched {
    pub(super) feed: Arc<Feed>,
    _attached: AttachGuard,
    _seat: Seat,
}

impl Watched {
    pub(super) fn start(pattern: &str, visible: &Visible, tails: &Tails) -> Result<Self, Refused> {
        let Some(seat) = tails.sit_down() else {
            return Err(Refused::Full(format!(
                "{MOST_TAILS} patterns are being watched already: close a tail elsewhere, or watch \
                 one of those"
            )));
        };
        if !may_be_named(pattern) {
            return Err(Refused::Pattern(format!(
                "`{pattern}` stands nowhere in this program, and {MOST_NAMES} such names were tried \
                 already: watch those below a prefix, such as `shop.*`"
            )));
        }
        let feed = Arc::new(Feed::new(visible.clone()));
        loop {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed) + 1;
            let own = feed.clone();
            let take = move |event: &Event<'_>| own.take(event);
            match attach(format!("{TAIL}{number}"), pattern, take) {
                Ok(attached) => {
                    return Ok(Self {
                        feed,
                        _attached: attached.guard(),
                        _seat: seat,
                    });
                }
                // Somebody else has taken that one: the next, then.
                Err(AttachError::DuplicateId { .. }) => {}
                Err(error) => return Err(Refused::Pattern(error.to_string())),
            }
        }
    }
}

impl Drop for Watched {
    /// Takes short locks, and waits for nobody: calls that are in progress find the feed closed. The
    /// handler is detached right after.
    fn drop(&mut self) {
        self.feed.close();
    }
}

fn may_be_named(pattern: &str) -> bool {
    let is_known = || telemetry::catalogue().any(|callsite| callsite.name() == pattern);
    if EventName::check(pattern).is_err() || is_known() {
        return true;
    }
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    names.contains(pattern) || (names.len() < MOST_NAMES && names.insert(pattern.to_owned()))
}

#[cfg(test)]
mod tests {
    use telemetry::{execute, list_handlers};

    use super::*;

    fn start(pattern: &str, tails: &Tails) -> Result<Watched, Refused> {
        Watched::start(pattern, &Visible::default(), tails)
    }

    #[test]
    fn it_is_attached_while_it_is_watched_and_no_longer() {
        let name = "dashboard.watched.one";
        let tails = Tails::default();
        let first = start("dashboard.watched.*", &tails).unwrap();
        let second = start(name, &tails).unwrap();
        let rows = list_handlers(name);
        assert_eq!(rows.len(), 2);
        assert_ne!(rows[0].id, rows[1].id);
        assert!(rows[0].id.starts_with("telemetry-dashboard-tail-"));
        execute!("dashboard.watched.one");
        assert_eq!(second.feed.collect().len(), 1);
        drop((first, second));
        assert_eq!(list_handlers(name), []);
    }

    #[test]
    fn there_are_eight_at_most_and_one_that_ends_makes_room() {
        let tails = Tails::default();
        let mut open: Vec<_> = (0..MOST_TAILS)
            .map(|_| start("dashboard.watched.many.*", &tails).unwrap())
            .collect();
        let refused = start("dashboard.watched.many.*", &tails);
        assert!(matches!(refused, Err(Refused::Full(_))));
        open.pop();
        assert!(start("dashboard.watched.many.*", &tails).is_ok());
        assert!(start("dashboard.watched.many.*", &Tails::default()).is_ok());
    }

    #[test]
    fn what_is_no_pattern_is_said_to_be_none_and_takes_no_seat() {
        let tails = Tails::default();
        for wrong in ["*.stop", "", "a b", "a..b", "<script>"] {
            let Err(Refused::Pattern(says)) = start(wrong, &tails) else {
                panic!("{wrong} was taken");
            };
            assert!(says.contains("pattern") || says.contains("name"), "{says}");
        }
        assert_eq!(tails.0.load(Ordering::Relaxed), 0);
    }
}
