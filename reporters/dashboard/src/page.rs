//! [`Page`]: what its host adds to a dashboard.

use std::time::Duration;

use telemetry_metrics::history::History;

use crate::card::Card;

/// A page of your own, or cards for the overview.
///
/// Its cards are made anew each second while anybody looks, once for all who do; what changed is sent.
///
/// ```
/// use telemetry_dashboard::{Card, Context, Page};
///
/// struct Stock;
///
/// impl Page for Stock {
///     fn slug(&self) -> &str {
///         "stock"
///     }
///
///     fn title(&self) -> &str {
///         "Stock"
///     }
///
///     fn cards(&self, _: &Context<'_>) -> Vec<Card> {
///         vec![Card::figures("left").figure("Pieces left", 12_u64, None)]
///     }
/// }
/// ```
pub trait Page: Send + Sync + 'static {
    /// Its address below the dashboard's: lower-case letters, digits and hyphens.
    fn slug(&self) -> &str;

    /// Its name in the navigation.
    fn title(&self) -> &str;

    /// What it shows now. It is called on a thread that may block for a moment; a panic shows a
    /// notice instead.
    fn cards(&self, context: &Context<'_>) -> Vec<Card>;

    /// Names of metric definitions whose charts stand below the cards.
    fn charts(&self) -> Vec<String> {
        Vec::new()
    }
}

/// What a page can ask.
#[derive(Debug)]
pub struct Context<'c> {
    history: &'c History,
    range: Duration,
}

impl<'c> Context<'c> {
    pub(crate) fn new(history: &'c History, range: Duration) -> Self {
        Self { history, range }
    }

    /// The past of all series.
    #[must_use]
    pub fn history(&self) -> &'c History {
        self.history
    }

    /// Which part of it the viewer wants to see.
    #[must_use]
    pub fn range(&self) -> Duration {
        self.range
    }
}
