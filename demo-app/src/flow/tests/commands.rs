//! Commands: refused, too many, abandoned, and failing.

use std::time::Duration;

use telemetry::SpanContext;
use telemetry::testing::{assert_emitted, capture};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::{DEADLINE, Running, eventually};
use crate::flow::command::{Command, CommandError, Commands, Done};
use crate::flow::{Kind, Settings, handler};

#[tokio::test]
async fn a_name_is_given_once() {
    let capture = capture("demo.commands.*");
    let demo = Running::start().await;
    let mut tasks = JoinSet::new();
    for _ in 0..20 {
        let flow = demo.flow.clone();
        tasks.spawn(async move { flow.sign_up("Ida", "hash").await });
    }
    let results = tasks.join_all().await;
    let given = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!(given, 1, "{results:?}");
    let refused = results
        .iter()
        .filter(|r| **r == Err(CommandError::NameTaken));
    assert_eq!(refused.count(), 19);
    demo.caught_up().await;
    assert_eq!(
        demo.number("SELECT count(*) FROM users WHERE name = 'Ida'")
            .await,
        1
    );
    // Those that were refused left no hole.
    assert_eq!(demo.number("SELECT last FROM event_position").await, 2);
    assert_eq!(demo.number("SELECT count(*) FROM events").await, 2);
    assert_emitted!(
        capture,
        "demo.commands.handle.stop",
        {},
        { command: "sign_up", outcome: "error", reason: "name_taken" }
    );
    demo.stop().await;
}

#[tokio::test]
async fn a_hundred_at_a_time_are_all_signed_up_and_all_welcomed() {
    let capture = capture("demo.*");
    let demo = Running::start().await;
    let mut tasks = JoinSet::new();
    for nth in 0..100 {
        let flow = demo.flow.clone();
        tasks.spawn(async move { flow.sign_up(&format!("User {nth}"), "hash").await });
    }
    let ids: Vec<i64> = tasks
        .join_all()
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    demo.caught_up().await;
    for id in ids {
        assert_eq!(demo.flow.messages_of(id).await.unwrap().len(), 1);
    }
    assert_eq!(demo.number("SELECT count(*) FROM events").await, 200);
    assert_eq!(demo.number("SELECT last FROM event_position").await, 200);
    assert_eq!(demo.number("SELECT count(*) FROM activity").await, 200);
    assert_eq!(
        demo.number("SELECT count(*) FROM events_set_aside").await,
        0
    );
    let ends = |name: &str, key: &str, value: &str| {
        let mut events = capture.named(name);
        events.retain(|event| event.metadata_is(key, value) && event.metadata_is("outcome", "ok"));
        events.len()
    };
    let counts = || async {
        [
            ends("demo.commands.handle.stop", "command", "sign_up"),
            ends("demo.commands.handle.stop", "command", "send_welcome"),
            ends("demo.projection.apply.stop", "projection", "activity"),
            ends("demo.projection.apply.stop", "projection", "messages"),
            ends("demo.process.react.stop", "process", "welcome"),
            capture.named("demo.events.append").len(),
        ]
    };
    eventually(counts, |counts| *counts == [100, 100, 200, 100, 100, 200]).await;
    demo.stop().await;
}

#[tokio::test]
async fn what_a_user_does_is_recorded_and_what_nobody_does_is_not() {
    let demo = Running::start().await;
    let id = demo.flow.sign_up("Ida", "hash").await.unwrap();
    demo.flow.record(id, Kind::TodoAdded).await.unwrap();
    let nobody = demo.flow.record(id + 1, Kind::TodoAdded).await;
    assert_eq!(nobody, Err(CommandError::UnknownUser));
    demo.caught_up().await;
    let feed = demo.flow.activity().await.unwrap();
    assert!(
        feed.iter()
            .any(|entry| entry.kind == Some(Kind::TodoAdded) && entry.name == "Ida")
    );
    assert_eq!(feed.len(), 3);
    demo.stop().await;
}

