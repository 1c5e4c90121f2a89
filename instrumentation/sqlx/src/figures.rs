//! [`PoolFigures`]: how a pool is doing at the moment.

use sqlx::Database;
use telemetry::execute;

use crate::Pool;

/// How many connections a pool has and how many tasks would like one; from [`Pool::figures`].
///
/// The numbers are read one after the other, while others take and give back connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct PoolFigures {
    /// Connections there are, including those that are just being opened.
    pub size: u32,
    /// Of these, how many nobody uses.
    pub idle: u32,
    /// The others.
    pub in_use: u32,
    /// Tasks that wait for a connection: for one to become free, to be opened or to be tested.
    pub waiting: u32,
    /// How many connections there can be.
    pub max: u32,
}

impl<DB: Database> Pool<DB> {
    /// How the pool is doing.
    ///
    /// `waiting` counts what waits through this [`Pool`] and its clones, and nothing that goes
    /// through [`Pool::inner`]. Statements that nobody observes are left to sqlx and not counted
    /// either, until somebody first asks, by this function or by a handler for `{prefix}.pool`:
    /// from then on all are.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let plain = sqlx::sqlite::SqlitePoolOptions::new().max_connections(3).connect("sqlite::memory:").await?;
    /// let pool = telemetry_sqlx::Pool::new(plain, "shop.repo")?;
    /// let connection = pool.acquire().await?;
    /// let figures = pool.figures();
    /// assert_eq!((figures.size, figures.in_use, figures.waiting, figures.max), (1, 1, 0, 3));
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn figures(&self) -> PoolFigures {
        let size = self.inner.size();
        let idle = u32::try_from(self.inner.num_idle()).unwrap_or(u32::MAX);
        PoolFigures {
            size,
            idle,
            in_use: size.saturating_sub(idle),
            waiting: self.waiting.ask(),
            max: self.inner.options().get_max_connections(),
        }
    }

    /// Emits the [figures](Self::figures) as the event `{prefix}.pool`, with the metadata `repo`.
    pub fn emit_figures(&self) {
        if !self.figures.is_observed() {
            return;
        }
        let PoolFigures {
            size,
            idle,
            in_use,
            waiting,
            max,
        } = self.figures();
        execute!(
            "*.pool" => self.figures,
            { size, idle, in_use, waiting, max },
            { repo: self.origin.repo },
        );
    }

    /// [`emit_figures`](Self::emit_figures) for a poller: what `telemetry_poller`'s
    /// `PollerBuilder::measurement` takes, or any other timer.
    ///
    /// It keeps the pool's connections open as another handle does, until [`Pool::close`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let plain = sqlx::SqlitePool::connect("sqlite::memory:").await?;
    /// # let pool = telemetry_sqlx::Pool::new(plain, "shop.repo")?;
    /// let mut measure = pool.measurement();
    /// telemetry::attach("log", "shop.repo.pool", |pool| {
    ///     assert_eq!(pool.measurement("idle"), Some(1_u64.into()));
    /// })?;
    /// measure();
    /// # assert_eq!(telemetry::list_handlers("shop.repo.pool")[0].failures, 0);
    /// # Ok(()) }
    /// ```
    pub fn measurement(&self) -> impl FnMut() + Send + Sync + 'static + use<DB> {
        let pool = self.clone();
        move || pool.emit_figures()
    }
}
