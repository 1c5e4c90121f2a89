//! Prometheus with the demo's rules, Alertmanager with its route, and somebody whom that tells.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use demo_app::Config;
use demo_app::ops::{File, Files};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::http;
use super::servers::{Prometheus, Server, folder, free_tcp_port};

/// All of it, watching one demo.
pub(crate) struct Alerting {
    pub(crate) prometheus: Prometheus,
    pub(crate) pager: Pager,
    _alertmanager: Server,
}

impl Alerting {
    /// Watches the application that was started so, and listens there.
    pub(crate) async fn of(config: &Config, demo: SocketAddr) -> Self {
        let config = Config {
            listen: demo,
            ..config.clone()
        };
        let pager = Pager::start().await;
        for _ in 0..5 {
            if let Some((prometheus, alertmanager)) = try_start(&config, &pager).await {
                return Self {
                    prometheus,
                    pager,
                    _alertmanager: alertmanager,
                };
            }
        }
        panic!("Prometheus and Alertmanager do not start");
    }
}

/// `None` if one of them ends at once, as it does when somebody else has got its port in the meantime.
async fn try_start(config: &Config, pager: &Pager) -> Option<(Prometheus, Server)> {
    let address = SocketAddr::from(([127, 0, 0, 1], free_tcp_port()));
    let files = Files::of(config)
        .alertmanager(address)
        .webhook(format!("http://{}/", pager.address))
        .make()
        .expect("the definitions are right");

    let own = folder("alertmanager");
    write(&files, "alertmanager/", &own);
    let path = |name: &str| own.join(name).display().to_string();
    let arguments = [
        format!("--config.file={}", path("alertmanager.yml")),
        format!("--storage.path={}", path("data")),
        format!("--web.listen-address={address}"),
        "--cluster.listen-address=".to_owned(),
    ];
    let mut alertmanager = Server::start("prometheus-alertmanager", own, &arguments);
    let is_ready = || async {
        let ready = http::try_get(address, "/-/ready").await;
        ready.is_ok_and(|reply| reply.status == 200)
    };
    if !alertmanager.comes_up(is_ready).await {
        return None;
    }
    let own = folder("prometheus");
    write(&files, "prometheus/", &own);
    let prometheus = Prometheus::try_configured(own).await?;
    Some((prometheus, alertmanager))
}

/// Writes the files that belong into a folder of `ops` into another one.
fn write(files: &[File], of: &str, folder: &Path) {
    for file in files {
        if let Some(name) = file.path.strip_prefix(of) {
            fs::write(folder.join(name), &file.text).expect("a file");
        }
    }
}

/// An alert in a message of Alertmanager's.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) at: Instant,
    pub(crate) is_firing: bool,
    /// As the alert has it, labels and annotations included.
    pub(crate) alert: Value,
}

impl Told {
    pub(crate) fn label(&self, name: &str) -> &str {
        self.alert["labels"][name].as_str().unwrap_or_default()
    }
}

/// Takes messages of Alertmanager's.
pub(crate) struct Pager {
    address: SocketAddr,
    told: Arc<Mutex<Vec<Told>>>,
    server: JoinHandle<()>,
}

impl Pager {
    async fn start() -> Self {
        let told = Arc::new(Mutex::new(Vec::new()));
        let app = Router::new()
            .route("/", post(take))
            .with_state(told.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, app).await;
        });
        Self {
            address,
            told,
            server,
        }
    }

    /// Everything that was told, in its order.
    pub(crate) fn told(&self) -> Vec<Told> {
        self.told
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Drop for Pager {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn take(State(told): State<Arc<Mutex<Vec<Told>>>>, Json(message): Json<Value>) {
    let alerts = message["alerts"].as_array().cloned().unwrap_or_default();
    let now = alerts.into_iter().map(|alert| Told {
        at: Instant::now(),
        is_firing: alert["status"] == "firing",
        alert,
    });
    told.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .extend(now);
}
