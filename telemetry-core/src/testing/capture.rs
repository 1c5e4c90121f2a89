//! [`Capture`]: a handler that puts aside what its scope emits.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::scopes::{self, Open};
use super::store::Store;
use crate::pattern::Pattern;
use crate::{AttachGuard, OwnedEvent, attach_many, context};

/// Captures the events that are emitted in this scope, of one name or below a prefix
/// (`"shop.*"`), or all (`"*"`). See [the module](crate::testing) for
/// which events those are.
///
/// ```
/// use telemetry::testing::capture;
///
/// let orders = capture("shop.order.*");
/// telemetry::execute!("shop.order.placed", { total: 3 }, { currency: "EUR" });
/// assert_eq!(orders.events()[0].name(), "shop.order.placed");
/// ```
///
/// # Panics
///
/// If the text is neither a name nor a pattern.
#[track_caller]
pub fn capture(pattern: &str) -> Capture {
    Capture::new(&[pattern])
}

/// As [`capture`], for several names or patterns.
///
/// ```
/// let all = telemetry::testing::capture_many(["shop.order.placed", "shop.mail.*"]);
/// telemetry::execute!("shop.mail.sent");
/// telemetry::execute!("shop.order.cancelled");
/// assert_eq!(all.len(), 1);
/// ```
///
/// # Panics
///
/// If there is none, or one of them is neither a name nor a pattern.
#[track_caller]
pub fn capture_many<P: AsRef<str>>(patterns: impl IntoIterator<Item = P>) -> Capture {
    let patterns: Vec<P> = patterns.into_iter().collect();
    let patterns: Vec<&str> = patterns.iter().map(AsRef::as_ref).collect();
    Capture::new(&patterns)
}

/// The events that a test has emitted; made by [`capture`]. It ends when it is dropped, on
/// whatever thread that is.
#[must_use = "a capture that is dropped at once captures nothing"]
pub struct Capture {
    pub(super) store: Arc<Store>,
    patterns: Vec<Pattern>,
    // In this order: first no more events, then no more scope.
    attached: AttachGuard,
    pub(super) scope: Open,
}

impl Capture {
    #[track_caller]
    fn new(patterns: &[&str]) -> Self {
        let at = Location::caller();
        let scope = Open::new();
        let number = scope.number();
        let store = Arc::new(Store::default());
        // Not the store itself: threads keep handlers a while after they were detached.
        let reached = Arc::downgrade(&store);
        let id = format!("capture {number} ({}:{})", at.file(), at.line());
        let attached = attach_many(id, patterns, move |event| {
            let Some(store) = reached.upgrade() else {
                return;
            };
            if scopes::is_within(number) || store.everywhere.load(Ordering::Relaxed) {
                store.push(event.to_owned());
            } else {
                store.foreign.fetch_add(1, Ordering::Relaxed);
            }
        });
        let attached = match attached {
            Ok(attached) => attached.guard(),
            Err(error) => panic!("nothing can be captured: {error}"),
        };
        context::adopt_thread(number);
        Self {
            store,
            patterns: parse(patterns),
            attached,
            scope,
        }
    }

    /// The same capture, but of the events of all scopes and of none: whatever the process emits.
    ///
    /// For events of threads and tasks that the test has no hold of, such as those of a server
    /// that runs already when the test begins. It takes those that other tests cause as well: tell
    /// them apart by what is in them.
    ///
    /// ```
    /// use std::time::Duration;
    /// use telemetry::testing::{assert_emitted, capture};
    ///
    /// // In a test, long after the server was started:
    /// let requests = capture("shop.request.*").everywhere();
    /// # let server = std::thread::spawn(|| telemetry::execute!("shop.request.stop", {}, { path: "/cart/17" }));
    /// // … GET /cart/17 …
    /// let is_ours = |event: &telemetry::OwnedEvent| event.metadata_is("path", "/cart/17");
    /// requests.wait_where(is_ours, Duration::from_secs(5)).blocking()?;
    /// assert_emitted!(requests, "shop.request.stop", {}, { path: "/cart/17" });
    /// # server.join().unwrap();
    /// # Ok::<(), telemetry::testing::WaitError>(())
    /// ```
    pub fn everywhere(self) -> Self {
        self.store.everywhere.store(true, Ordering::Relaxed);
        self
    }

    /// The id of its handler, as [`list_handlers`](crate::list_handlers) shows it: a number, and
    /// where the capture was made.
    #[must_use]
    pub fn id(&self) -> &str {
        self.attached.id()
    }

    /// The events so far, in the order in which they arrived.
    #[must_use]
    pub fn events(&self) -> Vec<OwnedEvent> {
        self.store.lock().events.clone()
    }

    /// Takes the events so far out of the capture.
    pub fn take(&self) -> Vec<OwnedEvent> {
        let mut state = self.store.lock();
        state.taken += state.events.len() as u64;
        std::mem::take(&mut state.events)
    }

    /// The events so far that are called `name`, or match it: it may be a pattern, too.
    ///
    /// ```
    /// let shop = telemetry::testing::capture("shop.*");
    /// telemetry::execute!("shop.mail.sent");
    /// telemetry::execute!("shop.order.placed");
    /// assert_eq!(shop.named("shop.order.placed").len(), 1);
    /// assert_eq!(shop.named("shop.mail.*").len(), 1);
    /// ```
    ///
    /// # Panics
    ///
    /// If this capture cannot have such an event: a typo would look like an event that is missing.
    #[track_caller]
    #[must_use]
    pub fn named(&self, name: &str) -> Vec<OwnedEvent> {
        let wanted = self.pattern(name);
        let mut events = self.events();
        events.retain(|event| wanted.matches(event.name()));
        events
    }

    /// How many events there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.store.lock().events.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many events there was no room for: a capture keeps
    /// [`MAX_EVENTS`](super::MAX_EVENTS) at a time.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.store.lock().dropped
    }

    /// What a test calls an event, if this capture can have it.
    #[track_caller]
    pub(super) fn pattern(&self, name: &str) -> Pattern {
        let wanted = match Pattern::parse(name) {
            Ok(wanted) => wanted,
            Err(error) => panic!("{error}"),
        };
        let can_have = self.patterns.iter().any(|own| match (own, &wanted) {
            (own, Pattern::Event(name)) => own.matches(name),
            (Pattern::Event(name), wanted) => wanted.matches(name),
            (own, Pattern::Below(prefix)) => own.meets(prefix.trim_end_matches('.')),
            (_, Pattern::All) => true,
        });
        assert!(
            can_have,
            "{} captures {} and never `{name}`",
            self.id(),
            self.listed_patterns(),
        );
        wanted
    }

    pub(super) fn listed_patterns(&self) -> String {
        let all: Vec<String> = self.patterns.iter().map(|own| format!("`{own}`")).collect();
        all.join(", ")
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.store.end();
    }
}

/// They have been attached, so they are what they should be.
fn parse(patterns: &[&str]) -> Vec<Pattern> {
    let parsed = patterns.iter().map(|pattern| Pattern::parse(pattern));
    parsed.filter_map(Result::ok).collect()
}

impl fmt::Debug for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Capture")
            .field("id", &self.id())
            .field("patterns", &format_args!("{}", self.listed_patterns()))
            .field("events", &self.len())
            .finish_non_exhaustive()
    }
}
