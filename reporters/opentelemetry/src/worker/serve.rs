//! What the thread does: commands in, answers out, and the tasks of the signals beside it.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Instant;

use telemetry_metrics::push::FlushError;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::time::timeout_at;

use super::Work;
use super::account::Account;
use super::asked::{Ask, Command, Reply};
use crate::transport::Client;

type Answered = Result<(), FlushError>;

/// The life of the thread. `ready` hears whether it has begun.
pub(super) fn run(
    work: Work,
    ready: &SyncSender<io::Result<()>>,
    commands: UnboundedReceiver<Command>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = ready.send(Err(error));
            return;
        }
    };
    let _ = ready.send(Ok(()));
    let last = runtime.block_on(serve(work, commands));
    // A name that is being looked up is not waited for.
    runtime.shutdown_background();
    if let Some(Last {
        reply,
        answer,
        dropped,
    }) = last
    {
        let lost = dropped
            .iter()
            .filter_map(|(account, before)| account.close(*before));
        let lost: Vec<_> = lost.collect();
        reply.send(match answer {
            Err(FlushError::Failed(why)) if !lost.is_empty() => {
                Err(FlushError::Failed(format!("{why}; {}", lost.join(", "))))
            }
            other => other,
        });
    }
}

/// What is left to do when it has been told to stop.
struct Last {
    reply: Reply,
    answer: Answered,
    /// What each signal had dropped before.
    dropped: Vec<(Arc<Account>, u64)>,
}

/// Until it is told to stop. What was not delivered by then is dropped,
/// and counted, when this returns.
async fn serve(work: Work, mut commands: UnboundedReceiver<Command>) -> Option<Last> {
    let Work {
        observer,
        traces,
        metrics,
    } = work;
    let mut signals = Vec::new();
    let traces = traces.map(|traces| {
        let asked = signal(&mut signals, traces.signal());
        traces.run(asked)
    });
    let metrics = metrics.map(|metrics| {
        let asked = signal(&mut signals, metrics.signal());
        metrics.run(asked)
    });
    let tasks = async {
        tokio::join!(maybe(traces), maybe(metrics));
        // They end when nobody can ask them for anything.
        std::future::pending::<()>().await;
    };
    tokio::pin!(tasks);
    loop {
        let command = tokio::select! {
            biased;
            command = commands.recv() => command?,
            () = &mut tasks => return None,
        };
        let Command {
            deadline,
            stop,
            reply,
        } = command;
        if !stop {
            let asked = ask(&signals, false);
            tokio::spawn(async move { reply.send(answer(asked, deadline).await) });
            continue;
        }
        // What ends from now on is not waited for.
        drop(observer);
        let accounts = signals.iter().map(|signal| signal.account.clone());
        let dropped = accounts.map(|account| (account.clone(), account.dropped()));
        let dropped = dropped.collect();
        let asked = ask(&signals, true);
        let answer = tokio::select! {
            biased;
            () = &mut tasks => Err(FlushError::Stopped),
            answer = answer(asked, deadline) => answer,
        };
        return Some(Last {
            reply,
            answer,
            dropped,
        });
    }
}

async fn maybe(task: Option<impl Future<Output = ()>>) {
    if let Some(task) = task {
        task.await;
    }
}

/// A task, from outside.
struct Signal {
    asks: UnboundedSender<Ask>,
    client: Arc<Client>,
    account: Arc<Account>,
}

fn signal(
    signals: &mut Vec<Signal>,
    (client, account): (Arc<Client>, Arc<Account>),
) -> UnboundedReceiver<Ask> {
    let (asks, asked) = unbounded_channel();
    signals.push(Signal {
        asks,
        client,
        account,
    });
    asked
}

type Asked = (oneshot::Receiver<Result<(), String>>, Arc<Account>);

fn ask(signals: &[Signal], is_last: bool) -> Vec<Asked> {
    let ask = |signal: &Signal| {
        let (done, is_done) = oneshot::channel();
        // A task that is gone drops it, and that is heard.
        let _ = signal.asks.send(Ask { is_last, done });
        // What is being tried again is in the way.
        signal.client.hurry();
        (is_done, signal.account.clone())
    };
    signals.iter().map(ask).collect()
}

/// When all of them have answered, or when it is time.
async fn answer(asked: Vec<Asked>, deadline: Instant) -> Answered {
    let mut whys = Vec::new();
    let mut is_late = false;
    for (done, account) in asked {
        match timeout_at(deadline.into(), done).await {
            Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(why))) => whys.push(why),
            Ok(Err(_)) => return Err(FlushError::Stopped),
            Err(_) => {
                is_late = true;
                whys.extend(account.trouble());
            }
        }
    }
    // Both signals may have the same to say.
    whys.dedup();
    if !whys.is_empty() {
        return Err(FlushError::Failed(whys.join("; ")));
    }
    if is_late {
        return Err(FlushError::Timeout);
    }
    Ok(())
}
