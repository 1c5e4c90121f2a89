//! Pages and cards of the host.
//!
//! They are its code: what they make is bounded, and what they panic with is not ours. A page that
//! panics takes its own section with it, which the hub sees to; on the overview several pages share
//! one, so there each is caught by itself.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::words::short;
use crate::card::{Card, Status};
use crate::live::{Live, Made};
use crate::moment::Moment;
use crate::page::{Context, Page};
use crate::view::Range;

/// Cards of a page.
const CARDS: usize = 100;

/// Rows of a table, fields of a card, ..
const ITEMS: usize = 2_000;

/// Cards of all pages on the overview.
pub(super) fn extra(range: Range) -> Box<dyn Live> {
    Box::new(Made::new(None, move |moment: &Moment<'_>| {
        let pages = moment.sources.extra.iter();
        pages
            .flat_map(|page| {
                let cards = caught(&**page, range, moment);
                let slug = page.slug();
                // Two pages may well have thought of the same id.
                cards.into_iter().map(move |card| card.within(slug))
            })
            .collect()
    }))
}

pub(super) fn page(at: usize, range: Range) -> Box<dyn Live> {
    Box::new(Made::new(None, move |moment: &Moment<'_>| {
        let page = moment.sources.pages.get(at);
        page.map(|page| cards(&**page, range, moment))
            .unwrap_or_default()
    }))
}

fn cards(page: &dyn Page, range: Range, moment: &Moment<'_>) -> Vec<Card> {
    let mut cards = page.cards(&Context::new(moment, range.time()));
    let left_out = cards.len().saturating_sub(CARDS);
    cards.truncate(CARDS);
    let mut cards: Vec<_> = cards.into_iter().map(|card| card.at_most(ITEMS)).collect();
    if left_out > 0 {
        let text = format!("This page has {left_out} more cards, which are left out.");
        cards.push(Card::notices("left-out", "").notice(Status::Warn, &text, None));
    }
    cards
}

fn caught(page: &dyn Page, range: Range, moment: &Moment<'_>) -> Vec<Card> {
    match catch_unwind(AssertUnwindSafe(|| cards(page, range, moment))) {
        Ok(cards) => cards,
        Err(payload) => {
            // It may panic again when it is dropped.
            if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
                std::mem::forget(again);
            }
            let name = catch_unwind(AssertUnwindSafe(|| short(page.title())));
            let name = name.unwrap_or_else(|_| "A page".to_owned());
            let text = format!("The cards of `{name}` cannot be shown: making them panicked.");
            vec![Card::notices("panicked", "").notice(Status::Bad, &text, None)]
        }
    }
}
