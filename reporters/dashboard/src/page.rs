//! [`Page`]: what its host adds to a dashboard.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use telemetry_metrics::history::{History, PastSeries, Range, SeriesId, Stats, Tick};
use telemetry_metrics::{Definition, Kind};

use crate::card::Card;

/// A page of your own, or cards for the overview.
///
/// Its cards are made anew each second while anybody looks, once for all who do; what changed is sent.
/// Of more than a hundred cards, or two thousand rows, the first are shown.
///
/// ```
/// use telemetry_dashboard::{Card, Context, Dashboard, Page, Status, Table, Value};
/// use telemetry_metrics::{Aggregator, last_value, summary};
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
///     fn cards(&self, context: &Context<'_>) -> Vec<Card> {
///         let left = context.latest("shop.stock.left", &[("shelf", "books")]);
///         let is_low = left.is_some_and(|left| left < 20.0);
///         let figures = Card::figures("now")
///             .figure("Books left", left, is_low.then_some(Status::Warn))
///             .figure("Packing, p95", context.quantile("shop.parcel.duration", &[], 0.95).map(Value::seconds), None)
///             .figure("Parcels", context.rate("shop.parcel.duration", &[]).map(Value::per_second), None);
///
///         // Each row is known by a key, so that only those that changed are sent.
///         let mut shelves = Table::new(["Shelf"]).numbers(["Left"]).searchable();
///         for series in context.series("shop.stock.left", &[]) {
///             let shelf = series.tags().next().map_or("none", |(_, shelf)| shelf);
///             let left = context.latest("shop.stock.left", &[("shelf", shelf)]);
///             shelves.row(shelf, [shelf.into(), left.into()]);
///         }
///         vec![figures, Card::table("shelves", shelves).title("Shelves")]
///     }
///
///     fn charts(&self) -> Vec<String> {
///         vec!["shop.stock.left".to_owned()]
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let metrics = [
///     last_value("shop.stock.left").tags(["shelf"]),
///     summary("shop.parcel.duration").unit(telemetry_metrics::Unit::Millisecond),
/// ];
/// let aggregator = Aggregator::builder().metrics(metrics).start()?;
/// let dashboard = Dashboard::builder(&aggregator).page(Stock).start()?;
/// # Ok(()) }
/// ```
pub trait Page: Send + Sync + 'static {
    /// Its address below the dashboard's: lower-case letters, digits and hyphens. Asked for once, when
    /// the page is added; so are the title and the charts.
    fn slug(&self) -> &str;

    /// Its name in the navigation.
    fn title(&self) -> &str;

    /// What it shows now.
    ///
    /// It is called on a thread of its own, within the runtime of the viewers: it may block, and
    /// [`Handle::block_on`](tokio::runtime::Handle::block_on) waits for something asynchronous. Calls
    /// do not overlap. One that takes longer than a second delays no other part of the page; the
    /// viewer is told, and goes on to see what was there. A panic shows a notice instead, and the
    /// page is made again 10 seconds later.
    fn cards(&self, context: &Context<'_>) -> Vec<Card>;

    /// Names of metric definitions whose charts stand below the cards.
    fn charts(&self) -> Vec<String> {
        Vec::new()
    }
}

/// What a page can ask: the past of all metrics, up to the newest sample of it.
///
/// Numbers are seconds, bytes or plain numbers, whatever unit their definition shows them in. Of
/// series those count that have all of the tags that are asked for.
///
/// What was counted ([`count`](Self::count), [`rate`](Self::rate), [`quantile`](Self::quantile), ..) is
/// of the [range](Self::range) that the viewer chose, or of another that the page asks for by
/// [`last`](Self::last). [`latest`](Self::latest) is as of now.
pub struct Context<'c> {
    history: &'c History,
    range: Duration,
    now: SystemTime,
    tick: Tick,
    /// Of each definition that was asked for.
    series: Rc<RefCell<HashMap<String, Rc<[PastSeries]>>>>,
}

impl<'c> Context<'c> {
    pub(crate) fn new(history: &'c History, range: Duration, now: SystemTime, tick: Tick) -> Self {
        Self {
            history,
            range,
            now,
            tick,
            series: Rc::default(),
        }
    }