/// A handler that does as the test says.
fn served<F>(
    room: usize,
    decide: impl Fn(Command) -> F + Send + Sync + 'static,
) -> (Commands, watch::Sender<bool>, JoinSet<()>)
where
    F: Future<Output = Result<Done, CommandError>> + Send + 'static,
{
    let (sender, accepted) = mpsc::channel(room);
    let (stop, stopped) = watch::channel(false);
    let commands = Commands {
        sender,
        accept_within: Duration::from_millis(20),
        answer_within: DEADLINE,
    };
    let mut tasks = JoinSet::new();
    tasks.spawn(handler::serve(accepted, stopped, decide));
    (commands, stop, tasks)
}

const DONE: Result<Done, CommandError> = Ok(Done {
    user_id: 7,
    events: 1,
});

fn command() -> Command {
    Command::SendWelcome { user_id: 7 }
}

#[tokio::test]
async fn a_full_queue_is_an_error_soon_and_what_was_accepted_is_answered() {
    let capture = capture("demo.commands.*");
    let (go, wait) = watch::channel(false);
    let (commands, stop, tasks) = served(1, move |_| {
        let mut wait = wait.clone();
        async move {
            let _ = wait.wait_for(|go| *go).await;
            DONE
        }
    });
    let mut accepted = JoinSet::new();
    for _ in 0..2 {
        let commands = commands.clone();
        accepted.spawn(async move { commands.send(command()).await });
    }
    // One is being decided, the other one fills the queue.
    eventually(|| async { commands.sender.capacity() }, |room| *room == 0).await;
    assert_eq!(commands.send(command()).await, Err(CommandError::Busy));
    let refused = capture.named("demo.commands.refuse");
    assert_eq!(refused.len(), 1, "{refused:#?}");
    assert!(refused[0].metadata_is("reason", "busy"));
    stop.send(true).unwrap();
    eventually(|| async { commands.sender.is_closed() }, |closed| !*closed).await;
    go.send(true).unwrap();
    assert_eq!(accepted.join_all().await, [DONE, DONE]);
    tasks.join_all().await;
    assert_eq!(commands.send(command()).await, Err(CommandError::Stopping));
}

#[tokio::test]
async fn a_command_that_panics_is_told_so_and_the_next_one_is_done() {
    let capture = capture("demo.commands.*");
    let (commands, stop, tasks) = served(4, |command| async move {
        assert!(!matches!(command, Command::Record { .. }), "on purpose");
        DONE
    });
    let context = SpanContext::new_root();
    let kind = Kind::TodoAdded;
    let panicking = commands.send(Command::Record { user_id: 7, kind });
    assert_eq!(context.wrap(panicking).await, Err(CommandError::Unanswered));
    assert_eq!(commands.send(command()).await, DONE);
    assert_emitted!(
        capture,
        "demo.commands.handle.exception",
        {},
        { command: "record", outcome: "panic" }
    );
    stop.send(true).unwrap();
    tasks.join_all().await;
}

#[tokio::test]
async fn a_command_that_nobody_waits_for_any_more_is_not_begun() {
    let capture = capture("demo.commands.*");
    let (go, wait) = watch::channel(false);
    let (commands, stop, tasks) = served(4, move |_| {
        let mut wait = wait.clone();
        async move {
            let _ = wait.wait_for(|go| *go).await;
            DONE
        }
    });
    let (mut first, mut second) = (JoinSet::new(), JoinSet::new());
    let send = |commands: &Commands| {
        let commands = commands.clone();
        async move { commands.send(command()).await }
    };
    first.spawn(send(&commands));
    let begun = capture.wait_for("demo.commands.handle.start", DEADLINE);
    begun.await.unwrap();
    second.spawn(send(&commands));
    eventually(|| async { commands.sender.capacity() }, |room| *room == 3).await;
    second.shutdown().await;
    go.send(true).unwrap();
    assert_eq!(first.join_all().await, [DONE]);
    capture
        .wait_for_count("demo.commands.handle.stop", 2, DEADLINE)
        .await
        .unwrap();
    assert_emitted!(capture, "demo.commands.handle.stop", {}, { outcome: "cancelled" });
    stop.send(true).unwrap();
    tasks.join_all().await;
}

#[test]
fn settings_of_a_database_in_memory_do_not_look_for_other_processes() {
    assert_eq!(Settings::suiting("sqlite::memory:").look_every, None);
    assert!(Settings::suiting("sqlite://demo.db").look_every.is_some());
}
