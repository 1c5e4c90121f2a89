//! Queues ("mailboxes") and maps ("tables"): how much is in them.
//!
//! A probe is any function that says how much. One that can tell that there is nothing left to
//! look at ends its measurement.

use telemetry::{EventName, execute};

use crate::error::PollerError;
use crate::measurement::{Ending, Function, Measurement};

/// What a probe says of a queue. It is made from the number of what waits, from a pair of that and
/// the capacity, or from an `Option` of either, whose `None` is a queue that is gone.
///
/// ```
/// use telemetry_poller::Depth;
/// assert_eq!(Depth::from(3), Depth::new(3));
/// assert_eq!(Depth::from((3, 100)), Depth::new(3).with_capacity(100));
/// assert_eq!(Depth::from(None::<usize>), Depth::GONE);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depth(Option<Filled>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Filled {
    depth: usize,
    capacity: Option<usize>,
}

impl Depth {
    /// The queue does not exist any more: the measurement ends.
    pub const GONE: Self = Self(None);

    /// So many are waiting.
    #[must_use]
    pub const fn new(depth: usize) -> Self {
        let capacity = None;
        Self(Some(Filled { depth, capacity }))
    }

    /// So many could be waiting at most.
    #[must_use]
    pub fn with_capacity(self, capacity: usize) -> Self {
        let capacity = Some(capacity);
        Self(self.0.map(|filled| Filled { capacity, ..filled }))
    }
}

impl From<usize> for Depth {
    fn from(depth: usize) -> Self {
        Self::new(depth)
    }
}

impl From<(usize, usize)> for Depth {
    fn from((depth, capacity): (usize, usize)) -> Self {
        Self::new(depth).with_capacity(capacity)
    }
}

impl<T: Into<Self>> From<Option<T>> for Depth {
    fn from(filled: Option<T>) -> Self {
        filled.map_or(Self::GONE, Into::into)
    }
}

/// Queues and maps.
impl Measurement {
    /// The depth of a queue: emits `{prefix}.mailbox` with `depth`, and `capacity` if the probe says
    /// it; metadata `name`. The measurement is called `{prefix}.mailbox/{name}`.
    ///
    /// A probe that says [`Depth::GONE`] ends the measurement as
    /// [`Poller::remove`](crate::Poller::remove) does, after a last event with a depth of 0, so that
    /// no chart shows the depth before for ever.
    ///
    /// A prefix that is not the name of an event is an error where it is added. The `name` becomes a
    /// tag in most programs, so it should be one of few.
    pub fn mailbox<R: Into<Depth>>(
        prefix: &str,
        name: impl Into<String>,
        mut probe: impl FnMut() -> R + Send + 'static,
    ) -> Self {
        let name = name.into();
        measurement(prefix, "mailbox", name, move |event, name| {
            let Depth(filled) = probe().into();
            let depth = filled.map_or(0, |filled| filled.depth);
            let capacity = filled.and_then(|filled| filled.capacity);
            execute!("*.mailbox" => event, { depth, capacity }, { name });
            filled.is_some()
        })
    }

    /// The size of a map: emits `{prefix}.table` with `size`; metadata `name`. The measurement is
    /// called `{prefix}.table/{name}`. The probe says the size, or `Some` of it, or `None` when the
    /// map does not exist any more, which ends the measurement after a last event with a size of 0.
    ///
    /// ```
    /// use std::collections::HashMap;
    /// use std::sync::{Arc, Mutex};
    /// use telemetry_poller::{Measurement, Poller};
    ///
    /// let sessions: Arc<Mutex<HashMap<u64, String>>> = Arc::default();
    /// // A weak reference: the poller does not keep the map.
    /// let weak = Arc::downgrade(&sessions);
    /// let size = move || Some(weak.upgrade()?.lock().unwrap().len());
    ///
    /// let poller = Poller::builder().start()?;
    /// poller.add(Measurement::table("shop", "sessions", size))?;
    /// assert!(poller.remove("shop.table/sessions"));
    /// # Ok::<(), telemetry_poller::PollerError>(())
    /// ```
    pub fn table<R: Into<Option<usize>>>(
        prefix: &str,
        name: impl Into<String>,
        mut probe: impl FnMut() -> R + Send + 'static,
    ) -> Self {
        let name = name.into();
        measurement(prefix, "table", name, move |event, name| {
            let size: Option<usize> = probe().into();
            let there = size.is_some();
            execute!("*.table" => event, { size: size.unwrap_or(0) }, { name });
            there
        })
    }
}

/// A measurement that goes on for as long as `emit` says so.
fn measurement(
    prefix: &str,
    suffix: &str,
    name: String,
    mut emit: impl FnMut(EventName, &str) -> bool + Send + 'static,
) -> Measurement {
    let full = format!("{prefix}.{suffix}/{name}");
    match EventName::new(&format!("{prefix}.{suffix}")) {
        Ok(event) => Measurement::on_thread(full, move || {
            if emit(event, &name) {
                Ending::Done
            } else {
                Ending::Gone
            }
        }),
        Err(error) => {
            let prefix = prefix.to_owned();
            let error = PollerError::Prefix { prefix, error };
            Measurement::of(full, Function::Impossible(error))
        }
    }
}

/// A probe for [`Measurement::mailbox`]: how much of the channel's capacity is taken, by messages and
/// by permits reserved. It holds the channel weakly, so that the receiver still learns of the last
/// sender's end; when there are no senders or no receiver left, the channel is gone.
///
/// ```
/// use telemetry_poller::{Poller, channel_depth};
/// let (sender, receiver) = tokio::sync::mpsc::channel::<String>(100);
/// let poller = Poller::builder()
///     .mailbox("shop", "emails", channel_depth(&sender))
///     .start()?;
/// # Ok::<(), telemetry_poller::PollerError>(())
/// ```
///
/// tokio's unbounded channels tell their length to the receiver only; count what goes in and out
/// of those, and give the difference as the probe.
#[cfg(feature = "tokio")]
pub fn channel_depth<T: Send + 'static>(
    sender: &tokio::sync::mpsc::Sender<T>,
) -> impl FnMut() -> Option<(usize, usize)> + Send + use<T> {
    let weak = sender.downgrade();
    move || {
        let sender = weak.upgrade().filter(|sender| !sender.is_closed())?;
        let capacity = sender.max_capacity();
        Some((capacity.saturating_sub(sender.capacity()), capacity))
    }
}
