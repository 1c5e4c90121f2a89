//! Starting and stopping.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use telemetry::NameError;
use telemetry_jobs::Jobs;
use tokio::sync::{Mutex, Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::kind::Tools;
use super::worker::Worker;
use super::{Fault, PREFIX, QUEUE, Work, later};
use crate::spread::Percent;
use crate::store::Store;

/// How much may wait, who works at it, and how often.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    /// How many jobs there may be at a time, running or waiting.
    pub(crate) places: u32,
    /// How many are done at a time.
    pub(crate) workers: u32,
    /// How long an attempt may take.
    pub(crate) patience: Duration,
    /// How often a job is tried that fails.
    pub(crate) attempts: u32,
    /// The wait after the first failure; it doubles with each.
    pub(crate) first_delay: Duration,
    /// How many of a hundred attempts at a flaky job fail.
    pub(crate) fail_percent: u8,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            places: 100,
            workers: 4,
            patience: Duration::from_secs(10),
            attempts: 3,
            first_delay: Duration::from_millis(200),
            fail_percent: 40,
        }
    }
}

impl Settings {
    /// How long to wait before another attempt; `None` if there is none.
    pub(super) fn delay(&self, fault: Fault, attempt: u32) -> Option<Duration> {
        let again = fault.may_pass() && attempt < self.attempts;
        let doubled = 2_u32.saturating_pow(attempt.saturating_sub(1));
        again.then(|| self.first_delay.saturating_mul(doubled))
    }
}

/// The tasks. Dropping them ends them where they are, and what is not done is lost.
#[derive(Debug)]
pub(crate) struct Tasks {
    tasks: JoinSet<()>,
    places: Arc<Semaphore>,
    limit: u32,
    stopping: Arc<AtomicBool>,
}

impl Work {
    /// Starts the tasks.
    pub(crate) fn start(store: Store, settings: Settings) -> Result<(Self, Tasks), NameError> {
        let jobs = Jobs::new(PREFIX)?;
        let places = Arc::new(Semaphore::new(settings.places as usize));
        let (sender, receiver) = mpsc::channel(settings.places as usize);
        let (later, failed) = mpsc::channel(settings.places as usize);
        let work = Self {
            queue: jobs.queue(QUEUE),
            jobs,
            sender: sender.clone(),
            places: places.clone(),
            stopping: Arc::default(),
            results: Arc::default(),
        };
        let worker = Worker {
            queue: Arc::new(Mutex::new(receiver)),
            later,
            results: work.results.clone(),
            tools: Tools {
                store,
                failing: Arc::new(Percent::new(settings.fail_percent)),
            },
            settings,
        };
        let mut tasks = JoinSet::new();
        tasks.spawn(later::bring_back(failed, sender));
        for _ in 0..settings.workers {
            tasks.spawn(worker.clone().run());
        }
        let tasks = Tasks {
            tasks,
            places,
            limit: settings.places,
            stopping: work.stopping.clone(),
        };
        Ok((work, tasks))
    }
}

impl Tasks {
    /// Takes no more jobs, lets those be done that were taken, and ends the tasks. Answers how many
    /// were not done in time and are lost.
    pub(crate) async fn stop(mut self, within: Duration) -> usize {
        self.stopping.store(true, Ordering::Relaxed);
        let all_done = timeout(within, self.places.acquire_many(self.limit)).await;
        let lost = match all_done {
            Ok(_) => 0,
            Err(_) => self.limit as usize - self.places.available_permits(),
        };
        // Waits until they are gone, and with them the jobs that they have.
        self.tasks.shutdown().await;
        lost
    }
}
