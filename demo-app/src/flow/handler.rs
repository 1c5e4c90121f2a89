//! The task that takes commands, one after the other, and answers each.

use telemetry::span;
use tokio::sync::{mpsc, watch};

use super::command::{Command, CommandError, Done, Envelope};
use crate::catch::caught;
use crate::telemetry::logged;

/// Takes commands until it is told to stop; those that were accepted before are finished then.
///
/// Follow-ups go first. There are few of them, as each process manager waits for the answer to one
/// before it sends the next; but one that had to queue behind two hundred visitors each time would
/// never get to an end.
pub(super) async fn serve<D, F>(
    mut follow_ups: mpsc::Receiver<Envelope>,
    mut accepted: mpsc::Receiver<Envelope>,
    mut stop: watch::Receiver<bool>,
    decide: D,
) where
    D: Fn(Command) -> F,
    F: Future<Output = Result<Done, CommandError>>,
{
    let mut is_open = true;
    loop {
        let next = tokio::select! {
            biased;
            // An error is as good: whoever could tell is gone.
            _ = stop.wait_for(|stop| *stop), if is_open => {
                is_open = false;
                follow_ups.close();
                accepted.close();
                continue;
            }
            Some(next) = follow_ups.recv() => next,
            Some(next) = accepted.recv() => next,
            else => return,
        };
        handle(next, &decide).await;
    }
}

/// One span per command: a child of whatever asked for it, though that runs elsewhere.
async fn handle<D, F>(envelope: Envelope, decide: &D)
where
    D: Fn(Command) -> F,
    F: Future<Output = Result<Done, CommandError>>,
{
    let Envelope {
        command,
        context,
        sent,
        reply,
    } = envelope;
    let span = span!(parent: context, "demo.commands.handle", { command: command.name() });
    span.measure("queue_time", sent.elapsed());
    if reply.is_closed() {
        // Whoever asked went away or gave up waiting. The span is dropped: `cancelled`.
        return;
    }
    let handle = span.handle();
    let work = span.wrap(logged(async {
        let decided = decide(command).await;
        match &decided {
            Ok(done) => handle.measure("events", done.events),
            Err(error) => handle.fail(error.reason()),
        }
        decided
    }));
    // After a panic the reply is dropped, which tells the other side.
    if let Ok(decided) = caught(work).await {
        let _ = reply.send(decided);
    }
}
