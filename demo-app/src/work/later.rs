//! The task in which jobs wait that are to be tried again.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::job::Job;

/// Brings each job back to the queue when its time has come.
pub(super) async fn bring_back(
    mut failed: mpsc::Receiver<(Job, Duration)>,
    queue: mpsc::Sender<Job>,
) {
    let mut waiting = FuturesUnordered::new();
    loop {
        tokio::select! {
            Some((job, delay)) = failed.recv() => {
                waiting.push(async move {
                    sleep(delay).await;
                    job
                });
            }
            Some(job) = waiting.next() => {
                // An error is a queue that nobody reads any more: the job is lost, as its ticket
                // tells.
                let _ = queue.send(job).await;
            }
            // No worker is left that could send any.
            else => return,
        }
    }
}
