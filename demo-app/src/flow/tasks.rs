//! Starting and stopping.

use std::sync::Arc;
use std::time::Duration;

use sqlx::Any;
use telemetry_sqlx::Pool;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::command::Commands;
use super::consumer::Consumer;
use super::decide::{self, Decider};
use super::progress::Progress;
use super::projections::{Activity, Messages};
use super::reader::{Patience, Reader};
use super::welcome::Welcome;
use super::{Flow, event, handler};

/// How much may wait, and for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    /// How many commands may wait.
    pub(crate) waiting_commands: usize,
    /// How long one waits for room among them.
    pub(crate) accept_within: Duration,
    /// How long one waits for its answer.
    pub(crate) answer_within: Duration,
    /// How often to ask the database for events that another process has stored; `None` if no other
    /// can.
    pub(crate) look_every: Option<Duration>,
    /// How often an event is tried that may be the cause of its failure.
    pub(crate) attempts: u32,
    /// The wait after the first failure.
    pub(crate) first_delay: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            waiting_commands: 256,
            accept_within: Duration::from_millis(500),
            answer_within: Duration::from_secs(8),
            look_every: Some(Duration::from_secs(5)),
            attempts: 4,
            first_delay: Duration::from_millis(50),
        }
    }
}

impl Settings {
    /// What suits a database.
    pub(crate) fn suiting(database: &str) -> Self {
        let is_ours_alone = database.contains(":memory:") || database.contains("mode=memory");
        Self {
            look_every: Some(Duration::from_secs(5)).filter(|_| !is_ours_alone),
            ..Self::default()
        }
    }
}

/// The tasks. Dropping them ends them where they are; what is stored is complete all the same, and
/// the next start goes on there.
#[derive(Debug)]
pub(crate) struct Tasks {
    pub(super) stop_reading: watch::Sender<bool>,
    pub(super) readers: JoinSet<()>,
    stop_deciding: watch::Sender<bool>,
    handler: JoinSet<()>,
}

impl Flow {
    /// Starts the tasks. The tables have to be there: see [`TABLES`](super::TABLES).
    pub(crate) async fn start(
        pool: &Pool<Any>,
        settings: Settings,
    ) -> Result<(Self, Tasks), sqlx::Error> {
        // Whoever looks at queries can tell those of the tasks from those of requests.
        let asked_by_requests = pool.clone();
        let pool = pool.clone().repo("flow");
        let (stored, _) = watch::channel(event::last_position(&pool).await?);
        let (sender, accepted) = mpsc::channel(settings.waiting_commands);
        let commands = Commands {
            sender,
            accept_within: settings.accept_within,
            answer_within: settings.answer_within,
        };
        let (sender, follow_ups) = mpsc::channel(1);
        let (stop_reading, _) = watch::channel(false);
        let (stop_deciding, stopped_deciding) = watch::channel(false);

        let mut start = Readers {
            pool: &pool,
            stored: &stored,
            stop: &stop_reading,
            settings,
            tasks: JoinSet::new(),
            progress: Vec::new(),
        };
        start.reader(Activity).await?;
        start.reader(Messages).await?;
        let welcome = Welcome {
            commands: Commands {
                sender,
                ..commands.clone()
            },
        };
        start.reader(welcome).await?;
        let Readers {
            mut tasks,
            progress,
            ..
        } = start;
        if let Some(every) = settings.look_every {
            tasks.spawn(look(
                pool.clone(),
                stored.clone(),
                stop_reading.subscribe(),
                every,
            ));
        }

        let mut handler = JoinSet::new();
        let decider = Decider {
            pool: pool.clone(),
            stored: stored.clone(),
        };
        let decide = move |command| {
            let decider = decider.clone();
            async move { decider.decide(command).await }
        };
        handler.spawn(handler::serve(
            follow_ups,
            accepted,
            stopped_deciding,
            decide,
        ));
        let flow = Self {
            commands,
            pool: asked_by_requests,
            stored,
            readers: progress.into(),
        };
        let tasks = Tasks {
            stop_reading,
            readers: tasks,
            stop_deciding,
            handler,
        };
        Ok((flow, tasks))
    }
}

struct Readers<'a> {
    pool: &'a Pool<Any>,
    stored: &'a watch::Sender<i64>,
    stop: &'a watch::Sender<bool>,
    settings: Settings,
    tasks: JoinSet<()>,
    progress: Vec<Arc<Progress>>,
}

impl Readers<'_> {
    async fn reader<C: Consumer>(&mut self, consumer: C) -> Result<(), sqlx::Error> {
        let position = Reader::<C>::position(self.pool).await?;
        let progress = Arc::new(Progress::new(C::NAME, position));
        self.progress.push(progress.clone());
        let reader = Reader {
            consumer,
            pool: self.pool.clone(),
            stored: self.stored.subscribe(),
            stop: self.stop.subscribe(),
            progress,
            patience: Patience {
                attempts: self.settings.attempts,
                first_delay: self.settings.first_delay,
            },
        };
        self.tasks.spawn(reader.run());
        Ok(())
    }
}

/// Looks for events of other processes, now and then.
async fn look(
    pool: Pool<Any>,
    stored: watch::Sender<i64>,
    mut stop: watch::Receiver<bool>,
    every: Duration,
) {
    let mut next = Instant::now() + every;
    loop {
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => return,
            () = sleep_until(next) => {}
        }
        // A database that is away now is asked again.
        if let Ok(last) = event::last_position(&pool).await {
            decide::raise(&stored, last);
        }
        next = Instant::now() + every;
    }
}

impl Tasks {
    /// Ends the tasks in good order: events that are being read are finished, and commands that
    /// were accepted. `false` if that took too long, and the rest was cut off.
    pub(crate) async fn stop(mut self, within: Duration) -> bool {
        let deadline = Instant::now() + within;
        // Readers first: the process manager waits for answers to its commands.
        let _ = self.stop_reading.send(true);
        let ended = ended(&mut self.readers, deadline).await;
        let _ = self.stop_deciding.send(true);
        ended & self::ended(&mut self.handler, deadline).await
    }
}

async fn ended(tasks: &mut JoinSet<()>, deadline: Instant) -> bool {
    let all = async { while tasks.join_next().await.is_some() {} };
    if timeout_at(deadline, all).await.is_ok() {
        return true;
    }
    // Waits until they are gone, which aborting alone does not.
    tasks.shutdown().await;
    false
}
