//! What the poller has counted elsewhere: its own thread waits for no database.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ::telemetry::execute;
use tokio::runtime::Handle;

use crate::store::Store;

/// How long the database may take to count.
const COUNTING: Duration = Duration::from_secs(2);

/// Has the sessions counted in the runtime, which has the connections; the poller does not wait for
/// it, and while it takes long it is not begun again.
pub(super) fn count_sessions(runtime: Handle, store: Store) -> impl FnMut() + Send + 'static {
    let counting = Arc::new(AtomicBool::new(false));
    move || {
        if counting.swap(true, Ordering::AcqRel) {
            return;
        }
        let (store, done) = (store.clone(), Done(counting.clone()));
        runtime.spawn(async move {
            let _done = done;
            let counted = tokio::time::timeout(COUNTING, store.active_sessions());
            if let Ok(Ok(active)) = counted.await {
                execute!("demo.sessions", { active });
            }
        });
    }
}

/// Says so also when the task is dropped.
struct Done(Arc<AtomicBool>);

impl Drop for Done {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}
