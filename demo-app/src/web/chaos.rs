//! Breaks requests on purpose, as `--chaos` says.
//!
//! It stands inside of the endpoint's layer, so that events, traces and metrics have what it does as
//! they would have it of any other fault. A request that is delayed waits for a timer, and no longer
//! than its client does.
//!
//! | event | when | measurements | metadata |
//! |---|---|---|---|
//! | `demo.chaos.injected` | a request is delayed, or refused | `delay`, of what is delayed | `kind`: `latency` or `error`; `route` |

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use telemetry::execute;

use super::pages;
use crate::Chaos;

/// What is broken from its making on. Clones count together.
#[derive(Debug, Clone)]
pub(super) struct Broken(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    chaos: Chaos,
    began: Instant,
    // A count only: relaxed.
    met: AtomicU64,
}

impl Broken {
    pub(super) fn new(chaos: Chaos) -> Self {
        Self(Arc::new(Inner {
            chaos,
            began: Instant::now(),
            met: AtomicU64::new(0),
        }))
    }

    /// What becomes of a request now: how much longer it takes, and whether it fails.
    fn next(&self) -> Option<(Duration, bool)> {
        let Inner { chaos, began, met } = &*self.0;
        chaos.reigns(began.elapsed()).then(|| {
            let number = met.fetch_add(1, Ordering::Relaxed);
            (chaos.latency(), chaos.fails(number))
        })
    }
}

/// Whether a route is left alone: files, whoever watches, and what is no page at all.
fn is_spared(route: &str) -> bool {
    let is_file = [".css", ".js"].iter().any(|end| route.ends_with(end));
    is_file || route == "/health" || route.starts_with("/metrics")
}

/// The middleware.
pub(super) async fn break_some(
    State(broken): State<Broken>,
    route: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let route = route.filter(|route| !is_spared(route.as_str()));
    let Some((route, (delay, fails))) = route.zip(broken.next()) else {
        return next.run(request).await;
    };
    let route = route.as_str();
    if !delay.is_zero() {
        execute!("demo.chaos.injected", { delay }, { kind: "latency", route });
        tokio::time::sleep(delay).await;
    }
    if fails {
        execute!("demo.chaos.injected", {}, { kind: "error", route });
        return pages::broken();
    }
    next.run(request).await
}