    /// The past of all series.
    pub fn history(&self) -> &'c History {
        self.history
    }

    /// The same with another range up to now, whatever the viewer chose.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use telemetry_dashboard::{Card, Context, Value};
    ///
    /// fn now(context: &Context<'_>) -> Card {
    ///     let minute = context.last(Duration::from_secs(60));
    ///     let rate = minute.rate("shop.parcel.duration", &[]);
    ///     Card::figures("now").figure("Parcels", rate.map(Value::per_second), None)
    /// }
    /// ```
    #[must_use]
    pub fn last(&self, range: Duration) -> Context<'c> {
        Self {
            range,
            series: self.series.clone(),
            ..*self
        }
    }

    /// Which part of the past is asked for: the one that the viewer chose, unless this was made by
    /// [`last`](Self::last).
    #[must_use]
    pub fn range(&self) -> Duration {
        self.range
    }

    /// When this is.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.now
    }

    /// The newest sample: another one, if something is to be made only as often as there is news.
    #[must_use]
    pub fn tick(&self) -> Tick {
        self.tick
    }

    /// The series of a definition.
    #[must_use]
    pub fn series(&self, name: &str, tags: &[(&str, &str)]) -> Vec<PastSeries> {
        self.matching(name, tags)
    }

    /// What the series counted within the range up to now, all together; amounts as stored.
    #[must_use]
    pub fn stats(&self, name: &str, tags: &[(&str, &str)]) -> Stats {
        let series = self.matching(name, tags);
        let ids: Vec<SeriesId> = series.iter().map(|series| series.id).collect();
        self.history.stats(&ids, Range::last(self.range))
    }

    /// How many events or numbers there were within the range up to now.
    #[must_use]
    pub fn count(&self, name: &str, tags: &[(&str, &str)]) -> u64 {
        self.stats(name, tags).count()
    }

    /// How many events or numbers there were per second of the range up to now, or of as much of it as
    /// there is; of a sum, what was added. `None` if there is no such series, or if it is one of last values.
    #[must_use]
    pub fn rate(&self, name: &str, tags: &[(&str, &str)]) -> Option<f64> {
        let definition = self.definition(name, tags)?;
        let rate = self.stats(name, tags).rate()?;
        match definition.kind() {
            Kind::Sum => Some(rate / factor(&definition)),
            _ => Some(rate),
        }
    }

    /// The last value as of now, whatever the range; of several series, all values together. `None` if
    /// there is none.
    #[must_use]
    pub fn latest(&self, name: &str, tags: &[(&str, &str)]) -> Option<f64> {
        let definition = self.definition(name, tags)?;
        let value = self.stats(name, tags).value()?;
        Some(value.in_unit(definition.dimension().base_unit()))
    }

    /// The mean within the range up to now, of a summary or a distribution.
    #[must_use]
    pub fn mean(&self, name: &str, tags: &[(&str, &str)]) -> Option<f64> {
        let definition = self.definition(name, tags)?;
        Some(self.stats(name, tags).mean()? / factor(&definition))
    }

    /// The number below which the share `q` (0 to 1) of all numbers within the range up to now lies, of
    /// a summary or a distribution; of all series together, from their buckets.
    #[must_use]
    pub fn quantile(&self, name: &str, tags: &[(&str, &str)], q: f64) -> Option<f64> {
        let definition = self.definition(name, tags)?;
        Some(self.stats(name, tags).quantile(q)? / factor(&definition))
    }

    fn definition(&self, name: &str, tags: &[(&str, &str)]) -> Option<Arc<Definition>> {
        let series = self.matching(name, tags).into_iter().next()?;
        Some(series.definition)
    }

    fn matching(&self, name: &str, tags: &[(&str, &str)]) -> Vec<PastSeries> {
        let mut series = self.series.borrow_mut();
        let all = match series.get(name) {
            Some(all) => all.clone(),
            None => {
                let all: Rc<[_]> = self.history.series_of(name).into();
                series.insert(name.to_owned(), all.clone());
                all
            }
        };
        let has_all = |series: &&PastSeries| {
            let has = |wanted: &(&str, &str)| series.tags().any(|own| own == *wanted);
            tags.iter().all(has)
        };
        all.iter().filter(has_all).cloned().collect()
    }
}

/// From what is stored to the base unit.
fn factor(definition: &Definition) -> f64 {
    definition.dimension().base_unit().factor() as f64
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("range", &self.range)
            .field("now", &self.now)
            .field("tick", &self.tick)
            .finish_non_exhaustive()
    }
}
