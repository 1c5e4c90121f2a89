//! Commands: refused, too many, abandoned, and failing.

use std::time::Duration;

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

/// A handler that does as the test says, and the two ways to it.
struct Served {
    follow_ups: Commands,
    commands: Commands,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Served {
    fn by<F>(room: usize, decide: impl Fn(Command) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Done, CommandError>> + Send + 'static,
    {
        let (follow_up, follow_ups) = mpsc::channel(1);
        let (sender, accepted) = mpsc::channel(room);
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        tasks.spawn(handler::serve(follow_ups, accepted, stopped, decide));
        let commands = |sender| Commands {
            sender,
            accept_within: Duration::from_millis(20),
            answer_within: DEADLINE,
        };
        Self {
            follow_ups: commands(follow_up),
            commands: commands(sender),
            stop,
            tasks,
        }
    }

    /// One whose commands all wait until they may.
    fn waiting(room: usize) -> (Self, watch::Sender<bool>) {
        let (go, wait) = watch::channel(false);
        let served = Self::by(room, move |_| {
            let mut wait = wait.clone();
            async move {
                let _ = wait.wait_for(|go| *go).await;
                DONE
            }
        });
        (served, go)
    }

    async fn stop(self) {
        self.stop.send(true).unwrap();
        self.tasks.join_all().await;
    }
}

/// Sends a command, as a future that owns what it needs.
fn sent(
    commands: &Commands,
    command: Command,
) -> impl Future<Output = Result<Done, CommandError>> + use<> {
    let commands = commands.clone();
    async move { commands.send(command).await }
}

/// All is well.
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
    let (served, go) = Served::waiting(1);
    let commands = served.commands.clone();
    let mut accepted = JoinSet::new();
    for _ in 0..2 {
        accepted.spawn(sent(&commands, command()));
    }
    // One is being decided, the other one fills the queue.
    let begun = capture.wait_for("demo.commands.handle.start", DEADLINE);
    begun.await.unwrap();
    eventually(|| async { commands.sender.capacity() }, |room| *room == 0).await;
    assert_eq!(commands.send(command()).await, Err(CommandError::Busy));
    let refused = capture.named("demo.commands.refuse");
    assert_eq!(refused.len(), 1, "{refused:#?}");
    assert!(refused[0].metadata_is("reason", "busy"));
    served.stop.send(true).unwrap();
    go.send(true).unwrap();
    assert_eq!(accepted.join_all().await, [DONE, DONE]);
    served.tasks.join_all().await;
    assert_eq!(commands.send(command()).await, Err(CommandError::Stopping));
}

#[tokio::test]
async fn a_follow_up_does_not_queue_behind_visitors() {
    let capture = capture("demo.commands.*");
    let (served, go) = Served::waiting(8);
    let kind = Kind::TodoAdded;
    let mut all = JoinSet::new();
    for _ in 0..4 {
        all.spawn(sent(&served.commands, Command::Record { user_id: 7, kind }));
    }
    let room = || async { served.commands.sender.capacity() };
    eventually(room, |room| *room == 5).await;
    all.spawn(sent(&served.follow_ups, command()));
    let room = || async { served.follow_ups.sender.capacity() };
    eventually(room, |room| *room == 0).await;
    go.send(true).unwrap();
    assert_eq!(all.join_all().await, [DONE; 5]);
    let order = capture.named("demo.commands.handle.stop");
    let order: Vec<bool> = order
        .iter()
        .map(|end| end.metadata_is("command", "record"))
        .collect();
    assert_eq!(order, [true, false, true, true, true]);
    served.stop().await;
}

#[tokio::test]
async fn a_command_that_panics_is_told_so_and_the_next_one_is_done() {
    let capture = capture("demo.commands.*");
    let served = Served::by(4, |command| async move {
        assert!(!matches!(command, Command::Record { .. }), "on purpose");
        DONE
    });
    let kind = Kind::TodoAdded;
    let panicking = served.commands.send(Command::Record { user_id: 7, kind });
    assert_eq!(panicking.await, Err(CommandError::Unanswered));
    assert_eq!(served.commands.send(command()).await, DONE);
    assert_emitted!(
        capture,
        "demo.commands.handle.exception",
        {},
        { command: "record", outcome: "panic" }
    );
    served.stop().await;
}

#[tokio::test]
async fn a_command_that_nobody_waits_for_any_more_is_not_begun() {
    let capture = capture("demo.commands.*");
    let (served, go) = Served::waiting(4);
    let (mut first, mut second) = (JoinSet::new(), JoinSet::new());
    first.spawn(sent(&served.commands, command()));
    let begun = capture.wait_for("demo.commands.handle.start", DEADLINE);
    begun.await.unwrap();
    second.spawn(sent(&served.commands, command()));
    let room = || async { served.commands.sender.capacity() };
    eventually(room, |room| *room == 3).await;
    second.shutdown().await;
    go.send(true).unwrap();
    assert_eq!(first.join_all().await, [DONE]);
    let ended = capture.wait_for_count("demo.commands.handle.stop", 2, DEADLINE);
    ended.await.unwrap();
    assert_emitted!(capture, "demo.commands.handle.stop", {}, { outcome: "cancelled" });
    served.stop().await;
}

#[test]
fn settings_of_a_database_in_memory_do_not_look_for_other_processes() {
    assert_eq!(Settings::suiting("sqlite::memory:").look_every, None);
    assert!(Settings::suiting("sqlite://demo.db").look_every.is_some());
}
