//! What has no event of its own, looked at now and then.

use ::telemetry::execute;
use telemetry_http::InFlight;
use telemetry_poller::Poller;
use tokio::task::spawn_blocking;

use crate::StartError;
use crate::telemetry::endpoint_layer;
use crate::web::Parts;

/// Looks every five seconds, from now on.
pub(crate) fn start(parts: &Parts, upstream: InFlight) -> Result<Poller, StartError> {
    let Parts {
        store,
        flow,
        work,
        quotes,
        accounts,
        sockets,
    } = parts.clone();
    // All layers of one prefix count together.
    let endpoint = endpoint_layer().map_err(StartError::Name)?;
    Poller::builder()
        .vm()
        .measurement(
            "demo.endpoint.in_flight",
            endpoint.in_flight().measurement(),
        )
        .measurement("demo.repo.pool", store.pool().measurement())
        .measurement("demo.live.sockets", move || {
            execute!("demo.live.sockets", { open: sockets.open(), limit: sockets.limit() });
        })
        .mailbox("demo", "commands", {
            let flow = flow.clone();
            move || flow.waiting_commands()
        })
        .table("demo", "throttled_names", move || accounts.throttled())
        .measurement("demo.projection.lag", move || flow.emit_lag())
        .mailbox("demo", "jobs", {
            let work = work.clone();
            move || work.in_channel()
        })
        .measurement("demo.jobs", move || work.emit_gauges())
        .measurement("demo.upstream", move || quotes.emit_gauges())
        .measurement("demo.upstream_server", upstream.measurement())
        .try_async_measurement("demo.sessions", move || {
            let store = store.clone();
            async move {
                let active = store.active_sessions().await?;
                execute!("demo.sessions", { active });
                Ok::<_, sqlx::Error>(())
            }
        })
        .start()
        .map_err(StartError::Poller)
}

/// Looks no more. Returns what did not go well.
pub(crate) async fn stop(poller: Poller) -> Option<String> {
    let stopped = spawn_blocking(move || poller.stop()).await;
    (!stopped.unwrap_or(false)).then(|| "a poll did not end in time".to_owned())
}
