//! A future whose panic is a value, so that one bad item does not end the task that meets it.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

/// The future panicked. Its span has said so, and the hook of the process.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Panicked;

/// Runs a future to its end, whatever that is. After a panic it is not polled again, only dropped.
pub(crate) async fn caught<F: Future>(future: F) -> Result<F::Output, Panicked> {
    // Unwind safety: nobody looks at what the future leaves behind. What it changed in the database
    // is a transaction, which is rolled back when it is dropped.
    let caught = AssertUnwindSafe(future).catch_unwind().await;
    caught.map_err(|_| Panicked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_a_value_also_after_a_wait() {
        assert_eq!(caught(async { 7 }).await, Ok(7));
        let late = async {
            tokio::task::yield_now().await;
            panic!("on purpose");
        };
        assert_eq!(caught::<_>(late).await, Err::<(), _>(Panicked));
    }
}
