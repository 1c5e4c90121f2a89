//! Waiting from where it cannot be done: inside handlers, and while a thread ends.

use std::cell::RefCell;
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use telemetry::{Waited, attach, detach_and_wait, execute, list_handlers};

use crate::support::{DEADLINE, alone, failures, unstuck};

type Answers = Arc<Mutex<Vec<Waited>>>;

fn take(answers: &Answers) -> Vec<Waited> {
    std::mem::take(&mut *answers.lock().unwrap())
}

#[test]
fn inside_a_handler_it_detaches_and_does_not_wait() {
    let _alone = alone();
    let answers = Answers::default();
    let noted = answers.clone();
    attach("edges-other", "edges.other", |_| {}).unwrap();
    attach("edges-self", "edges.self", move |_| {
        for id in ["edges-other", "edges-self", "edges-nobody"] {
            noted
                .lock()
                .unwrap()
                .push(detach_and_wait(id, Duration::MAX));
        }
    })
    .unwrap();
    unstuck(|| execute!("edges.self"));
    use Waited::{NotAttached, StillRunning};
    assert_eq!(take(&answers), [StillRunning, StillRunning, NotAttached]);
    assert_eq!(list_handlers(""), []);
}

#[test]
fn inside_a_nested_event_it_does_not_wait_either() {
    let _alone = alone();
    let answers = Answers::default();
    let noted = answers.clone();
    let _outer = attach("edges-outer", "edges.outer", |_| execute!("edges.inner"))
        .unwrap()
        .guard();
    attach("edges-inner", "edges.inner", move |_| {
        noted
            .lock()
            .unwrap()
            .push(detach_and_wait("edges-inner", Duration::MAX));
    })
    .unwrap();
    unstuck(|| execute!("edges.outer"));
    assert_eq!(take(&answers), [Waited::StillRunning]);
    // After the handler has returned it can be waited for again.
    attach("edges-inner", "edges.inner", |_| {}).unwrap();
    assert_eq!(detach_and_wait("edges-inner", DEADLINE), Waited::Finished);
}

#[test]
fn two_handlers_that_detach_each_other_do_not_wait_for_each_other() {
    let _alone = alone();
    let (answers, barrier) = (Answers::default(), Arc::new(Barrier::new(2)));
    for (own, other) in [("a", "b"), ("b", "a")] {
        let (noted, meet) = (answers.clone(), barrier.clone());
        attach(
            format!("edges-{own}"),
            &format!("edges.each.{own}"),
            move |_| {
                meet.wait();
                let waited = detach_and_wait(&format!("edges-{other}"), Duration::MAX);
                noted.lock().unwrap().push(waited);
            },
        )
        .unwrap();
    }
    unstuck(|| {
        let a = thread::spawn(|| execute!("edges.each.a"));
        execute!("edges.each.b");
        a.join().unwrap();
    });
    assert_eq!(take(&answers), [Waited::StillRunning; 2]);
    assert_eq!(list_handlers(""), []);
}

/// Does something when it is dropped, with the thread that ends.
struct AtExit(Box<dyn FnMut()>);

impl Drop for AtExit {
    fn drop(&mut self) {
        (self.0)();
    }
}

thread_local! {
    static FIRST: RefCell<Option<AtExit>> = const { RefCell::new(None) };
}

/// Runs `work` when the thread locals of this crate, which come after, are gone.
fn after_the_locals(work: impl FnMut() + 'static) {
    FIRST.with(|first| *first.borrow_mut() = Some(AtExit(Box::new(work))));
    execute!("edges.exit.first");
}

#[test]
fn a_handler_called_while_a_thread_ends_does_not_wait_for_itself() {
    let _alone = alone();
    let answers = Answers::default();
    let noted = answers.clone();
    let _first = attach("edges-first", "edges.exit.first", |_| {})
        .unwrap()
        .guard();
    attach("edges-exit", "edges.exit", move |_| {
        noted
            .lock()
            .unwrap()
            .push(detach_and_wait("edges-exit", Duration::MAX));
    })
    .unwrap();
    unstuck(|| {
        let ends = thread::spawn(|| after_the_locals(|| execute!("edges.exit")));
        ends.join().unwrap();
    });
    assert_eq!(take(&answers), [Waited::StillRunning]);
}

#[test]
fn a_call_made_while_a_thread_ends_is_waited_for() {
    let _alone = alone();
    let (entered, leave) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let left = Arc::new(Mutex::new(false));
    let _first = attach("edges-first", "edges.exit.first", |_| {})
        .unwrap()
        .guard();
    let (in_handler, out, has_left) = (entered.clone(), leave.clone(), left.clone());
    attach("edges-late", "edges.exit.late", move |_| {
        in_handler.wait();
        out.wait();
        let later = Instant::now() + Duration::from_millis(5);
        while Instant::now() < later {
            thread::yield_now();
        }
        *has_left.lock().unwrap() = true;
    })
    .unwrap();
    let ends = thread::spawn(|| after_the_locals(|| execute!("edges.exit.late")));
    entered.wait();
    let waiter = thread::spawn(move || {
        let waited = detach_and_wait("edges-late", DEADLINE);
        (waited, *left.lock().unwrap())
    });
    while !list_handlers("edges.exit.late").is_empty() {
        thread::yield_now();
    }
    leave.wait();
    assert_eq!(waiter.join().unwrap(), (Waited::Finished, true));
    ends.join().unwrap();
}

/// Waits when it is dropped.
struct Waits(Answers);

impl Drop for Waits {
    fn drop(&mut self) {
        let waited = detach_and_wait("edges-kept", DEADLINE);
        self.0.lock().unwrap().push(waited);
    }
}

#[test]
fn a_handler_may_wait_in_its_destructor() {
    let _alone = alone();
    let answers = Answers::default();
    let owned = Waits(answers.clone());
    attach("edges-kept", "edges.kept", |_| {}).unwrap();
    attach("edges-destructor", "edges.destructor", move |_| {
        let _ = &owned;
    })
    .unwrap();
    execute!("edges.destructor");
    assert_eq!(failures("edges-destructor"), 0);
    assert_eq!(
        detach_and_wait("edges-destructor", DEADLINE),
        Waited::Finished
    );
    // It ran on this thread, outside every call.
    assert_eq!(take(&answers), [Waited::Finished]);
    assert_eq!(list_handlers(""), []);
}
