//! Plans: where the numbers and tags that an aggregator reads stand in an event.
//!
//! An event's keys are written once per place in the program, so they are looked for once per place.
//! What was found is kept by the event's [`Layout`]. Most events have one place that emits them;
//! plans of further ones are found by following a list.

use once_cell::race::OnceBox;
use telemetry::{Event, Layout};

/// So many places in the program may emit an event before keys are looked for anew each time.
const MOST: usize = 32;

/// Says that a key was not among those of the layout.
const NOWHERE: u16 = u16::MAX;

/// The position of a key, or that it has to be looked for by its name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Position(u16);

impl Position {
    /// What was found.
    pub(crate) fn of(found: Option<usize>) -> Self {
        Self(
            found
                .and_then(|at| u16::try_from(at).ok())
                .unwrap_or(NOWHERE),
        )
    }

    #[inline(always)]
    pub(crate) fn get(self) -> Option<usize> {
        (self.0 != NOWHERE).then_some(usize::from(self.0))
    }
}

/// Positions of all that is read from events of one layout, in an order of the maker's.
type Positions = Box<[Position]>;

#[derive(Debug, Default)]
pub(crate) struct Plans {
    first: OnceBox<Plan>,
}

#[derive(Debug)]
struct Plan {
    layout: Layout,
    positions: Positions,
    next: OnceBox<Self>,
}

impl Plans {
    /// The positions for this event, found by `make` if need be.
    #[inline(always)]
    pub(crate) fn positions(
        &self,
        event: &Event<'_>,
        make: impl Fn() -> Positions,
    ) -> Option<&[Position]> {
        let layout = event.layout()?;
        match self.first.get() {
            Some(plan) if plan.layout == layout => Some(&plan.positions),
            _ => self.look_further(layout, make),
        }
    }

    #[inline(never)]
    fn look_further(&self, layout: Layout, make: impl Fn() -> Positions) -> Option<&[Position]> {
        let mut place = &self.first;
        for _ in 0..MOST {
            // Of two threads that come here at once one wins; the other goes on behind it.
            let plan = place.get_or_init(|| {
                Box::new(Plan {
                    layout,
                    positions: make(),
                    next: OnceBox::new(),
                })
            });
            if plan.layout == layout {
                return Some(&plan.positions);
            }
            place = &plan.next;
        }
        None
    }
}
