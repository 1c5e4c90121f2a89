//! What happens when the application ends in between, and starts again.

use telemetry::testing::capture_many;
use telemetry::{OwnedEvent, SpanContext};
use tokio::sync::mpsc;

use super::{DEADLINE, File, Running};
use crate::flow::command::{Command, Commands};
use crate::flow::event::{self, Kind};
use crate::flow::{Settings, Tasks};

fn settings(file: &File) -> Settings {
    Settings::suiting(&file.url())
}

/// What is true of `users` sign-ups, however often the application ended meanwhile.
async fn assert_nothing_is_lost_or_doubled(demo: &Running, users: i64) {
    demo.caught_up().await;
    let signed_up = "SELECT count(*) FROM users WHERE name LIKE 'User %'";
    assert_eq!(demo.number(signed_up).await, users);
    assert_eq!(demo.number("SELECT count(*) FROM events").await, 2 * users);
    assert_eq!(
        demo.number("SELECT last FROM event_position").await,
        2 * users
    );
    assert_eq!(
        demo.number("SELECT count(*) FROM activity").await,
        2 * users
    );
    assert_eq!(demo.number("SELECT count(*) FROM messages").await, users);
    assert_eq!(
        demo.number("SELECT count(DISTINCT user_id) FROM messages")
            .await,
        users
    );
    assert_eq!(
        demo.number("SELECT count(*) FROM events_set_aside").await,
        0
    );
}

#[tokio::test]
async fn stopped_before_anybody_reads_it_goes_on_after_the_next_start_in_the_same_trace() {
    let capture = capture_many(["demo.projection.*", "demo.commands.*"]);
    let file = File::new();
    let demo = Running::on(&file.url(), settings(&file)).await;
    // Nobody reads any more, but commands are still taken.
    let Running { flow, tasks, store } = demo;
    let _ = tasks.stop_reading.send(true);
    let context = SpanContext::new_root();
    context.wrap(flow.sign_up("User 1", "hash")).await.unwrap();
    assert!(tasks.stop(DEADLINE).await);
    store.close().await;

    let demo = Running::on(&file.url(), settings(&file)).await;
    assert_nothing_is_lost_or_doubled(&demo, 1).await;
    let is_last = |event: &OwnedEvent| {
        event.name() == "demo.projection.apply.stop" && event.metadata_is("projection", "messages")
    };
    capture.wait_where(is_last, DEADLINE).await.unwrap();
    for event in capture.events() {
        let trace = event.context().map(|context| context.trace_id());
        assert_eq!(trace, Some(context.trace_id()), "{event:?}");
    }
    demo.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_off_again_and_again_nothing_is_lost_and_nothing_done_twice() {
    let file = File::new();
    let mut users = 0;
    for round in 0..12 {
        let demo = Running::on(&file.url(), settings(&file)).await;
        for _ in 0..3 {
            users += 1;
            demo.flow
                .sign_up(&format!("User {users}"), "hash")
                .await
                .unwrap();
        }
        // Wherever the tasks are just now.
        tokio::time::sleep(std::time::Duration::from_micros(400 * round)).await;
        let Running { flow, tasks, store } = demo;
        drop((flow, tasks));
        store.close().await;
    }
    let demo = Running::on(&file.url(), settings(&file)).await;
    assert_nothing_is_lost_or_doubled(&demo, users).await;
    demo.stop().await;
}

#[tokio::test]
async fn a_process_manager_that_ended_between_its_command_and_its_position_welcomes_once() {
    let demo = Running::start().await;
    let id = demo.flow.sign_up("User 1", "hash").await.unwrap();
    demo.caught_up().await;
    let done = demo
        .flow
        .commands
        .send(Command::SendWelcome { user_id: id })
        .await;
    assert_eq!(done.unwrap().events, 0, "it was done before");
    demo.execute("UPDATE event_readers SET position = 0 WHERE name = 'welcome'")
        .await;
    demo.flow.record(id, Kind::TodoAdded).await.unwrap();
    demo.caught_up().await;
    assert_eq!(demo.flow.messages_of(id).await.unwrap().len(), 1);
    assert_eq!(demo.number("SELECT count(*) FROM events").await, 3);
    demo.stop().await;
}

#[tokio::test]
async fn a_read_model_that_is_emptied_is_made_again() {
    let demo = Running::start().await;
    for nth in 1..=3 {
        demo.flow
            .sign_up(&format!("User {nth}"), "hash")
            .await
            .unwrap();
    }
    demo.caught_up().await;
    demo.execute("DELETE FROM activity").await;
    demo.execute("UPDATE event_readers SET position = 0 WHERE name = 'activity'")
        .await;
    demo.flow.sign_up("User 4", "hash").await.unwrap();
    assert_nothing_is_lost_or_doubled(&demo, 4).await;
    demo.stop().await;
}

#[tokio::test]
async fn two_that_run_on_one_database_share_the_work() {
    let file = File::new();
    let look_soon = Settings {
        look_every: Some(std::time::Duration::from_millis(10)),
        ..settings(&file)
    };
    let one = Running::on(&file.url(), look_soon).await;
    let other = Running::on(&file.url(), look_soon).await;
    for nth in 0..10 {
        let (left, right) = (format!("User {nth}"), format!("User {nth}b"));
        let (left, right) = tokio::join!(
            one.flow.sign_up(&left, "hash"),
            other.flow.sign_up(&right, "hash")
        );
        left.unwrap();
        right.unwrap();
    }
    assert_nothing_is_lost_or_doubled(&one, 20).await;
    let last = event::last_position(one.store.pool()).await.unwrap();
    for demo in [&one, &other] {
        let behind = || async {
            let reached = demo.flow.readers.iter().map(|reader| reader.reached());
            reached.min().unwrap_or_default()
        };
        super::eventually(behind, |reached| *reached == last).await;
    }
    one.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn dropped_tasks_end_and_commands_are_refused() {
    let demo = Running::start().await;
    let Running { flow, tasks, .. } = demo;
    let before = tokio::runtime::Handle::current()
        .metrics()
        .num_alive_tasks();
    drop::<Tasks>(tasks);
    let alive = || async {
        tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks()
    };
    super::eventually(alive, |alive| *alive + 4 <= before).await;
    assert!(flow.sign_up("User 1", "hash").await.is_err());
}

#[tokio::test]
async fn a_stop_does_not_wait_longer_than_it_may() {
    let (sender, accepted) = mpsc::channel(1);
    let commands = Commands {
        sender,
        accept_within: DEADLINE,
        answer_within: DEADLINE,
    };
    let demo = Running::start().await;
    let Running {
        mut tasks, store, ..
    } = demo;
    // Something that never ends.
    tasks.readers.spawn(async move {
        let _accepted = accepted;
        let _ = commands.send(Command::SendWelcome { user_id: 1 }).await;
    });
    let soon = std::time::Duration::from_millis(50);
    assert!(!tasks.stop(soon).await);
    store.close().await;
}
