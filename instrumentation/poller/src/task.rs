//! Asynchronous runs: tasks of a tokio runtime.
//!
//! A task has the measurement's function for as long as it lives, and gives it back whatever
//! becomes of it: at its end, after a panic, or when its runtime drops it, because it was stopped
//! or because the runtime shuts down.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::runtime::Handle;

use crate::isolate::guarded;
use crate::measurement::{Ending, Function, OnRuntime, Running};
use crate::shared::Shared;
use crate::worker::tidy;

/// Starts a run, and returns at once.
pub(crate) fn spawn(shared: &Arc<Shared>, id: u64, sequence: u64, handle: Handle, make: OnRuntime) {
    let runtime = handle.clone();
    shared.lock().tasks += 1;
    let task = Task {
        future: None,
        owner: Some(Owner {
            shared: shared.clone(),
            id,
            sequence,
            handle,
            make,
        }),
    };
    // A runtime that has shut down drops the task right here, which is user code.
    if let Ok(joined) = guarded(shared.id, || runtime.spawn(task)) {
        let abort = joined.abort_handle();
        let unwanted = shared.lock().can_abort(id, sequence, abort);
        if let Some(abort) = unwanted {
            abort.abort();
        }
    }
}

struct Task {
    /// Made at the first poll, so that the function is called on the runtime as well.
    future: Option<Running>,
    owner: Option<Owner>,
}

/// Where the function belongs.
struct Owner {
    shared: Arc<Shared>,
    id: u64,
    sequence: u64,
    handle: Handle,
    make: OnRuntime,
}

impl Task {
    fn end(&mut self, ending: Ending) {
        let Some(owner) = self.owner.take() else {
            return;
        };
        let shared = owner.shared;
        // What the future holds is free by the time the run counts as ended.
        shared.discard(self.future.take());
        let function = Function::Runtime(owner.handle, owner.make);
        shared.finish(owner.id, owner.sequence, function, ending);
        shared.lock().tasks -= 1;
        shared.done.notify_all();
    }
}

impl Future for Task {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let Some(owner) = &mut this.owner else {
            return Poll::Ready(());
        };
        let polled = guarded(owner.shared.id, || {
            let future = this.future.get_or_insert_with(&mut owner.make);
            future.as_mut().poll(context)
        });
        let result = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(ending)) => Ok(ending),
            Err(panic) => Err(panic),
        };
        this.end(tidy(result));
        Poll::Ready(())
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.end(Ending::Dropped);
    }
}
