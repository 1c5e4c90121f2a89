//! Which subscriber this thread has, and how to give it another for a moment.

use tracing::subscriber::NoSubscriber;
use tracing::{Dispatch, dispatcher};
use tracing_core::dispatcher::get_current;

/// Whether there is no subscriber on this thread. Within a call of a subscriber that is only this
/// thread's, there is none either: `tracing` breaks circles in this way.
pub(super) fn is_nobody_here() -> bool {
    dispatcher::get_default(Dispatch::is::<NoSubscriber>)
}

/// Runs `work` with this subscriber being the thread's own.
pub(super) fn with<T>(dispatch: &Dispatch, work: impl FnOnce() -> T) -> T {
    // Within a call of a subscriber of this thread, `tracing` panics when it is to change it.
    match get_current(|_| ()) {
        Some(()) => dispatcher::with_default(dispatch, work),
        None => work(),
    }
}
