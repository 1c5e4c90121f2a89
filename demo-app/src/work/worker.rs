//! The tasks that work.

use std::sync::Arc;
use std::time::Duration;

use telemetry::SpanContext;
use tokio::sync::{Mutex, mpsc};
use tokio::time::timeout;

use super::job::Job;
use super::kind::Tools;
use super::results::Results;
use super::{End, Fault, Finished, Settings};
use crate::catch::caught;
use crate::telemetry::logged;

/// One of the workers.
#[derive(Debug, Clone)]
pub(super) struct Worker {
    pub(super) queue: Arc<Mutex<mpsc::Receiver<Job>>>,
    pub(super) later: mpsc::Sender<(Job, Duration)>,
    pub(super) results: Arc<Results>,
    pub(super) tools: Tools,
    pub(super) settings: Settings,
}

impl Worker {
    /// Does one job after the other, as long as there is a queue.
    pub(super) async fn run(self) {
        loop {
            // One of the workers waits for a job, and the others wait for their turn to wait.
            let next = self.queue.lock().await.recv().await;
            match next {
                Some(job) => self.attempt(job).await,
                None => return,
            }
        }
    }

    async fn attempt(&self, job: Job) {
        let Job {
            ticket,
            kind,
            label,
            place,
        } = job;
        let mut attempt = ticket.start();
        // Inside of the attempt, whose trace the log lines have then.
        let work = caught(attempt.run_result(logged(kind.perform(&self.tools))));
        let fault = match timeout(self.settings.patience, work).await {
            Ok(Ok(Ok(result))) => Ok(result),
            Ok(Ok(Err(fault))) => Err(fault),
            // One job that panics does not take the worker along.
            Ok(Err(_)) => Err(Fault::Panic),
            Err(_) => Err(Fault::Timeout),
        };
        let number = attempt.number();
        let end = match fault {
            Ok(result) => End::Done(result),
            Err(fault) => match self.settings.delay(fault, number) {
                Some(delay) => End::Again(fault, delay),
                None => End::GivenUp(fault),
            },
        };
        let trace_id = attempt.context().as_ref().map(SpanContext::trace_id);
        let finished = Finished::new(kind, label.clone(), number, end.clone(), trace_id);
        self.results.add(finished);
        match end {
            End::Done(_) => {}
            End::GivenUp(_) => attempt.discard(),
            End::Again(_, delay) => {
                let job = Job {
                    ticket: attempt.retry(delay),
                    kind,
                    label,
                    place,
                };
                // There is room, because the job has a place.
                let _ = self.later.send((job, delay)).await;
            }
        }
    }
}
