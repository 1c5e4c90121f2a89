use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use super::*;
use crate::health::Board;

const LONG: Duration = Duration::from_secs(3_600);
const SOON: Duration = Duration::from_secs(10);

struct Counting<F>(Arc<AtomicU32>, F);

impl<F: FnMut(u32) -> Result<(), String> + Send + 'static> Flush for Counting<F> {
    fn flush(&mut self, _: Instant) -> Result<(), String> {
        (self.1)(self.0.fetch_add(1, Ordering::SeqCst) + 1)
    }
}

fn start<F>(interval: Duration, then: F) -> (Push, Arc<AtomicU32>)
where
    F: FnMut(u32) -> Result<(), String> + Send + 'static,
{
    let flushes = Arc::new(AtomicU32::new(0));
    (
        Push::start("push-test", interval, Counting(flushes.clone(), then)).unwrap(),
        flushes,
    )
}

#[test]
fn flushes_at_its_interval() {
    let (tick, ticked) = channel();
    let (push, _) = start(Duration::from_millis(5), move |n| {
        tick.send(n).map_err(|error| error.to_string())
    });
    for n in 1..=3 {
        assert_eq!(ticked.recv_timeout(SOON), Ok(n));
    }
    drop(push);
}

#[test]
fn flushes_on_request_and_once_more_when_it_stops() {
    let (push, flushes) = start(LONG, |_| Ok(()));
    assert_eq!(push.flush(SOON), Ok(()));
    assert_eq!(flushes.load(Ordering::SeqCst), 1);
    assert_eq!(push.stop(SOON), Ok(()));
    assert_eq!(flushes.load(Ordering::SeqCst), 2);
}

#[test]
fn dropping_flushes_and_ends_the_thread() {
    let (push, flushes) = start(LONG, |_| Ok(()));
    drop(push);
    assert_eq!(flushes.load(Ordering::SeqCst), 1);
    assert_eq!(
        Arc::strong_count(&flushes),
        1,
        "the thread has dropped its reporter"
    );
}

#[test]
fn dropped_within_its_own_flush_it_does_not_wait_for_itself() {
    let own = Arc::new(Mutex::new(None));
    let held = own.clone();
    let (told, dropped) = channel();
    let (push, flushes) = start(Duration::from_millis(5), move |_| {
        if let Some(push) = held.lock().unwrap().take() {
            let began = Instant::now();
            drop::<Push>(push);
            told.send(began.elapsed()).unwrap();
        }
        Ok(())
    });
    *own.lock().unwrap() = Some(push);
    let took = dropped.recv_timeout(SOON).expect("it is dropped");
    assert!(took < DROP_TIMEOUT / 2, "{took:?}");
    let ended = Instant::now() + SOON;
    while Arc::strong_count(&flushes) > 1 {
        assert!(Instant::now() < ended, "the thread goes on");
        thread::yield_now();
    }
}

#[test]
fn a_failure_is_told_and_a_panic_is_survived() {
    let (push, _) = start(LONG, |n| match n {
        1 => Err("no peer".into()),
        2 => panic!("on purpose"),
        _ => Ok(()),
    });
    assert_eq!(push.flush(SOON), Err(FlushError::Failed("no peer".into())));
    assert!(matches!(push.flush(SOON), Err(FlushError::Failed(_))));
    assert_eq!(push.flush(SOON), Ok(()));
}

#[test]
fn a_request_has_a_deadline() {
    let (release, wait) = channel::<()>();
    let (push, flushes) = start(LONG, move |_| {
        let _ = wait.recv();
        Ok(())
    });
    assert_eq!(
        push.flush(Duration::from_millis(10)),
        Err(FlushError::Timeout)
    );
    assert_eq!(
        push.stop(Duration::from_millis(10)),
        Err(FlushError::Timeout)
    );
    drop(release);
    let deadline = Instant::now() + SOON;
    while Arc::strong_count(&flushes) > 1 {
        assert!(
            Instant::now() < deadline,
            "the thread ends once its flush returns"
        );
        thread::yield_now();
    }
}

#[test]
fn the_longest_durations_are_as_good_as_for_ever() {
    let (push, flushes) = start(Duration::MAX, |_| Ok(()));
    assert_eq!(push.flush(Duration::MAX), Ok(()));
    assert_eq!(push.stop(Duration::MAX), Ok(()));
    assert_eq!(flushes.load(Ordering::SeqCst), 2);
}

#[test]
fn an_interval_of_zero_is_an_error() {
    let nothing = Counting(Arc::default(), |_: u32| Ok(()));
    assert!(Push::start("push-test", Duration::ZERO, nothing).is_err());
}

/// Tells flushes apart; panics at the first of each sort.
struct Telling {
    told: Sender<&'static str>,
    health: Health,
}

impl Flush for Telling {
    fn flush(&mut self, _: Instant) -> Result<(), String> {
        let _ = self.told.send("flush");
        if self.health.report().failed == 0 {
            // Dropping what is thrown panics again.
            struct Worse;
            impl Drop for Worse {
                fn drop(&mut self) {
                    panic!("on purpose, while it is dropped");
                }
            }
            std::panic::panic_any(Worse);
        }
        Ok(())
    }

    fn last_flush(&mut self, _: Instant) -> Result<(), String> {
        let _ = self.told.send("last");
        panic!("on purpose");
    }

    fn health(&self) -> Option<&Health> {
        Some(&self.health)
    }
}

#[test]
fn the_last_flush_is_told_apart_and_panics_are_counted() {
    let health = Board::default().register("telling");
    let (told, tells) = channel();
    let reporter = Telling {
        told,
        health: health.clone(),
    };
    let push = Push::start("push-test", LONG, reporter).unwrap();
    assert!(matches!(push.flush(SOON), Err(FlushError::Failed(_))));
    assert_eq!(health.report().failed, 1);
    assert_eq!(push.flush(SOON), Ok(()));
    assert!(matches!(push.stop(SOON), Err(FlushError::Failed(_))));
    assert_eq!(health.report().failed, 2);
    assert_eq!(tells.iter().collect::<Vec<_>>(), ["flush", "flush", "last"]);
}

#[test]
fn what_is_asked_for_during_a_slow_flush_is_one_flush() {
    let (release, wait) = channel::<()>();
    let (push, flushes) = start(LONG, move |n| {
        if n == 1 {
            let _ = wait.recv();
        }
        Ok(())
    });
    for _ in 0..50 {
        assert_eq!(push.flush(Duration::ZERO), Err(FlushError::Timeout));
    }
    drop(release);
    assert_eq!(push.stop(SOON), Ok(()));
    // The thread may have begun with one or a few of those that were there already.
    assert!(flushes.load(Ordering::SeqCst) <= 3);
}

#[test]
fn ticks_stay_on_their_grid_and_missed_ones_are_not_made_up_for() {
    let begin = Instant::now();
    let second = Duration::from_secs(1);
    let after = |last: u64, now_millis: u64| {
        let now = begin + Duration::from_millis(now_millis);
        tick_after(begin + second * last as u32, second, now) - begin
    };
    assert_eq!(after(1, 1_001), second * 2);
    assert_eq!(after(1, 1_999), second * 2);
    assert_eq!(after(1, 2_700), second * 3);
    assert_eq!(after(1, 3_600_500), second * 3_601, "an hour of suspension");
    let nanosecond = Duration::from_nanos(1);
    assert_eq!(
        tick_after(begin, nanosecond, begin + second) - begin,
        second + nanosecond
    );
    assert!(tick_after(begin, Duration::MAX, begin) > begin);
}
