//! What is wrong right now, in words.
//!
//! A rule is a small function that gets the figures and says a sentence, or nothing. What it judges is a
//! window of time and not a moment, so that nothing comes and goes; what went stays for some seconds
//! more, see [`notice`]. Every threshold is a constant with a name beside its rule.

mod accounts;
mod memory;
mod notice;
mod objectives;
mod program;
mod requests;
mod rises;

pub(in crate::sections) use program::{FULL, NEARLY_FULL};
pub(in crate::sections) use requests::{FEW_ERRORS, JUDGED, MANY_ERRORS};
pub(crate) use rises::Rises;

use telemetry_metrics::history::Tick;

use super::signals::Roles;
use crate::card::Card;
use crate::live::{Live, Made};
use crate::moment::Moment;
use crate::sections::past::{Book, time_between};
use crate::sources::Sources;
use notice::{Report, Shown};
use program::Watched;

pub(in crate::sections) fn wrong(sources: &Sources) -> Box<dyn Live> {
    let mut wrong = Wrong::new(sources);
    Box::new(Made::new(None, move |moment| vec![wrong.card(moment)]))
}

struct Wrong {
    roles: Option<Roles>,
    watched: Watched,
    book: Book,
    usual: requests::Usual,
    shown: Shown,
}

impl Wrong {
    fn new(sources: &Sources) -> Self {
        let roles = Roles::find(sources).ok();
        let watched = Watched::find(sources);
        let mut names = watched.names(sources);
        names.extend(accounts::NAMES.map(ToOwned::to_owned));
        names.extend(roles.iter().flat_map(|roles| roles.names(sources)));
        Self {
            roles,
            watched,
            book: Book::of(names),
            usual: requests::usual(),
            shown: Shown::default(),
        }
    }

    fn card(&mut self, moment: &Moment<'_>) -> Card {
        self.book.update(moment);
        // It only goes forward, whatever is done to the wall clock.
        let clock = time_between(Tick::new(0), moment.tick, &moment.sources.history);
        let mut report = Report::default();
        objectives::check(moment, &mut report);
        if let Some(roles) = &self.roles {
            requests::check(moment, roles, &self.book, &mut self.usual, &mut report);
        }
        self.watched.check(moment, &self.book, &mut report);
        program::check_handlers(moment, &moment.sources.rises, clock, &mut report);
        accounts::check(moment, &self.book, &mut report);
        memory::check(moment, &moment.sources.rises, clock, &mut report);
        self.shown.update(report.notices, clock);
        self.shown.card(report.checked)
    }
}
