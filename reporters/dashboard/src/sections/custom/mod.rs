//! Pages and cards of the host.
//!
//! They are its code: what they make is bounded, what they panic with is not ours, and how long they
//! take is waited for only so long. A page that panics takes its own section with it, which the hub
//! sees to; on the overview several pages share one, so there each is caught by itself.

mod hosted;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

use super::words::{short, time};
use crate::card::{Card, Status};
use crate::live::{Live, Made};
use crate::moment::Moment;
use crate::view::Range;
pub(crate) use hosted::Hosted;
use hosted::{Came, Payload};

/// Cards of a page.
const CARDS: usize = 100;

/// Rows of a table, fields of a card, ..
const ITEMS: usize = 2_000;

/// So long they are waited for, all pages of a section together.
const PATIENCE: Duration = Duration::from_secs(1);

/// Cards of all pages on the overview.
pub(super) fn extra(range: Range) -> Box<dyn Live> {
    // Of each page what it showed last.
    let mut shown: Vec<Vec<Card>> = Vec::new();
    Box::new(Made::new(None, move |moment: &Moment<'_>| {
        let pages = &moment.sources.extra;
        shown.resize(pages.len(), Vec::new());
        let deadline = Instant::now() + PATIENCE;
        // All at once, so that one does not wait for another.
        let asked: Vec<_> = pages.iter().map(|page| page.ask(range, moment)).collect();
        let mut cards = Vec::new();
        for ((page, asked), shown) in pages.iter().zip(asked).zip(&mut shown) {
            let own = take(page, asked.wait(deadline), shown).unwrap_or_else(|payload| {
                let name = short(page.title());
                let text = format!("The cards of `{name}` cannot be shown: making them panicked.");
                discard(payload);
                vec![Card::notices("panicked", "").notice(Status::Bad, &text, None)]
            });
            // Two pages may well have thought of the same id.
            cards.extend(own.into_iter().map(|card| card.within(page.slug())));
        }
        cards
    }))
}

pub(super) fn page(at: usize, range: Range) -> Box<dyn Live> {
    let mut shown = Vec::new();
    Box::new(Made::new(None, move |moment: &Moment<'_>| {
        let Some(page) = moment.sources.pages.get(at) else {
            return Vec::new();
        };
        let came = page.ask(range, moment).wait(Instant::now() + PATIENCE);
        take(page, came, &mut shown).unwrap_or_else(|payload| resume_unwind(payload))
    }))
}

/// What to show: of a page that takes its time, what it showed last, and that it does.
fn take(page: &Hosted, came: Came, shown: &mut Vec<Card>) -> Result<Vec<Card>, Payload> {
    let (says, status) = match came {
        Came::Cards(cards) => {
            *shown = bounded(cards?);
            return Ok(shown.clone());
        }
        Came::Late(cards, took) => {
            *shown = bounded(cards?);
            let took = time(took.as_secs_f64());
            let text = format!("It took {took} to make what is shown, which is as old by now.");
            (text, Status::Warn)
        }
        Came::NotYet(since) => {
            let since = time(since.as_secs_f64());
            let last = if shown.is_empty() {
                ""
            } else {
                " What is shown is from before."
            };
            let text = format!(
                "`{}` is being made since {since}: its code has not come back yet.{last}",
                short(page.title())
            );
            (text, Status::Warn)
        }
        Came::NoThread => (
            "There is no thread to make this page on.".to_owned(),
            Status::Bad,
        ),
    };
    let slow = Card::notices("takes-its-time", "").notice(status, &says, None);
    Ok([slow].into_iter().chain(shown.iter().cloned()).collect())
}

fn bounded(mut cards: Vec<Card>) -> Vec<Card> {
    let left_out = cards.len().saturating_sub(CARDS);
    cards.truncate(CARDS);
    let mut cards: Vec<_> = cards.into_iter().map(|card| card.at_most(ITEMS)).collect();
    if left_out > 0 {
        let text = format!("This page has {left_out} more cards, which are left out.");
        cards.push(Card::notices("left-out", "").notice(Status::Warn, &text, None));
    }
    cards
}

/// It may panic again when it is dropped.
fn discard(payload: Payload) {
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(again);
    }
}
