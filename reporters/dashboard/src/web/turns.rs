//! [`Turns`]: so many answers that cost something are made at once.

use tokio::sync::{Semaphore, SemaphorePermit};

use super::answer::Problem;

/// So many are made at once; whoever comes then waits.
const AT_ONCE: usize = 4;

/// So many are made or wait; whoever comes then is sent away.
const IN_ALL: usize = 64;

#[derive(Debug)]
pub(super) struct Turns {
    in_all: Semaphore,
    at_once: Semaphore,
}

/// Ends when it is dropped.
#[derive(Debug)]
pub(super) struct Turn<'t> {
    _in_all: SemaphorePermit<'t>,
    _at_once: SemaphorePermit<'t>,
}

impl Turns {
    pub(super) fn new() -> Self {
        Self {
            in_all: Semaphore::new(IN_ALL),
            at_once: Semaphore::new(AT_ONCE),
        }
    }

    pub(super) async fn take(&self) -> Result<Turn<'_>, Problem> {
        let busy = || Problem::busy("too many requests at once: try again in a few seconds", 2);
        Ok(Turn {
            _in_all: self.in_all.try_acquire().map_err(|_| busy())?,
            // Never closed.
            _at_once: self.at_once.acquire().await.map_err(|_| busy())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn some_wait_and_those_after_them_are_sent_away() {
        let turns = Turns::new();
        let mut taken = Vec::new();
        for _ in 0..AT_ONCE {
            taken.push(turns.take().await.unwrap());
        }
        let mut waiting: Vec<_> = (AT_ONCE..IN_ALL).map(|_| Box::pin(turns.take())).collect();
        for one in &mut waiting {
            let turn =
                std::future::poll_fn(|context| std::task::Poll::Ready(one.as_mut().poll(context)));
            assert!(turn.await.is_pending());
        }
        assert!(turns.take().await.is_err());
        drop(taken);
        assert!(waiting.remove(0).await.is_ok());
        drop(waiting);
        assert!(turns.take().await.is_ok());
    }
}
